// What a store must do for lanes: one holder at a time, nothing left behind, due when the holder plans it or dies.
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { everyDue } from './every-due.ts';
import { START_TIME } from './stored-task.ts';
import type { DueRow } from '../../../core/ports/ports.ts';
import type { StoreUnderTest } from './store-under-test.ts';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export function describeLanes(place: StoreUnderTest): void {
  describe('lanes', () => {
    describeHolders(place);
    describeLaneState(place);
  });
}

const claim = { laneId: 'we_1', accountId: 'acc_1', holderId: 'one', leaseMs: 1_000 } as const;

function describeHolders(place: StoreUnderTest): void {
  it('are held by one of many who claim them at once', async () => {
    const { store } = await place.open();
    const claims = await Promise.all(
      many(10).map((index) => store.claimLane({ ...claim, holderId: `holder ${index}` })),
    );

    expect(claims.filter(({ kind }) => kind === 'claimed-by-us')).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === 'held-by-another')).toHaveLength(9);
  });

  it('are asked for quietly by whoever has nothing standing there yet', async () => {
    const { store } = await place.open();
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    expect(await store.claimLane({ ...claim, holderId: 'two', isQuiet: true })).toEqual({ kind: 'held-by-another' });
    const release = { before: held.lane, lane: held.lane, holderId: 'one', wanted: held.wanted };
    expect(await store.releaseLane(release)).toEqual({ kind: 'released' });
    expect(await store.claimLane({ ...claim, isQuiet: true })).toMatchObject({ kind: 'claimed-by-us' });
  });

  it('are not left behind by a holder to whom something was brought', async () => {
    const { store } = await place.open();
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    const release = { before: held.lane, lane: held.lane, holderId: 'one' };
    expect(await store.claimLane({ ...claim, holderId: 'two' })).toEqual({ kind: 'held-by-another' });

    const told = await store.releaseLane({ ...release, wanted: held.wanted });
    if (told.kind !== 'wanted') throw new Error(told.kind);
    await store.wakeLane(claim, START_TIME + 5);
    const again = await store.releaseLane({ ...release, wanted: told.wanted });
    if (again.kind !== 'wanted') throw new Error(again.kind);

    expect(await store.releaseLane({ ...release, wanted: again.wanted })).toEqual({ kind: 'released' });
    expect(await store.claimLane({ ...claim, holderId: 'two' })).toMatchObject({ kind: 'claimed-by-us' });
  });

  it('are taken over when the lease is past, and the first holder changes nothing more', async () => {
    const { store, clock } = await place.open();
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    await clock.advance(1_000);
    const taken = await store.claimLane({ ...claim, holderId: 'two' });
    expect(taken).toMatchObject({ kind: 'claimed-by-us', lane: held.lane });

    const lane = { ...held.lane, strikes: 9 };
    const released = await store.releaseLane({ before: held.lane, lane, wanted: held.wanted, holderId: 'one' });

    expect(released).toEqual({ kind: 'lost' });
    expect((await store.loadLane('we_1'))?.strikes ?? 0).toBe(0);
  });

  it('are due when the lease of a holder that died is past, and when a wake was not heard', async () => {
    const { store } = await place.open();
    await store.claimLane(claim);
    await store.wakeLane({ laneId: 'we_2', accountId: 'acc_1' }, START_TIME + 700);

    await eventually(() => everyDue(store, START_TIME + 700)).toEqual([
      { kind: 'lane', id: 'we_2', dueAt: START_TIME + 700 },
    ]);
    await eventually(() => everyDue(store, START_TIME + 1_000)).toHaveLength(2);
  });
}

