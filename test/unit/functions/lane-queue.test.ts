// What a run sees of a lane: which of its deliveries it calls next, how it learns when to come back, and that entries
// which a crash has left behind are removed.
import { describe, expect, it } from 'vitest';
import { viewLane } from '../../../functions/deliver/lane-queue.ts';
import { laneEntryOf, newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Delivery, EntryKind } from '../../../core/domain/webhook/delivery.ts';

const name = { laneId: 'we_1', accountId: webhookAccountId };
const nothing = new Map<string, { readonly kind: EntryKind }>();

/** A lane whose queries of entries are counted. */
function laneWith(deliveries: readonly Delivery[]) {
  const world = new WebhookWorld();
  const { store } = world.relay;
  const queries: (readonly [number, EntryKind | undefined])[] = [];
  const changes: string[] = [];
  const counted = world.relay.withStore({
    laneEntries: (laneId, limit, kind) => {
      queries.push([limit, kind]);
      return store.laneEntries(laneId, limit, kind);
    },
    enqueue: (delivery) => {
      changes.push('enqueue');
      return store.enqueue(delivery);
    },
    removeEntry: (laneId, entry) => {
      changes.push('removeEntry');
      return store.removeEntry(laneId, entry);
    },
  });
  const ready = Promise.all(
    deliveries.map(async (delivery) => {
      await store.addDelivery(delivery);
      await store.enqueue(delivery);
    }),
  );
  const view = async (room: number, retriesMax = 1, underWay = nothing) => {
    await ready;
    return viewLane({ ...world.ports, store: counted.store }, name, { room, retriesMax, underWay });
  };
  return { store, queries, changes, view };
}

/** The nth delivery of the lane, due so long ago. */
function delivery(number: number, dueAgoMs: number, parts: Partial<Delivery> = {}): Delivery {
  const event = {
    id: `evt_${number}`,
    type: 'task.failed',
    accountId: webhookAccountId,
    at: NOW - 60_000,
    data: {},
  } as const;
  const logged = { event, position: NOW };
  const made = newDelivery({ logged, laneId: name.laneId, now: NOW - dueAgoMs, expiresAt: NOW + 60_000 });
  return { ...made, ...parts };
}

function retry(number: number, dueAgoMs: number): Delivery {
  return delivery(number, dueAgoMs, { attemptsOfRound: 1, attemptCount: 1 });
}

function idsOf({ due }: { readonly due: readonly { readonly delivery: Delivery }[] }): readonly string[] {
  return due.map((one) => one.delivery.event.id);
}

function firsts(count: number): readonly Delivery[] {
  return Array.from({ length: count }, (_, index) => delivery(index + 1, 1_000 - index));
}

