// How any gate store lets slots be taken and freed by many at once: on a bound, on the gate's version, beside the gate.
import { expect, it } from 'vitest';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { changed, created, nextVersion, newSlot, START_TIME } from './stored-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const GATE = 'main';
function claimOf(ownSlotsMax: number, limitSlots = defaultSettings.gate.limitStart) {
  return { gateId: GATE, ownSlotsMax, limitSlots };
}

const lostGate = { kind: 'lost', taskIds: [], isGateLost: true } as const;

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export function describeClaims(place: StoreUnderTest): void {
  it('lets claims take slots at once up to their bound, and none beyond it', async () => {
    const { store } = await place.open();
    const tasks = await Promise.all(many(6).map(() => created(store)));
    const before = await store.loadGate(GATE);
    const claimed = async (task: Task) => {
      const changes = [{ before: task, after: nextVersion(task, { slot: newSlot() }) }];
      return store.commit({ changes, claim: claimOf(3) });
    };

    const results = await Promise.all(tasks.map(claimed));

    // The bound is of what is counted before.
    expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(4);
    expect(results.filter(({ kind }) => kind === 'lost')).toEqual([lostGate, lostGate]);
    expect(await store.loadGate(GATE)).toEqual({ ...before, counters: { inFlight: 4 } });
  });

  it('counts for the bound of a claim what is in its own row, and not what has come free beside it', async () => {
    const { store } = await place.open();
    await store.loadGate(GATE);
    const held = await changed(store, await created(store), { slot: newSlot() });
    await changed(store, held, { slot: undefined });
    const task = await created(store);
    const changes = [{ before: task, after: nextVersion(task, { slot: newSlot() }) }];

    expect(await store.loadGate(GATE)).toMatchObject({ released: -1, counters: { releases: 1 } });
    expect(await store.commit({ changes, claim: claimOf(0) })).toEqual(lostGate);
    expect(await store.commit({ changes, claim: claimOf(1) })).toEqual({ kind: 'committed' });
  });

  it('refuses claims that were bound by a higher limit', async () => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    const { slots } = before.limit;
    const raised = { ...before, limit: { ...before.limit, slots: slots + 3 } };
    await store.commit({ changes: [], gate: { before, after: raised } });
    const task = await created(store);
    const changes = [{ before: task, after: nextVersion(task, { slot: newSlot() }) }];

    expect(await store.commit({ changes, claim: claimOf(9, slots + 3.5) })).toEqual(lostGate);
    expect(await store.commit({ changes, claim: claimOf(9, slots) })).toEqual({ kind: 'committed' });
  });

  it.each(['pause', 'operatorPause'] as const)('refuses claims while there is a %s', async (name) => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    const since = { since: START_TIME, until: START_TIME, reason: 'limited', by: 'me' } as const;
    await store.commit({ changes: [], gate: { before, after: { ...before, [name]: since } } });
    const task = await created(store);
    const changes = [{ before: task, after: nextVersion(task, { slot: newSlot() }) }];

    expect(await store.commit({ changes, claim: claimOf(9) })).toEqual(lostGate);
  });

  it('lets no round grant beyond its bound what claims have taken since it read the gate', async () => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    const [claiming, waiting] = [await created(store), await created(store)] as const;
    const claims = [{ before: claiming, after: nextVersion(claiming, { slot: newSlot() }) }];
    expect(await store.commit({ changes: claims, claim: claimOf(0) })).toEqual({
      kind: 'committed',
    });

    const granted = [{ before: waiting, after: nextVersion(waiting, { slot: newSlot() }) }];
    const round = (ownSlotsMax: number) =>
      store.commit({ changes: granted, gate: { before, after: before, ownSlotsMax } });
    expect(await round(0)).toEqual(lostGate);
    expect(await round(1)).toEqual({ kind: 'committed' });
  });

  it('lets no end that frees a slot disturb a round that grants, and counts both', async () => {
    const { store } = await place.open();
    const tasks = await Promise.all(many(20).map(() => created(store)));
    const holding = await Promise.all(tasks.map((task) => changed(store, task, { slot: newSlot() })));
    const arriving = await created(store);
    const before = await store.loadGate(GATE);

    await Promise.all(holding.map((task) => changed(store, task, { slot: undefined })));
    const granted = await store.commit({
      changes: [{ before: arriving, after: nextVersion(arriving, { slot: newSlot() }) }],
      gate: { before, after: { ...before, virtualTime: 1 } },
    });

    expect(granted).toEqual({ kind: 'committed' });
    expect((await store.loadGate(GATE)).counters).toEqual({ inFlight: 1, releases: 20 });
    expect((await store.loadGate('another')).counters).toEqual({});
  });

  it('adds what a recount corrects, on condition that no slot was granted meanwhile', async () => {
    const { store } = await place.open();
    await changed(store, await created(store), { slot: newSlot() });
    const before = await store.loadGate(GATE);

    const correct = () => store.commit({ changes: [], gate: { before, after: before, correction: { inFlight: -1 } } });

    expect(await correct()).toEqual({ kind: 'committed' });
    expect(await correct()).toMatchObject({ kind: 'lost', isGateLost: true });
    expect((await store.loadGate(GATE)).counters).toEqual({});
  });

  it('keeps slots in a pool, counted as taken in the row of the gate, and lets so many be claimed from there', async () => {
    const { store } = await place.open();
    await store.loadGate(GATE);
    const [filling, ...claiming] = await Promise.all(many(4).map(() => created(store)));
    const taking = (task: Task) => [{ before: task, after: nextVersion(task, { slot: newSlot() }) }];
    const fill = { pool: 5, slots: 2, movesSeen: 0 };
    const filled = await store.commit({ changes: taking(filling as Task), claim: { ...claimOf(1), fill } });

    expect(filled).toEqual({ kind: 'committed' });
    expect(await store.loadGate(GATE)).toMatchObject({ counters: { inFlight: 3, fills: 1 } });
    expect(await store.loadPools(GATE)).toEqual([{ pool: 5, counters: { inFlight: -2 }, moves: 1 }]);

    const claim = { gateId: GATE, pool: 5 };
    const results = await Promise.all(
      claiming.map((task) => untilFree(() => store.commit({ changes: taking(task), poolClaim: claim }))),
    );

    expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(2);
    expect(results.filter(({ kind }) => kind === 'lost')).toEqual([lostGate]);
    expect(await store.loadGate(GATE)).toMatchObject({ counters: { inFlight: 3 } });
    expect(await store.loadPools(GATE)).toEqual([{ pool: 5, counters: {}, moves: 1 }]);
    expect(await store.commit({ changes: taking(filling as Task), poolClaim: { ...claim, pool: 6 } })).toMatchObject({
      kind: 'lost',
    });
  });

  it('refuses a claim that fills a pool beyond the bound, and fills nothing then', async () => {
    const { store } = await place.open();
    await store.loadGate(GATE);
    const held = await changed(store, await created(store), { slot: newSlot() });
    const task = await created(store);
    const changes = [{ before: task, after: nextVersion(task, { slot: newSlot() }) }];

    expect(held.slot).toBeDefined();
    const free = (movesSeen: number) => ({ ...claimOf(1), fill: { pool: 0, slots: 1, movesSeen } });
    // Another has filled it meanwhile, or it was never filled.
    expect(await store.commit({ changes, claim: free(1) })).toEqual(lostGate);
    expect(
      await store.commit({ changes, claim: { ...claimOf(0), fill: { pool: 0, slots: 3, movesSeen: 0 } } }),
    ).toEqual(lostGate);
    expect(await store.loadPools(GATE)).toEqual([]);
  });

  it('brings slots back out of pools into the row of the gate, as many as lie there and no more', async () => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    const [filling, waiting] = [await created(store), await created(store)] as const;
    const fill = { pool: 1, slots: 3, movesSeen: 0 };
    const claim = { ...claimOf(0), fill };
    await store.commit({ changes: [{ before: filling, after: nextVersion(filling, { slot: newSlot() }) }], claim });

    const changes = [{ before: waiting, after: nextVersion(waiting, { slot: newSlot() }) }];
    const takingBack = (slots: number) =>
      store.commit({ changes, gate: { before, after: before, takenBack: [{ pool: 1, slots }] } });

    expect(await takingBack(4)).toEqual(lostGate);
    expect(await takingBack(2)).toEqual({ kind: 'committed' });
    expect(await store.loadGate(GATE)).toMatchObject({ counters: { inFlight: 3, fills: 1 } });
    expect(await store.loadPools(GATE)).toEqual([{ pool: 1, counters: { inFlight: -1 }, moves: 2 }]);
  });
}

/** Claims give up at once where they meet: each is sent again until it has an answer. */
async function untilFree<Result>(send: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof RelayError) || error.code !== 'store-contended') throw error;
    }
  }
}
