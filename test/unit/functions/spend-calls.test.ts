// What GET /v1/spend answers, and what a dry run does; that each end counts once is the stores' suite's.
import { beforeEach, describe, expect, it } from 'vitest';
import { budgetDayOf } from '../../../core/domain/money/account-money.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { ChargeReason } from '../../../core/domain/money/charge.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const PRICE = 40_007;
const owner = doorAccountId('client');
const SUBMIT = '/v1/acme/sketch/text-to-image';

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
  door.relay.priceTable = { unknown: 'refuse', models: { 'acme/sketch/text-to-image': { micros: PRICE } } };
});

async function ended(reason: ChargeReason, fields: Partial<Task> = {}): Promise<void> {
  const money = { priceMicros: PRICE, reason: 'reserved' } as const;
  const before = await door.relay.put(
    sampleTask({ id: door.relay.randomSource.id(), accountId: owner, money, isUncounted: true }),
  );
  const { due: _due, ...rest } = before;
  const after: Task = {
    ...rest,
    version: 2,
    status: 'cancelled',
    ends: 1,
    endedAt: door.relay.clock.now(),
    result: { code: null, outputs: null, error: null },
    money: { priceMicros: PRICE, reason },
    ...fields,
  };
  await door.relay.store.commit({ changes: [{ before, after }] });
  await door.relay.clock.advance(1);
}

describe('what an account spent', () => {
  beforeEach(async () => {
    await ended('completed');
    await ended('open');
    await ended('refused', { status: 'failed', result: { code: 1401, outputs: null, error: 'no' } });
    await door.relay.clock.advance(60_000);
  });

  const sums = { ends: 3, charged_micros: PRICE, in_doubt_micros: PRICE, given_back_micros: PRICE };

  it.each([
    ['day', [{ day: '2026-01-01', ...sums }]],
    ['model', [{ model: 'vendor/model/task', ...sums }]],
    [
      'code',
      [
        { code: 'cancelled', ends: 2, charged_micros: PRICE, in_doubt_micros: PRICE, given_back_micros: 0 },
        { code: '1401', ends: 1, charged_micros: 0, in_doubt_micros: 0, given_back_micros: PRICE },
      ],
    ],
  ])('is shown by %s, with the time that it reaches', async (by, data) => {
    const reply = await door.call('GET', `/v1/spend?by=${by}`);
    const reaches = new Date(door.relay.clock.now() - 10_000).toISOString();
    expect(reply).toMatchObject({
      status: 200,
      body: { by, from: '2026-01-01', to: '2026-01-01', data, next_cursor: null, reaches },
    });
  });

  it('is shown in its account by day, model and code at once, of the newest seven days', async () => {
    const { body } = await door.call('GET', '/v1/account');
    const { recent } = (body as { use: { recent: object } }).use;
    expect(recent).toEqual({
      from: '2025-12-26',
      to: '2026-01-01',
      reaches: new Date(door.relay.clock.now() - 10_000).toISOString(),
      is_whole: true,
      by_day: [{ day: '2026-01-01', ...sums }],
      by_model: [{ model: 'vendor/model/task', ...sums }],
      by_code: [
        { code: 'cancelled', ends: 2, charged_micros: PRICE, in_doubt_micros: PRICE, given_back_micros: 0 },
        { code: '1401', ends: 1, charged_micros: 0, in_doubt_micros: 0, given_back_micros: PRICE },
      ],
    });
    const path = `/v1/account?account=${owner}`;
    expect(await door.call('GET', path, { key: doorKey('operator') })).toMatchObject({ body: { use: { recent } } });
  });

  it('is shown of each account to operators only, page by page', async () => {
    const asked = await door.call('GET', '/v1/spend?by=account', { key: doorKey('operator') });
    expect((asked.body as { data: unknown }).data).toContainEqual({ account: owner, ...sums });
    for (let count = 0; count < 30; count += 1) {
      const account = {
        id: `acc_z${count}`,
        name: 'more',
        weight: 1,
        isOperator: false,
        activeTasks: 0,
        createdAt: NOW,
      };
      await door.accounts.putAccount(account);
    }
    const { body: page } = await door.call('GET', '/v1/spend?by=account', { key: doorKey('operator') });
    const { data, next_cursor: cursor } = page as { data: unknown[]; next_cursor: string };
    expect([data.length, cursor]).toEqual([25, expect.stringMatching(/^acc_z/)]);
    const last = await door.call('GET', `/v1/spend?by=account&cursor=${cursor}`, { key: doorKey('operator') });
    expect(last.body).toMatchObject({ next_cursor: null });
    expect((await door.call('GET', '/v1/spend?by=account')).status).toBe(403);
    const ofOther = await door.call('GET', `/v1/spend?account=${owner}`, { key: doorKey('operator') });
    expect(ofOther.body).toMatchObject({ data: [sums] });
  });

  it('is nothing outside of its days', async () => {
    expect((await door.call('GET', '/v1/spend?from=2025-12-01&to=2025-12-31')).body).toMatchObject({ data: [] });
  });

  it.each([
    ['by=week', 'by must be one of day, model, code, account'],
    ['from=2026-02-01&to=2026-01-01', 'from must not be after to'],
    ['from=2025-01-01&to=2026-01-01', 'at most 93 days, these are 366'],
    ['cursor=acc_1', 'cursor belongs to by=account'],
  ])('is refused where the query is %s', async (query, details) => {
    expect(await door.call('GET', `/v1/spend?${query}`)).toMatchObject({ status: 400, body: { details } });
  });
});