describe('the view of a lane', () => {
  it('is empty where nothing is queued', async () => {
    const lane = laneWith([]);
    expect(await lane.view(3)).toEqual({ due: [], isTidied: false, nextAt: undefined });
  });

  it('has what is due, first attempts before retries, and says when the first of the others is', async () => {
    const lane = laneWith([retry(1, 5_000), delivery(2, 1_000), delivery(3, 0), retry(4, -7_000), delivery(5, -3_000)]);
    const view = await lane.view(10);
    expect(view.due.map(({ delivery: { event }, kind }) => [event.id, kind])).toEqual([
      ['evt_2', 'first'],
      ['evt_3', 'first'],
      ['evt_1', 'retry'],
    ]);
    expect(view).toMatchObject({ nextAt: NOW - 5_000, isTidied: false });
    expect(lane.changes).toEqual([]);
  });

  it('says when the next one is due where none is yet', async () => {
    expect(await laneWith([delivery(1, -3_000), retry(2, -1_000)]).view(10)).toMatchObject({
      due: [],
      nextAt: NOW + 1_000,
    });
  });

  it('leaves out what is under way, and reads past it', async () => {
    const all = firsts(4);
    const [one, two] = all.map(({ id }) => id);
    const underWay = new Map([one, two].map((id) => [id ?? '', { kind: 'first' as const }]));
    const view = await laneWith(all).view(2, 1, underWay);
    expect(idsOf(view)).toEqual(['evt_3', 'evt_4']);
    expect(view.nextAt).toBe(NOW - 998);
  });

  it('keeps room for as many retries as there may be while first attempts wait', async () => {
    const lane = laneWith([...firsts(6), retry(7, 100), retry(8, 50), retry(9, 10)]);
    expect(idsOf(await lane.view(4, 2))).toEqual(['evt_1', 'evt_2', 'evt_7', 'evt_8']);
    expect(idsOf(await lane.view(1, 2))).toEqual(['evt_7']);
  });

  it.each([
    [1, ['evt_1', 'evt_2', 'evt_3', 'evt_7']],
    [2, ['evt_1', 'evt_2', 'evt_3', 'evt_4']],
    [3, ['evt_1', 'evt_2', 'evt_3', 'evt_4']],
  ])('counts the retries that are under way: %i of two', async (retriesNow, expected) => {
    const under = Array.from({ length: retriesNow }, (_, index) => retry(20 + index, 500));
    const underWay = new Map(under.map(({ id }) => [id, { kind: 'retry' as const }]));
    const lane = laneWith([...firsts(6), retry(7, 100), retry(8, 50), ...under]);
    expect(idsOf(await lane.view(4, 2, underWay))).toEqual(expected);
  });

  it('gives all room to retries where no first attempt waits', async () => {
    const lane = laneWith([retry(1, 100), retry(2, 50), retry(3, 10)]);
    expect(idsOf(await lane.view(2, 1))).toEqual(['evt_1', 'evt_2']);
  });

  it.each<[string, readonly Delivery[], number]>([
    ['more first attempts wait than there is room for', firsts(4), 2],
    ['as many wait as there is room for', firsts(3), 1],
    ['retries stand behind them', [...firsts(3), retry(9, 100)], 1],
  ])('is one query, or two where retries could be hidden: %s', async (_when, deliveries, queries) => {
    const lane = laneWith(deliveries);
    await lane.view(3);
    expect(lane.queries).toEqual([[4, undefined], ...(queries === 2 ? [[2, 'retry']] : [])]);
  });
});

describe('an entry that a crash has left behind', () => {
  it('is removed, after the right one was made sure of, and the rest of the lane is shown', async () => {
    const [moved, other] = [delivery(1, 1_000), delivery(2, 500)];
    const lane = laneWith([moved, other]);
    const after = { ...moved, version: 2, attemptsOfRound: 1, attemptCount: 1, nextAttemptAt: NOW + 5_000 };
    await lane.view(0);
    await lane.store.saveDelivery(moved, after);
    lane.store.leaveBehind(moved, after);
    expect(await lane.view(5)).toMatchObject({ due: [{ delivery: { id: other.id } }], isTidied: true });
    expect(lane.changes).toEqual(['enqueue', 'removeEntry']);
    expect(await lane.store.laneEntries('we_1', 10)).toEqual([laneEntryOf(other), laneEntryOf(after)]);
  });

  it('is removed where it is of the right time and of the wrong kind', async () => {
    const made = delivery(1, 1_000);
    const lane = laneWith([made]);
    await lane.view(0);
    const after = { ...made, version: 2, replays: 1 };
    await lane.store.saveDelivery(made, after);
    lane.store.leaveBehind(made, after);
    expect(await lane.view(5)).toMatchObject({ due: [], isTidied: true });
    expect(await lane.store.laneEntries('we_1', 10)).toEqual([laneEntryOf(after)]);
  });

  it('is removed where its delivery is gone', async () => {
    const gone = delivery(1, 1_000);
    const lane = laneWith([]);
    await lane.store.enqueue(gone);
    expect(await lane.view(5)).toMatchObject({ due: [], isTidied: true });
    expect(lane.changes).toEqual(['removeEntry']);
    expect(await lane.view(5)).toMatchObject({ due: [], isTidied: false, nextAt: undefined });
  });
});
