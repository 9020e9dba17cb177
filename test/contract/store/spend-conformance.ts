// How any store of spend behaves under the flow that rolls it up: each end counts once, whoever reads and whatever
// becomes known afterwards.
import { describe, expect, it } from 'vitest';
import { addSpend, noSpend } from '../../../core/domain/money/spend.ts';
import { rollUpSpend } from '../../../core/flows/roll-up-spend.ts';
import { endedVersion, newAccount, newTask, nextVersion, START_TIME } from './stored-task.ts';
import type { ChargeReason } from '../../../core/domain/money/charge.ts';
import type { SpendSums } from '../../../core/domain/money/spend.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const PRICE = 40_007;
const DAY = 20260101;
const clock = { now: () => START_TIME + 3_600_000 };
const failure = { status: 'failed', result: { code: 5003, outputs: null, error: 'Service Unavailable' } } as const;

function money(reason: ChargeReason) {
  return { priceMicros: PRICE, day: DAY, reason };
}

async function opened(place: StoreUnderTest): Promise<{ store: Store; accountId: string }> {
  const { store } = await place.open();
  const account = newAccount({ balanceMicros: 1e9 });
  await store.putAccount(account);
  return { store, accountId: account.id };
}

async function end(store: Store, accountId: string, fields: Partial<Task>, at = START_TIME): Promise<Task> {
  const task = newTask({ accountId, isUncounted: true, money: money('reserved') });
  await store.createTask({ task, input: '{}' });
  const after = endedVersion(task, { endedAt: at, ...fields });
  expect(await store.commit({ changes: [{ before: task, after }] })).toEqual({ kind: 'committed' });
  return after;
}

function rollUp(store: Store, accountId: string): Promise<number> {
  return rollUpSpend({ spend: store, events: store, clock }, accountId, Infinity);
}

async function sums(store: Store, accountId: string, from = DAY, to = DAY): Promise<SpendSums> {
  return (await store.listSpend(accountId, from, to)).reduce(addSpend, noSpend);
}

export function describeSpend(place: StoreUnderTest): void {
  describe('spend', () => {
    it('counts each end once, by day, model and code, however many read at once', async () => {
      const { store, accountId } = await opened(place);
      for (let count = 0; count < 12; count += 1) await end(store, accountId, { money: money('completed') });
      await end(store, accountId, { ...failure, money: money('service-failure') });
      await end(store, accountId, { money: money('completed') }, START_TIME + 86_400_000 - 4_000_000 - 1);

      await Promise.all([rollUp(store, accountId), rollUp(store, accountId), rollUp(store, accountId)]);
      expect(await rollUp(store, accountId)).toBe(clock.now() - 10_000);

      const parts = await store.listSpend(accountId, DAY, DAY);
      const completed = {
        day: DAY,
        model: 'vendor/model/text-to-image',
        code: '0',
        inDoubtMicros: 0,
        givenBackMicros: 0,
      };
      expect(parts).toContainEqual({ ...completed, ends: 12, chargedMicros: 12 * PRICE });
      const free = { ends: 1, chargedMicros: 0, givenBackMicros: PRICE };
      expect(parts).toContainEqual({ ...completed, ...free, code: '5003' });
    });

    it('shows the newest rows first, and says when older ones are left out', async () => {
      const { store, accountId } = await opened(place);
      await end(store, accountId, { money: money('completed') });
      await end(store, accountId, { model: 'vendor/other/text-to-image' }, START_TIME + 1);
      await rollUp(store, accountId);

      const range = { fromDay: DAY, toDay: DAY };
      expect(await store.newestSpend(accountId, range, 1)).toMatchObject({
        isWhole: false,
        parts: [{ model: 'vendor/other/text-to-image', ends: 1 }],
      });
      const whole = await store.newestSpend(accountId, range, 3);
      expect(whole.parts.map(({ model }) => model)).toEqual([
        'vendor/other/text-to-image',
        'vendor/model/text-to-image',
      ]);
      expect(whole.isWhole).toBe(true);
      expect(await store.newestSpend(accountId, { fromDay: DAY + 1, toDay: DAY + 1 }, 3)).toEqual({
        isWhole: true,
        parts: [],
      });
    });

    it('leaves the newest ends to the next time, and then counts them', async () => {
      const { store, accountId } = await opened(place);
      await end(store, accountId, { money: money('completed') }, clock.now() - 5_000);

      await rollUp(store, accountId);
      expect(await sums(store, accountId)).toEqual(noSpend);
      const later = { now: () => clock.now() + 10_000 };
      await rollUpSpend({ spend: store, events: store, clock: later }, accountId, Infinity);
      expect(await sums(store, accountId)).toMatchObject({ ends: 1, chargedMicros: PRICE });
    });

    it.each<[string, ChargeReason, ChargeReason, Partial<SpendSums>]>([
      ['a late success', 'open', 'late-success', { chargedMicros: PRICE, inDoubtMicros: 0 }],
      ['a late failure', 'open', 'service-failure', { inDoubtMicros: 0, givenBackMicros: PRICE }],
      [
        'a success after it was given back',
        'service-failure',
        'late-success',
        { chargedMicros: PRICE, givenBackMicros: 0 },
      ],
    ])('corrects what was counted by %s, before and after it was rolled up', async (_what, first, then, expected) => {
      for (const isRolledUp of [true, false]) {
        const { store, accountId } = await opened(place);
        const before = await end(store, accountId, { ...failure, money: money(first) });
        if (isRolledUp) await rollUp(store, accountId);

        const after = nextVersion(before, { money: money(then) });
        expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
        await rollUp(store, accountId);

        expect(await sums(store, accountId)).toMatchObject({ ends: 1, ...expected });
      }
    });

    it('counts a task that is put back for its last end only', async () => {
      const { store, accountId } = await opened(place);
      const failed = await end(store, accountId, { ...failure, money: money('failed-work') });
      const again = nextVersion(failed, {
        status: 'queued',
        endedAt: undefined,
        result: undefined,
        due: { at: START_TIME + 60_000, by: 'doorbell' },
        money: money('reserved'),
      });
      await store.commit({ changes: [{ before: failed, after: again }] });
      const done = endedVersion(again, { money: money('completed'), endedAt: START_TIME + 60_000 });
      expect(await store.commit({ changes: [{ before: again, after: done }] })).toEqual({ kind: 'committed' });

      await rollUp(store, accountId);

      expect(await sums(store, accountId)).toEqual({ ...noSpend, ends: 2, chargedMicros: PRICE });
    });
  });
}