describe('a dry run', () => {
  const body = { prompt: 'a cat' };

  it('answers price, cover and wait, and makes no task', async () => {
    expect(await door.call('POST', `${SUBMIT}?dry_run=true`, { body })).toMatchObject({
      status: 200,
      body: { dry_run: true, price_micros: PRICE, is_covered: true, estimated_wait: 0, estimated_duration: 30 },
    });
    await door.accounts.updateAccount(owner, { balanceMicros: PRICE - 1 });
    const poor = await door.call('POST', `${SUBMIT}?dry_run=true`, { body });
    expect(poor.body).toMatchObject({ price_micros: PRICE, is_covered: false });
    expect(door.relay.store.allTasks()).toEqual([]);
    expect(await door.accounts.loadAccount(owner)).toMatchObject({ balanceMicros: PRICE - 1 });
  });

  it('counts what processes have set aside as the account’s', async () => {
    await door.accounts.updateAccount(owner, { balanceMicros: PRICE - 1, dayBudgetMicros: 10 * PRICE });
    const day = budgetDayOf(door.relay.clock.now());
    door.relay.leasedMicros = { [day]: 1 };
    const rich = await door.call('POST', `${SUBMIT}?dry_run=true`, { body });
    expect(rich.body).toMatchObject({ is_covered: true });
    const shown = await door.call('GET', '/v1/account');
    expect(shown.body).toMatchObject({ money: { balance_micros: PRICE, day_spent_micros: -1 } });
  });

  it('is refused for what a submit is refused for', async () => {
    expect(await door.call('POST', `${SUBMIT}?dry_run=true`, { body: '{}' })).toMatchObject({ status: 400 });
    expect(await door.call('POST', `${SUBMIT}?dry_run=maybe`, { body })).toMatchObject({ status: 400 });
    await door.accounts.updateAccount(owner, { dayBudgetMicros: 1 });
    const unpriced = await door.call('POST', '/v1/acme/other/text-to-image?dry_run=1', { body });
    expect(unpriced).toMatchObject({ status: 403, body: { error: 'Insufficient balance' } });
  });
});

describe('a submit of an account with a budget', () => {
  it('is refused once the budget does not cover it, with what is used up and when the next day begins', async () => {
    await door.accounts.updateAccount(owner, { dayBudgetMicros: 2 * PRICE - 1 });
    expect((await door.call('POST', SUBMIT, { body: { prompt: 'a' } })).status).toBe(200);
    expect(await door.call('POST', SUBMIT, { body: { prompt: 'b' } })).toMatchObject({
      status: 403,
      body: { error: 'Insufficient balance', details: expect.stringContaining('2026-01-02T00:00:00.000Z') as string },
    });
    expect(await door.accounts.loadAccount(owner)).toMatchObject({ budgetDay: 20260101, daySpentMicros: PRICE });
    expect(door.relay.store.allTasks()[0]?.createdAt).toBe(NOW);
  });
});

describe('the money of an account', () => {
  it('is shown to it with what this day and month have spent, and is null without a balance and budgets', async () => {
    expect(await door.call('GET', '/v1/account')).toMatchObject({ status: 200, body: { money: null } });
    await door.accounts.updateAccount(owner, { balanceMicros: 1_000_000, monthBudgetMicros: 500_000 });
    await door.call('POST', SUBMIT, { body: { prompt: 'a' } });
    const spent = {
      balance_micros: 1_000_000 - PRICE,
      day_budget_micros: null,
      day_spent_micros: PRICE,
      month_budget_micros: 500_000,
      month_spent_micros: PRICE,
    };
    expect((await door.call('GET', '/v1/account')).body).toMatchObject({ money: spent });
    await door.relay.clock.advance(86_400_000);
    expect((await door.call('GET', '/v1/account')).body).toMatchObject({ money: { ...spent, day_spent_micros: 0 } });
  });
});
