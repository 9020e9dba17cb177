// Accounts as operators change them through the API: limits, money, suspension and keys of any account, what is refused with
// which words, and what the audit log has of it.
import { beforeEach, describe, expect, it } from 'vitest';
import { accountBounds } from '../../../core/domain/account-bounds.ts';
import { DAY_MS } from '../../../core/domain/time-ms.ts';
import { accountChangeSchema } from '../../../core/http/schemas/account-schemas.ts';
import { readAccountChange } from '../../../functions/api/read-account-change.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { PublicAuditEntry } from '../../../core/http/public-audit.ts';
import type { PublicKey } from '../../../core/http/public-key.ts';

const key = doorKey('operator');
const accountId = doorAccountId('client');
const path = `/v1/accounts/${accountId}`;

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

async function audit(): Promise<readonly PublicAuditEntry[]> {
  const { body } = await door.call('GET', '/v1/audit', { key });
  return (body as { data: readonly PublicAuditEntry[] }).data;
}

describe('a change of an account', () => {
  it('sets limits and budgets, and removes them with null, with why on the record', async () => {
    const limits = { unfinished_tasks: 5, requests_per_second: 9, sync_waits: 1, endpoints: 3 };
    const set = { ...limits, weight: 4, keep: 'yes', day_budget_micros: 7, month_budget_micros: 70, reason: 'a trial' };
    expect(await door.call('PATCH', path, { key, body: set })).toMatchObject({
      status: 200,
      body: {
        id: accountId,
        limits: { ...limits, weight: 4 },
        own_limits: { ...limits, keep: 'yes' },
        keep: 'yes',
        money: { day_budget_micros: 7, month_budget_micros: 70, balance_micros: null },
        use: { unfinished_tasks: 0, waiting_tasks: 0 },
      },
    });
    expect(await audit()).toMatchObject([
      { action: 'account.change', target: accountId, account: accountId, reason: 'a trial', outcome: 'done' },
    ]);
    const { reason: _why, ...changes } = set;
    expect((await audit())[0]?.changes).toEqual(changes);
    const nothing = Object.fromEntries(Object.keys(limits).map((name) => [name, null]));
    const removed = { ...nothing, keep: null, day_budget_micros: null, month_budget_micros: null };
    expect(await door.call('PATCH', path, { key, body: removed })).toMatchObject({
      body: {
        own_limits: { ...nothing, keep: null },
        money: null,
        limits: { weight: 4 },
        use: { unfinished_tasks: null },
      },
    });
  });

  it('sets the balance and adds to it', async () => {
    const balanceAfter = async (body: object): Promise<unknown> => {
      const reply = await door.call('PATCH', path, { key, body });
      return (reply.body as { money: { balance_micros: unknown } | null }).money?.balance_micros;
    };
    expect(await balanceAfter({ add_micros: 5_000_000 })).toBe(5_000_000);
    expect(await balanceAfter({ add_micros: 1 })).toBe(5_000_001);
    expect(await balanceAfter({ balance_micros: 3 })).toBe(3);
    expect(await balanceAfter({ balance_micros: null })).toBeUndefined();
  });

  it('with an Idempotency-Key is made once, and answers again', async () => {
    const send = (body: object, name = 'client', once = 'payment 7') =>
      door.call('PATCH', `/v1/accounts/acc_${name}`, { key, body, headers: { 'idempotency-key': once } });
    const added = await send({ add_micros: 5, reason: 'paid' });
    expect(added).toMatchObject({ status: 200, body: { money: { balance_micros: 5 } } });
    expect(added.headers).not.toHaveProperty('idempotent-replayed');
    const again = await send({ add_micros: 5 });
    expect(again).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' } });
    expect(again.body).toEqual(added.body);
    expect(await send({ add_micros: 6 })).toMatchObject({
      status: 409,
      body: { error: 'Idempotency-Key was used with another request' },
    });
    expect(await send({ add_micros: 5, weight: 2 })).toMatchObject({ status: 409 });
    expect(await send({ add_micros: 7 }, 'other')).toMatchObject({ body: { money: { balance_micros: 7 } } });
    expect(await send({ add_micros: 5 }, 'client', 'payment 8')).toMatchObject({
      body: { money: { balance_micros: 10 } },
    });
    for (const wrong of ['', 'x'.repeat(256)]) {
      expect(await send({ add_micros: 5 }, 'client', wrong)).toMatchObject({
        status: 400,
        body: { details: 'Idempotency-Key must have 1 to 255 bytes' },
      });
    }
    await door.relay.clock.advance(DAY_MS);
    expect(await send({ add_micros: 5 })).toMatchObject({ body: { money: { balance_micros: 15 } } });
    expect((await audit()).map(({ outcome }) => outcome).reverse()).toEqual([
      'done',
      'unchanged',
      'refused',
      'refused',
      'done',
      'done',
      'done',
    ]);
  });

  it.each([
    [{}, 'the body names no change'],
    [{ reason: 'why not' }, 'the body names no change'],
    [{ balance_micros: 1, add_micros: 1 }, 'give only one of them'],
    [{ weight: null }, 'weight must be a whole number, from 1 to 1000'],
    [{ weight: 0 }, 'weight must be a whole number, from 1 to 1000'],
    [{ endpoints: 51 }, 'endpoints must be a whole number, from 1 to 50, or null to remove it'],
    [{ requests_per_second: 0.5 }, 'requests_per_second must be a whole number, 1 or more'],
    [{ sync_waits: '2' }, 'sync_waits must be a whole number, 1 or more'],
    [{ keep: 'maybe' }, 'keep must be one of no, yes, before-webhook'],
    [{ add_micros: -1 }, 'add_micros must be a whole number, from 0 to 999999999999999'],
    [{ name: 'x' }, 'name cannot be changed by this call'],
    [{ is_operator: true, weight: 2 }, '`relay accounts set`'],
    [{ weight: 2, reason: ' ' }, 'reason must be a text'],
  ])('is refused with what is wrong, and changes nothing: %j', async (body, words) => {
    const before = await door.accounts.loadAccount(accountId);
    expect(await door.call('PATCH', path, { key, body })).toMatchObject({
      status: 400,
      body: { details: expect.stringContaining(words) },
    });
    expect(await door.accounts.loadAccount(accountId)).toEqual(before);
  });

  it('of an unknown account is not found, and of one whose money moves too fast is to be tried again', async () => {
    for (const id of ['acc_nobody', 'x', '*']) {
      const reply = await door.call('PATCH', `/v1/accounts/${id}`, { key, body: { weight: 2 } });
      expect(reply).toMatchObject({ status: 404, body: { details: expect.stringContaining('GET /v1/accounts') } });
    }
  });

  const { min, max } = accountBounds.endpointsMax;
  it.each([
    { weight: 1 },
    { weight: null },
    { weight: 1_001 },
    { endpoints: min },
    { endpoints: max },
    { endpoints: max + 1 },
    { endpoints: null },
    { unfinished_tasks: 0 },
    { unfinished_tasks: -1 },
    { requests_per_second: 0 },
    { keep: 'before-webhook' },
    { keep: 'x' },
    { balance_micros: accountBounds.balanceMicros.max },
    { balance_micros: accountBounds.balanceMicros.max + 1 },
    { add_micros: null },
    { weight: 1, reason: null },
    { weight: 1, reason: '' },
    { operator: true, weight: 1 },
  ])('has a body that the schema takes exactly when the relay does: %j', (body) => {
    const isTaken = (): boolean => {
      try {
        return readAccountChange(JSON.stringify(body)) !== undefined;
      } catch {
        return false;
      }
    };
    expect(accountChangeSchema.safeParse(body).success).toBe(isTaken());
  });
});

