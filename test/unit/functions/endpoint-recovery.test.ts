// The call that recovers an endpoint, through the door: what it must be given, what it answers, and which events it leaves
// out. Its courses beside lanes and fan-outs are webhook-recovery.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { DoorReply } from '../../support/api-door.ts';

const LIST = '/v1/webhook-endpoints';
const accountId = doorAccountId('client');
const since = new Date(NOW).toISOString();

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

/** Tasks that have ended, a second apart, before the endpoint was there. */
async function ended(count: number): Promise<readonly string[]> {
  const { relay } = door;
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    await relay.clock.advance(1_000);
    const { id } = await relay.put(sampleTask({ id: relay.randomSource.id(), accountId }));
    await door.call('DELETE', `/v1/requests/${id}`);
    ids.push(id);
  }
  for (const id of ids) await applyEvent(relay, id, { type: 'end-handed-on', end: 1 });
  relay.doorbells.take('deliver');
  relay.doorbells.sent.length = 0;
  return ids;
}

async function create(fields: object = {}): Promise<string> {
  const body = { url: 'https://receiver.acme.org/hook', ...fields };
  return ((await door.call('POST', LIST, { body })).body as { readonly id: string }).id;
}

function recover(id: string, body: object = { since }): Promise<DoorReply> {
  return door.call('POST', `${LIST}/${id}/recover`, { body });
}

describe('the recovery of an endpoint', () => {
  it('answers from when, how far it got and what it did, and sends the lane a doorbell', async () => {
    await ended(2);
    const id = await create();
    await door.relay.store.claimLane({ laneId: id, accountId, holderId: 'gone', leaseMs: 0 });
    await door.relay.store.changeLane(id, (lane) => ({ ...lane, strikes: 5, pausedUntil: NOW + 600_000 }));
    const tally = { examined: 2, recovered: 2, skipped: 0, under_way: 0 };
    expect(await recover(id)).toMatchObject({ status: 200, body: { since, done: true, ...tally, next_cursor: null } });
    const doorbell = { kind: 'lane', laneId: id, accountId };
    expect(door.relay.doorbells.sent).toMatchObject([{ queue: 'deliver', doorbell, delayMs: 0 }]);
    expect(await door.relay.store.loadLane(id)).toMatchObject({ strikes: 0, ramp: 1 });
    // As replays, so that fresh events go before them.
    expect(await door.relay.store.laneEntries(id, 10)).toMatchObject([{ kind: 'retry' }, { kind: 'retry' }]);
  });

  it('begins with the events of that moment', async () => {
    await ended(3);
    const id = await create();
    const from = new Date(NOW + 2_000).toISOString();
    expect((await recover(id, { since: from })).body).toMatchObject({ since: from, examined: 2 });
    expect((await recover(await create(), { since: '1970-01-01' })).body).toMatchObject({ examined: 3 });
  });

  it('has nothing to do where nothing happened, and sends no doorbell then', async () => {
    const id = await create();
    for (const cursor of [null, undefined]) {
      expect((await recover(id, { since, cursor })).body).toMatchObject({ done: true, examined: 0 });
    }
    expect(door.relay.doorbells.sent).toEqual([]);
  });

  it('skips what the endpoint does not want', async () => {
    await ended(2);
    const id = await create({ events: ['task.completed'] });
    expect((await recover(id)).body).toMatchObject({ examined: 2, recovered: 0, skipped: 2 });
    expect(door.relay.store.allDeliveries()).toEqual([]);
    expect(door.relay.doorbells.sent).toEqual([]);
  });

  it('goes on behind its cursor', async () => {
    const [, second] = await ended(2);
    const id = await create();
    const { body } = await door.call('GET', '/v1/events?limit=1');
    const cursor = (body as { readonly next_cursor: string }).next_cursor;
    expect((await recover(id, { since, cursor })).body).toMatchObject({ examined: 1, recovered: 1 });
    expect(door.relay.store.allDeliveries()).toMatchObject([{ event: { id: `evt_${String(second)}_1` } }]);
  });

  it.each<[object, string]>([
    [{}, 'since must be a moment in ISO 8601, such as 2026-01-31T12:00:00Z'],
    [{ since: 'yesterday' }, 'since must be a moment'],
    [{ since: NOW }, 'since must be a moment'],
    [{ since, cursor: 7 }, 'cursor must be a string'],
    [{ since, cursor: 'x' }, 'after must be a next_cursor'],
    [{ since, until: since }, 'until is not known here'],
  ])('is refused with %j, with the reason', async (body, why) => {
    expect(await recover(await create(), body)).toMatchObject({
      status: 400,
      body: { details: expect.stringContaining(why) as string },
    });
  });

  it('is refused for an endpoint that is disabled', async () => {
    expect(await recover(await create({ disabled: true }))).toMatchObject({
      status: 409,
      body: { error: 'The endpoint cannot be called', details: 'the endpoint is disabled; enable it first' },
    });
  });
});
