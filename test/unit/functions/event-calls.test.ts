// The list of an account's events: what it shows of each, and where a reader continues. The form of its cursors is
// endpoint-calls.test.ts's, the size of its pages list-sizes.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { DoorAccount } from '../../support/api-door.ts';

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

/** A task of the account that ends now; its id. */
async function endOne(by: DoorAccount = 'client'): Promise<string> {
  const { relay } = door;
  await relay.clock.advance(1_000);
  const { id } = await relay.put(sampleTask({ id: relay.randomSource.id(), accountId: doorAccountId(by) }));
  expect((await door.call('DELETE', `/v1/requests/${id}`, { key: `sk_${by}` })).status).toBe(200);
  return id;
}

interface Page {
  readonly data: readonly { readonly id: string; readonly type: string; readonly timestamp: string }[];
  readonly next_cursor: string;
}

async function read(query = ''): Promise<Page> {
  const reply = await door.call('GET', `/v1/events${query}`);
  expect(reply.status).toBe(200);
  return reply.body as Page;
}

describe('the list of events', () => {
  it('has those of the account in order, each as its webhook carries it', async () => {
    const one = await endOne();
    await endOne('other');
    const two = await endOne();
    const { data } = await read();
    expect(data.map(({ id }) => id)).toEqual([`evt_${one}_1`, `evt_${two}_1`]);
    expect(data[0]).toMatchObject({
      type: 'task.cancelled',
      timestamp: new Date(NOW + 1_000).toISOString(),
      data: { id: one, status: 'cancelled' },
    });
  });

  it('is read on from its cursor, which is there also where nothing is new', async () => {
    const ids: string[] = [];
    for (const _ of [1, 2, 3]) ids.push(`evt_${await endOne()}_1`);
    const first = await read('?limit=2');
    const second = await read(`?limit=2&after=${first.next_cursor}`);
    const third = await read(`?limit=2&after=${second.next_cursor}`);
    expect([first, second, third].map(({ data }) => data.map(({ id }) => id))).toEqual([
      ids.slice(0, 2),
      ids.slice(2),
      [],
    ]);
    expect(third.next_cursor).toBe(second.next_cursor);
    const fourth = `evt_${await endOne()}_1`;
    expect((await read(`?after=${third.next_cursor}`)).data).toMatchObject([{ id: fourth }]);
  });

  it('begins at a moment, and from the beginning where there are none', async () => {
    const empty = await read();
    expect(empty.data).toEqual([]);
    await endOne();
    const later = await endOne();
    const moment = new Date(NOW + 2_000).toISOString();
    expect((await read(`?after=${moment}`)).data).toMatchObject([{ id: `evt_${later}_1` }]);
    expect((await read(`?after=${empty.next_cursor}`)).data).toHaveLength(2);
  });

  it('has twenty at once unless asked otherwise', async () => {
    for (let count = 0; count < 21; count += 1) await endOne();
    expect((await read()).data).toHaveLength(20);
    expect((await read('?limit=100')).data).toHaveLength(21);
  });

  it.each([
    ['tomorrow', 'after must be a next_cursor of this list, or a moment in ISO 8601'],
    ['2026-01-01T12:00:00 01:00', 'its time zone lost its +'],
  ])('is refused after %s, with what may stand there', async (after, why) => {
    expect(await door.call('GET', `/v1/events?after=${encodeURIComponent(after)}`)).toMatchObject({
      status: 400,
      body: { details: expect.stringContaining(why) as string },
    });
  });
});