describe('an account', () => {
  it('is suspended and resumed by an operator, once each however often it is asked', async () => {
    const suspend = () => door.call('POST', `${path}/suspend`, { key, body: { reason: 'unpaid' } });
    const since = new Date(NOW).toISOString();
    expect(await suspend()).toMatchObject({ status: 200, body: { id: accountId, suspended_at: since } });
    expect(await door.call('GET', '/v1/account')).toMatchObject({ status: 401 });
    await door.relay.clock.advance(60_000);
    expect(await suspend()).toMatchObject({ body: { suspended_at: since } });
    const resumed = await door.call('POST', `${path}/resume`, { key });
    expect(resumed).toMatchObject({ status: 200, body: { suspended_at: null } });
    expect(await door.call('GET', '/v1/account')).toMatchObject({ status: 200 });
    expect(await door.call('POST', `${path}/resume`, { key })).toMatchObject({ body: { suspended_at: null } });
    expect((await audit()).map(({ action, reason, outcome }) => [action, reason, outcome])).toEqual([
      ['account.resume', null, 'unchanged'],
      ['account.resume', null, 'done'],
      ['account.suspend', 'unpaid', 'unchanged'],
      ['account.suspend', 'unpaid', 'done'],
    ]);
  });

  it('that may operate is suspended while another operator is left beside the one that calls', async () => {
    for (let number = 100; number < 350; number += 1) {
      const id = `acc_a${number}`;
      await door.accounts.putAccount({ id, name: id, weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW });
    }
    const other = `/v1/accounts/${doorAccountId('other')}`;
    const suspend = (target: string) => door.call('POST', `${target}/suspend`, { key });
    await door.accounts.updateAccount(doorAccountId('other'), { isOperator: true });
    const refusal = {
      status: 409,
      body: { error: 'Not for the last operator', details: expect.stringContaining('accounts set NAME --operator') },
    };
    expect(await suspend(other)).toMatchObject(refusal);
    await door.accounts.updateAccount(accountId, { isOperator: true });
    expect(await suspend(other)).toMatchObject({ status: 200 });
    expect(await suspend(other)).toMatchObject({ status: 200 });
    expect(await suspend(path)).toMatchObject(refusal);
    expect(await door.call('GET', '/v1/account')).toMatchObject({ status: 200 });
    expect((await audit()).map(({ outcome }) => outcome)).toEqual(['refused', 'unchanged', 'done', 'refused']);
    await door.accounts.updateAccount(accountId, { isOperator: false });
    expect(await suspend(path)).toMatchObject({ status: 200 });
  });

  it('is not suspended with a key of its own, which could not resume it', async () => {
    const own = `/v1/accounts/${doorAccountId('operator')}/suspend`;
    expect(await door.call('POST', own, { key })).toMatchObject({
      status: 409,
      body: { error: 'Not for your own account', details: expect.stringContaining('use another operator') },
    });
    expect(await audit()).toMatchObject([{ action: 'account.suspend', outcome: 'refused' }]);
    expect(await door.call('POST', `${path}/suspend`, { key, body: { cancel_tasks: true } })).toMatchObject({
      status: 400,
      body: { details: expect.stringContaining('cancel_tasks') },
    });
  });
});