function describeLaneState(place: StoreUnderTest): void {
  it('rest while nobody holds them and nothing stands in them', async () => {
    const { store, clock } = await place.open();
    expect(await store.loadRestingLane('we_1')).toBeUndefined();
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    expect(await store.loadRestingLane('we_1')).toBeUndefined();
    const release = { before: held.lane, lane: { ...held.lane, isProven: true }, wanted: held.wanted, holderId: 'one' };
    await store.releaseLane(release);
    expect(await store.loadRestingLane('we_1')).toEqual(release.lane);
    await store.wakeLane({ laneId: 'we_1', accountId: 'acc_1' }, clock.now() + 1_000);
    expect(await store.loadRestingLane('we_1')).toBeUndefined();
  });

  it('keep their state and are due when their holder says', async () => {
    const { store } = await place.open();
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    const lane = { ...held.lane, strikes: 3, failingSince: START_TIME, undeliveredSince: START_TIME - 60_000 };
    const due = { at: START_TIME + 90_000, by: 'sweep' } as const;
    await store.releaseLane({ before: held.lane, lane, wanted: held.wanted, holderId: 'one', due });

    expect(await store.loadLane('we_1')).toEqual(lane);
    const row: DueRow = { kind: 'lane', id: 'we_1', dueAt: due.at };
    await eventually(() => everyDue(store, due.at)).toEqual([row]);
    expect(await store.postpone(row, () => due.at + 5)).toEqual({ by: 'sweep' });
    await eventually(() => store.oldestUndelivered()).toBe(START_TIME - 60_000);

    const again = await store.claimLane(claim);
    if (again.kind !== 'claimed-by-us') throw new Error(again.kind);
    expect(again.lane).toEqual(lane);
    const { undeliveredSince: _delivered, ...well } = lane;
    await store.releaseLane({ before: again.lane, lane: well, wanted: again.wanted, holderId: 'one' });
    await eventually(() => store.oldestUndelivered()).toBeUndefined();
    await eventually(() => everyDue(store, due.at * 2)).toEqual([]);
  });

  it('that were put off say how often in a row, until somebody takes them', async () => {
    const { store, clock } = await place.open();
    const once = { laneId: 'we_1', accountId: 'acc_1' };
    await store.wakeLane(once, START_TIME);
    const told: number[] = [];
    const untilOf = (times: number): number => {
      told.push(times);
      return START_TIME + times * 1_000;
    };
    let dueAt = START_TIME;
    for (const times of [1, 2, 3]) {
      expect(await store.postpone({ kind: 'lane', id: 'we_1', dueAt }, untilOf)).toEqual({ by: 'doorbell' });
      expect(told.at(-1)).toBe(times);
      dueAt = START_TIME + times * 1_000;
      await eventually(() => everyDue(store, dueAt)).toEqual([{ kind: 'lane', id: 'we_1', dueAt }]);
    }
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    const due = { at: clock.now() + 50, by: 'doorbell' } as const;
    await store.releaseLane({ before: held.lane, lane: held.lane, wanted: held.wanted, holderId: claim.holderId, due });
    await store.postpone({ kind: 'lane', id: 'we_1', dueAt: due.at }, untilOf);
    expect(told.at(-1)).toBe(1);
  });

  it('that are paused are claimed by nobody until the pause is over, and are due by then', async () => {
    const { store, clock } = await place.open();
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    const until = START_TIME + 5_000;
    const lane = { ...held.lane, pausedUntil: until, pauses: 1 };
    await store.releaseLane({ before: held.lane, lane, wanted: held.wanted, holderId: 'one' });
    await eventually(() => everyDue(store, until)).toEqual([]);

    expect(await store.claimLane(claim)).toEqual({ kind: 'paused', until });
    await eventually(() => everyDue(store, until)).toEqual([{ kind: 'lane', id: 'we_1', dueAt: until }]);
    await clock.advance(5_000);
    expect(await store.claimLane(claim)).toMatchObject({ kind: 'claimed-by-us', lane });
  });

  it('name the longest wait of all lanes', async () => {
    const { store } = await place.open();
    for (const [index, since] of [300, 100, 200].entries()) {
      const laneId = `we_${index}`;
      const held = await store.claimLane({ ...claim, laneId });
      if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
      const lane = { ...held.lane, undeliveredSince: START_TIME + since };
      await store.releaseLane({ before: held.lane, lane, wanted: held.wanted, holderId: 'one' });
    }
    await eventually(() => store.oldestUndelivered()).toBe(START_TIME + 100);
  });

  it('are changed for their owner while nobody holds them', async () => {
    const { store } = await place.open();
    const forgive = <Lane>(lane: Lane): Lane => ({ ...lane, strikes: 0 });
    const held = await store.claimLane(claim);
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    expect(await store.changeLane('we_1', forgive)).toBe(false);
    const lane = { ...held.lane, strikes: 7 };
    await store.releaseLane({ before: held.lane, lane, wanted: held.wanted, holderId: 'one' });

    expect(await store.changeLane('we_1', forgive)).toBe(true);
    expect(await store.loadLane('we_1')).toEqual({ ...lane, strikes: 0 });
    expect(await store.changeLane('we_unknown', forgive)).toBe(true);
  });
}
