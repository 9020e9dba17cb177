// An operator's pause of the gate with a reason and an end: shown, refused where it makes no sense, and over by its time alone.
import { beforeEach, describe, expect, it } from 'vitest';
import { allocateSlots } from '../../../core/flows/allocate-slots.ts';
import { DEFAULT_GATE_ID } from '../../../core/domain/gate/gate.ts';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { nextWakeAt } from '../../../core/domain/gate/gate-review.ts';
import { viewGate } from '../../../core/flows/view-gate.ts';
import { DAY_MS, MINUTE_MS } from '../../../core/domain/time-ms.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { DoorAccount } from '../../support/api-door.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';

const key = doorKey('operator');
const until = new Date(NOW + MINUTE_MS).toISOString();

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

async function pause(query: string): Promise<{ readonly status: number; readonly gate: PublicGate }> {
  const { status, body } = await door.call('POST', `/v1/gate/pause${query}`, { key });
  return { status, gate: body as PublicGate };
}

async function shownGate(): Promise<PublicGate> {
  return (await door.call('GET', '/v1/gate', { key })).body as PublicGate;
}

async function putWaiting(name: DoorAccount = 'client'): Promise<string> {
  const id = door.relay.randomSource.id();
  const before = await door.relay.put(sampleTask({ id, accountId: doorAccountId(name) }));
  const ticket = { kind: 'fresh', order: NOW, version: 1 } as const;
  const after = { ...before, status: 'waiting', version: before.version + 1, ticket } as const;
  expect(await door.relay.store.commit({ changes: [{ before, after }] })).toMatchObject({ kind: 'committed' });
  return id;
}

describe('a pause with an end', () => {
  it('is shown with its reason, its end and who made it, and a later one sets them anew', async () => {
    const by = doorAccountId('operator');
    const since = new Date(NOW).toISOString();
    const { gate } = await pause(`?until=${until}&reason=the%20bill`);
    expect(gate.operator_pause).toEqual({ since, by, until, reason: 'the bill' });
    await door.relay.clock.advance(1_000);
    expect((await pause('')).gate.operator_pause).toEqual({ since, by, until: null, reason: null });
  });

  it('begins anew where the one before is over', async () => {
    await pause(`?until=${until}`);
    await door.relay.clock.advance(MINUTE_MS);
    expect((await pause('')).gate.operator_pause).toMatchObject({ since: until, until: null });
  });

  it('grants nothing until then, and everything afterwards, without a write of its own', async () => {
    const id = await putWaiting();
    await pause(`?until=${until}`);
    const wakes = async () => nextWakeAt(await viewGate(door.relay.store, DEFAULT_GATE_ID), door.relay.clock.now());
    expect(await wakes()).toBe(NOW + MINUTE_MS);
    await door.relay.clock.advance(MINUTE_MS - 1);
    await allocateSlots(door.relay, DEFAULT_GATE_ID, {});
    expect((await door.relay.task(id)).status).toBe('waiting');
    await door.relay.clock.advance(1);
    const before = await door.relay.store.loadGate(DEFAULT_GATE_ID);
    expect((await shownGate()).operator_pause).toBeNull();
    expect(await door.relay.store.loadGate(DEFAULT_GATE_ID)).toEqual(before);
    await allocateSlots(door.relay, DEFAULT_GATE_ID, {});
    expect((await door.relay.task(id)).status).not.toBe('waiting');
    expect(await door.relay.store.loadGate(DEFAULT_GATE_ID)).not.toHaveProperty('operatorPause');
  });

  it('tells a client until when its task waits, and not the reason', async () => {
    const id = await putWaiting();
    await pause(`?until=${until}&reason=a%20secret`);
    const { text, body } = await door.call('GET', `/v1/requests/${id}?explain=true`);
    expect(body).toMatchObject({ waits: { reason: 'operator_pause', until } });
    expect(text).not.toContain('secret');
  });

  it.each([new Date(NOW).toISOString(), new Date(NOW + 31 * DAY_MS).toISOString(), '30m'])(
    'is refused for %j',
    async (end) => {
      expect((await pause(`?until=${end}`)).status).toBe(400);
      expect((await shownGate()).operator_pause).toBeNull();
    },
  );
});

describe('who waits at the gate', () => {
  it('is listed by account, with its share and how long one more would wait', async () => {
    await putWaiting();
    await putWaiting();
    const [account] = (await shownGate()).accounts;
    expect(account).toEqual({
      account_id: doorAccountId('client'),
      weight: 1,
      tasks: 2,
      share: 1,
      expected_wait_seconds: null,
    });
  });

  it('is listed with most tasks first, and with no wait to expect while the gate is paused', async () => {
    await putWaiting();
    for (let count = 0; count < 3; count += 1) await putWaiting('other');
    const before = await door.relay.store.loadGate(DEFAULT_GATE_ID);
    const known = { [counterName.outcomes]: 10, [counterName.heldMs]: 10 * MINUTE_MS };
    const after = { ...before, counters: { ...before.counters, ...known } };
    door.relay.store.loadGate = async () => after;
    const listed = async () =>
      (await shownGate()).accounts?.map((account) => [
        account.account_id,
        account.tasks,
        account.expected_wait_seconds,
      ]);
    const [other, client] = [doorAccountId('other'), doorAccountId('client')];
    expect(await listed()).toEqual([
      [other, 3, expect.any(Number)],
      [client, 1, expect.any(Number)],
    ]);
    door.relay.store.loadGate = async () => ({ ...after, operatorPause: { since: NOW, by: 'acc_operator' } });
    expect(await listed()).toEqual([
      [other, 3, null],
      [client, 1, null],
    ]);
  });
});