describe('the list of accounts', () => {
  it('shows limits, use, money and suspension of each', async () => {
    await door.accounts.updateAccount(accountId, { balanceMicros: 8, suspendedAt: NOW, concurrentTasksMax: 3 });
    await door.relay.put(
      sampleTask({ accountId, status: 'waiting', ticket: { kind: 'fresh', order: NOW, version: 1 } }),
    );
    const { body } = await door.call('GET', '/v1/accounts', { key });
    const { data } = body as { data: readonly { id: string }[] };
    expect(data.find(({ id }) => id === accountId)).toMatchObject({
      suspended_at: new Date(NOW).toISOString(),
      is_operator: false,
      limits: { unfinished_tasks: 3 },
      own_limits: { unfinished_tasks: 3, endpoints: null },
      money: { balance_micros: 8 },
      use: { unfinished_tasks: 1, waiting_tasks: 1 },
    });
    expect(data.find(({ id }) => id === doorAccountId('operator'))).toMatchObject({ is_operator: true, money: null });
  });

  it('shows what processes have set aside of its money as not spent', async () => {
    await door.accounts.updateAccount(accountId, { balanceMicros: 8 });
    door.relay.leasedMicros = { [Math.floor(NOW / DAY_MS)]: 2 };
    const { body } = await door.call('GET', '/v1/accounts', { key });
    const { data } = body as { data: readonly { id: string }[] };
    expect(data.find(({ id }) => id === accountId)).toMatchObject({ money: { balance_micros: 10 } });
    for (const [method, target, body] of [
      ['PATCH', path, { weight: 2 }],
      ['POST', `${path}/suspend`, {}],
      ['POST', `${path}/resume`, {}],
    ] as const) {
      expect(await door.call(method, target, { key, body })).toMatchObject({ body: { money: { balance_micros: 10 } } });
    }
  });

  it('by name has those whose name contains a text, in pages, however many there are', async () => {
    for (let number = 100; number < 350; number += 1) {
      const id = `acc_n${number}`;
      const name = number % 50 === 0 ? `Studio ${number}` : `shop ${number}`;
      await door.accounts.putAccount({ id, name, weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW });
    }
    const pagesOf = async (query: string): Promise<(readonly string[])[]> => {
      const pages: (readonly string[])[] = [];
      let cursor: string | null = null;
      do {
        const more: string = cursor === null ? '' : `&cursor=${cursor}`;
        const { status, body } = await door.call('GET', `/v1/accounts?${query}${more}`, { key });
        expect(status).toBe(200);
        const page = body as { data: readonly { name: string }[]; next_cursor: string | null };
        pages.push(page.data.map(({ name }) => name));
        cursor = page.next_cursor;
      } while (cursor !== null);
      return pages;
    };
    const found = (await pagesOf('name=sTUDio&limit=1')).flat();
    expect(found).toEqual([100, 150, 200, 250, 300].map((number) => `Studio ${number}`));
    // A call looks at a hundred accounts, whatever it finds.
    expect(await pagesOf('name=nobody&limit=1')).toEqual([[], [], []]);
    expect((await door.call('GET', `/v1/accounts?name=${'x'.repeat(201)}`, { key })).status).toBe(400);
    expect((await door.call('GET', '/v1/accounts?name=', { key })).status).toBe(400);
  });
});

