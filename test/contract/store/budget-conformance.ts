// How any store reports the thresholds of budgets: with the write that crosses one, once in each period, whatever many
// submits at once make of it.
import { describe, expect, it } from 'vitest';
import { endedVersion, newAccount, newTask, nextVersion, START_TIME } from './stored-task.ts';
import type { AccountMoney } from '../../../core/domain/money/account-money.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { CreationResult } from '../../../core/ports/ports.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const DAY = 20260101;

async function opened(place: StoreUnderTest, money: AccountMoney): Promise<{ store: Store; accountId: string }> {
  const { store } = await place.open();
  const account = newAccount(money);
  await store.putAccount(account);
  return { store, accountId: account.id };
}

async function submit(store: Store, accountId: string, priceMicros: number, day = DAY): Promise<CreationResult> {
  const task = newTask({ accountId, isUncounted: true, money: { priceMicros, day, reason: 'reserved' } });
  const account = await store.loadAccount(accountId);
  return store.createTask({ task, input: '{}', ...(account && { account }) });
}

/** Those in the account's log, such as `day 50 of 10 at 5`. */
async function reported(store: Store, accountId: string): Promise<readonly string[]> {
  const events = await store.readEvents(accountId, { position: 0, id: '' }, 100);
  const budgets = events.filter(({ event }) => event.type === 'budget.threshold');
  return budgets.map(({ event: { data } }) => {
    const reason = data['reason'] === 'refused' ? ' refused' : '';
    return `${data['budget'] as string} ${data['percent'] as number} of ${data['limit_micros'] as number} at ${data['spent_micros'] as number}${reason}`;
  });
}

export function describeThresholds(place: StoreUnderTest): void {
  describe('thresholds of budgets', () => {
    it('are reported by the submit that reaches them, in the log and to its caller', async () => {
      const { store, accountId } = await opened(place, { dayBudgetMicros: 10 });
      const results: CreationResult[] = [];
      for (const price of [4, 1, 3, 2]) results.push(await submit(store, accountId, price));

      expect(results.map((result) => ('events' in result ? (result.events ?? []).length : 0))).toEqual([0, 1, 1, 1]);
      expect(await reported(store, accountId)).toEqual([
        'day 50 of 10 at 5',
        'day 80 of 10 at 8',
        'day 100 of 10 at 10',
      ]);
      const [, second] = results;
      const [key] = (second?.kind === 'created' && second.events) || [];
      expect(key && (await store.loadEvent(key))?.event).toMatchObject({
        type: 'budget.threshold',
        accountId,
        data: { percent: 50, renews_at: '2026-01-02T00:00:00.000Z', reason: 'reached' },
      });
    });

    it('are each reported once, by one of the submits that come at once', async () => {
      const { store, accountId } = await opened(place, { balanceMicros: 20, monthBudgetMicros: 100 });
      await Promise.all(Array.from({ length: 12 }, () => submit(store, accountId, 2)));

      const thresholds = (await reported(store, accountId)).map((text) => text.replace(/ at .*/, ''));
      expect(thresholds.toSorted()).toEqual(['balance 100 of 20', 'balance 50 of 20', 'balance 80 of 20']);
      expect(await store.loadAccount(accountId)).toMatchObject({ balanceMicros: 0, monthSpentMicros: 20 });
    });

    it('are reported together by one task that reaches several, of several budgets', async () => {
      const { store, accountId } = await opened(place, {
        balanceMicros: 10,
        dayBudgetMicros: 9,
        monthBudgetMicros: 18,
      });
      await submit(store, accountId, 9);

      expect((await reported(store, accountId)).toSorted()).toEqual([
        'balance 50 of 10 at 9',
        'balance 80 of 10 at 9',
        'day 100 of 9 at 9',
        'day 50 of 9 at 9',
        'day 80 of 9 at 9',
        'month 50 of 18 at 9',
      ]);
    });

    it('are reported anew in the next day, after an addition, and for a new budget, and not after a refund', async () => {
      const { store, accountId } = await opened(place, { dayBudgetMicros: 10 });
      const before = newTask({ accountId, isUncounted: true, money: { priceMicros: 5, day: DAY, reason: 'reserved' } });
      await store.createTask({ task: before, input: '{}' });
      const money = { priceMicros: 5, day: DAY, reason: 'service-failure' } as const;
      const result = { code: 5003, outputs: null, error: 'Service Unavailable' };
      await store.commit({ changes: [{ before, after: endedVersion(before, { status: 'failed', result, money }) }] });
      await submit(store, accountId, 5);
      await submit(store, accountId, 5, DAY + 1);
      await store.updateAccount(accountId, { dayBudgetMicros: 8, balanceMicros: 2 });
      await store.updateAccount(accountId, { addedMicros: 2 });
      await submit(store, accountId, 2, DAY + 1);

      expect((await reported(store, accountId)).toSorted()).toEqual([
        'balance 50 of 4 at 2',
        'day 50 of 10 at 5',
        'day 50 of 10 at 5',
        'day 50 of 8 at 7',
        'day 80 of 8 at 7',
      ]);
    });

    it('of all of it is reported by the first task that is refused for it, once in a day', async () => {
      const { store, accountId } = await opened(place, { dayBudgetMicros: 10 });
      await submit(store, accountId, 3);
      const kinds = [];
      for (const day of [DAY, DAY, DAY + 1, DAY + 1]) kinds.push((await submit(store, accountId, 11, day)).kind);

      expect(kinds).toEqual(Array.from(kinds, () => 'day-budget-empty'));
      const refused = ['day 100 of 10 at 0 refused', 'day 100 of 10 at 3 refused'];
      expect((await reported(store, accountId)).toSorted()).toEqual(refused);
      expect((await submit(store, accountId, 10, DAY + 1)).kind).toBe('created');
    });

    it('that a late charge reaches are reported by the next submit', async () => {
      const { store, accountId } = await opened(place, { dayBudgetMicros: 10 });
      const before = newTask({ accountId, isUncounted: true, money: { priceMicros: 6, day: DAY, reason: 'refused' } });
      await store.createTask({ task: before, input: '{}' });
      await submit(store, accountId, 1);
      const after = nextVersion(before, { money: { priceMicros: 6, day: DAY, reason: 'late-success' } });
      await store.commit({
        changes: [{ before, after: { ...after, status: 'failed', ends: 1, endedAt: START_TIME } }],
      });
      expect(await reported(store, accountId)).toEqual([]);
      await submit(store, accountId, 1);

      expect(await reported(store, accountId)).toEqual(['day 50 of 10 at 8', 'day 80 of 10 at 8']);
    });
  });
}
