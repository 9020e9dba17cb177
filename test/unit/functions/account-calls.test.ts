// An account through the API: what it shows, how a suspended one is refused, and what a client learns of its limits from
// headers and from 429.
import { beforeEach, describe, expect, it } from 'vitest';
import { routes } from '../../../core/contract/routes.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { RequestMeter } from '../../../functions/api/request-meter.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { HttpFailure } from '../../../core/http/http-failure.ts';

const accountId = doorAccountId('client');
const operator = doorKey('operator');

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

describe('an account', () => {
  it('is shown with the limits in force and what it uses of them', async () => {
    await door.accounts.updateAccount(accountId, { requestsPerSecond: 7, concurrentTasksMax: 3, weight: 2 });
    const task = sampleTask({ accountId, status: 'waiting', ticket: { kind: 'fresh', order: NOW, version: 1 } });
    await door.relay.put(task);
    await door.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://app.example/hook' } });
    await door.call('POST', '/v1/keys', { body: {} });
    const { endpointsMax } = defaultSettings.shares;
    expect(await door.call('GET', '/v1/account')).toMatchObject({
      status: 200,
      body: {
        id: accountId,
        suspended_at: null,
        limits: {
          requests_per_second: 7,
          unfinished_tasks: 3,
          weight: 2,
          sync_waits: 1,
          endpoints: endpointsMax,
          keys: 10,
        },
        use: {
          unfinished_tasks: 1,
          waiting_tasks: 1,
          waiting: [{ model: task.model, kind: 'fresh', tasks: 1 }],
          endpoints: 1,
          keys: 2,
        },
      },
    });
  });

  it('without limits of its own has those of the relay, an operator’s none on requests and tasks', async () => {
    const { requestsPerSecond, unfinishedTasksMax } = defaultSettings.shares;
    expect(await door.call('GET', '/v1/account')).toMatchObject({
      body: {
        limits: { requests_per_second: requestsPerSecond, unfinished_tasks: unfinishedTasksMax },
        use: { unfinished_tasks: null, waiting_tasks: 0 },
      },
    });
    expect(await door.call('GET', '/v1/account', { key: operator })).toMatchObject({
      body: { is_operator: true, limits: { requests_per_second: null, unfinished_tasks: null } },
    });
  });

  it('of another is shown to operators alone', async () => {
    const path = `/v1/account?account=${accountId}`;
    expect(await door.call('GET', path, { key: operator })).toMatchObject({ status: 200, body: { id: accountId } });
    expect((await door.call('GET', path, { key: doorKey('other') })).status).toBe(403);
    expect((await door.call('GET', '/v1/account?account=acc_nobody', { key: operator })).status).toBe(404);
  });
});

describe('a suspended account', () => {
  const open: readonly string[] = [routes.health.path, routes.getFile.path];
  const keyed = Object.values(routes).filter(
    (route) => ['api', 'monitoring'].includes(route.function) && !open.includes(route.path),
  );

  it.each(keyed)('is refused by $method $path from the next request on', async ({ method, path }) => {
    const target = path.replaceAll(/\{\w+\}/g, 'x');
    await door.accounts.updateAccount(doorAccountId('operator'), { suspendedAt: NOW });
    expect(await door.call(method, target, { key: operator })).toMatchObject({
      status: 401,
      body: { code: 401, error: 'Invalid or revoked API key', details: 'the account is suspended' },
    });
    await door.accounts.updateAccount(doorAccountId('operator'), { suspendedAt: null });
    expect((await door.call(method, target, { key: operator })).status).not.toBe(401);
  });
});

describe('the rate of an account', () => {
  const account = { id: accountId, name: 'x', weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };

  function meterOf(): RequestMeter {
    return new RequestMeter(Object.assign({}, door.relay, { accounts: door.accounts }));
  }

  it('is told in the fields of the draft, with what is left of it, down to the refusal', async () => {
    const meter = meterOf();
    const limited = { ...account, requestsPerSecond: 10 };
    const left: number[] = [];
    let refusal: HttpFailure | undefined;
    for (let request = 0; request < 20 && !refusal; request += 1) {
      try {
        const { ratelimit = '', 'ratelimit-policy': policy } = await meter.admit(limited);
        expect(policy).toBe('"requests";q=10;w=1');
        left.push(Number(/^"requests";r=(\d+);t=1$/.exec(ratelimit)?.[1]));
      } catch (error) {
        refusal = error as HttpFailure;
      }
    }
    expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(refusal).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1', ratelimit: '"requests";r=0;t=1', 'ratelimit-policy': '"requests";q=10;w=1' },
    });
  });

  it('is not told where there is none', async () => {
    expect(await meterOf().admit({ ...account, isOperator: true })).toEqual({});
  });
});

describe('a 429', () => {
  it('for an account that is full says when to try again, for a new task and for one that is put back', async () => {
    await door.accounts.updateAccount(accountId, { concurrentTasksMax: 1 });
    const failed = sampleTask({ accountId, status: 'failed' });
    const { due: _due, ...rest } = failed;
    await door.relay.put({ ...rest, ends: 1, endedAt: NOW, result: { code: 1200, error: 'no', outputs: null } });
    await door.accounts.updateAccount(accountId, { concurrentTasksMax: 0 });
    for (const path of ['/v1/a/b/c', `/v1/requests/${failed.id}/retry`]) {
      expect(await door.call('POST', path, { body: { prompt: 'a cat' } }), path).toMatchObject({
        status: 429,
        headers: { 'retry-after': '60' },
        body: { error: 'Rate limit exceeded', details: 'the account has as many unfinished tasks as it may have, 0' },
      });
    }
  });
});