describe('keys of another account', () => {
  const ofClient = `/v1/keys?account=${accountId}`;

  it('are listed, made and revoked by an operator, on the record of that account', async () => {
    const made = await door.call('POST', `${ofClient}&reason=lost`, { key, body: { name: 'new', scopes: ['read'] } });
    const { id, key: text } = made.body as PublicKey & { key: string };
    expect(made.status).toBe(201);
    expect(await door.call('GET', '/v1/account', { key: text })).toMatchObject({ body: { id: accountId } });
    expect(await door.call('GET', ofClient, { key })).toMatchObject({
      body: {
        data: expect.arrayContaining([
          expect.objectContaining({ hint: 'sk_' }),
          expect.objectContaining({ id, name: 'new', scopes: ['read'], last_used_at: expect.any(String) }),
        ]),
      },
    });
    const revoked = await door.call('DELETE', `/v1/keys/${id}?account=${accountId}`, { key });
    expect(revoked).toMatchObject({ status: 200, body: { id, revoked_at: expect.any(String) } });
    expect((await door.call('GET', '/v1/account', { key: text })).status).toBe(401);
    expect(await audit()).toMatchObject([
      { action: 'key.revoke', target: id, account: accountId, outcome: 'done' },
      { action: 'key.create', target: id, account: accountId, outcome: 'done', reason: 'lost' },
    ]);
  });

  it('are not there for other accounts, for unknown ones, or without naming the account', async () => {
    for (const method of ['GET', 'POST']) {
      expect((await door.call(method, ofClient, { key: doorKey('other') })).status).toBe(403);
      expect((await door.call(method, '/v1/keys?account=acc_nobody', { key })).status).toBe(404);
    }
    const { body } = await door.call('POST', '/v1/keys', { body: {} });
    const { id } = body as PublicKey;
    expect((await door.call('DELETE', `/v1/keys/${id}?account=${accountId}`, { key: doorKey('other') })).status).toBe(
      403,
    );
    expect((await door.call('DELETE', `/v1/keys/${id}`, { key })).status).toBe(404);
    expect((await door.call('DELETE', `/v1/keys/${'0'.repeat(id.length)}?account=${accountId}`, { key })).status).toBe(
      404,
    );
    expect((await audit())[0]).toMatchObject({ action: 'key.revoke', account: accountId, outcome: 'refused' });
  });
});
