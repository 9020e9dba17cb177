import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../core/domain/sha256-hex.ts';
import { routes } from '../../../core/contract/routes.ts';
import { makeHandler } from '../../../functions/api/handler.ts';
import { MemoryAccounts } from '../../support/memory/memory-accounts.ts';
import { WebhookWorld } from '../../support/memory/webhook-world.ts';
import { memoryUploads } from '../../support/memory/memory-uploads.ts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

async function call(method: string, path: string, key = 'sk_user') {
  const accounts = new MemoryAccounts();
  const account = { id: 'acc_user', name: 'user', isOperator: false, weight: 1, activeTasks: 0, createdAt: 1 };
  await accounts.putAccount(account);
  await accounts.putKey({ digest: sha256Hex('sk_user'), accountId: account.id, hint: 'sk_u', createdAt: 1 });
  const { relay, receivers } = new WebhookWorld();
  const listing = {
    listTasks: () => Promise.resolve({ tasks: [] }),
    listFailed: () => Promise.resolve({ tasks: [], isAtLeast: false }),
    countTasks: () => Promise.resolve({ tasks: 0, isAtLeast: false }),
    cursorAfter: () => '',
  };
  const meter = { admit: () => Promise.resolve({}) };
  const handler = makeHandler(
    Object.assign({}, relay, {
      accounts,
      listing,
      jobs: relay.store,
      mutes: relay.store,
      erasures: relay.store,
      meter,
      webhooks: relay.store,
      spend: relay.store,
      caller: receivers,
      version: '1.2.3',
      ...memoryUploads,
    }),
  );
  const event = {
    routeKey: '$default',
    headers: key === '' ? {} : { authorization: `Bearer ${key}` },
    requestContext: { requestId: 'r', http: { method, path } },
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode, headers, body } = await handler(event, {} as Context);
  return { status: statusCode, headers, body: JSON.parse(body ?? '{}') as object };
}

describe('a call of the API', () => {
  const open: readonly string[] = [routes.health.path, routes.getFile.path];
  it.each(Object.values(routes).filter((route) => route.function === 'api' && !open.includes(route.path)))(
    'is authenticated before anything else: $method $path',
    async ({ method, path }) => {
      expect(await call(method, path.replaceAll(/\{\w+\}/g, 'word'), '')).toMatchObject({ status: 401 });
    },
  );

  it('without a key learns that the relay works, and its version', async () => {
    expect(await call('GET', '/health', '')).toMatchObject({ status: 200, body: { status: 'ok', version: '1.2.3' } });
  });

  it('on the callback path of another relay is a plain 404, and one with two slashes says what was meant', async () => {
    const body = { code: 404, error: 'Not found' };
    expect((await call('POST', '/callbacks/get3w/other/token', '')).body).toEqual(body);
    expect((await call('POST', '//callbacks/get3w/other/token', '')).body).toMatchObject({
      details: expect.stringContaining('two slashes') as string,
    });
  });

  it('may end in a slash', async () => {
    expect(await call('GET', '/v1/requests/')).toMatchObject({ status: 200, body: { data: [] } });
  });

  it('of the length of a submit is answered by its own route, not taken for a model', async () => {
    // A submit without a body is refused with 400, an unknown task with 404.
    expect(await call('POST', '/v1/vendor/model/task')).toMatchObject({ status: 400 });
    expect(await call('POST', '/v1/requests/unknown/retry')).toMatchObject({ status: 404 });
    expect(await call('POST', '/v1/webhook-endpoints/unknown/test')).toMatchObject({ status: 404 });
  });

  it.each([
    'requests',
    'gate',
    'webhook-endpoints',
    'webhook-secret',
    'events',
    'keys',
    'monitoring',
    'callbacks',
    'console',
  ])('never reads %s, a word of the relay’s own paths, as a vendor', async (word) => {
    expect(await call('POST', `/v1/${word}/any/thing`)).toMatchObject({ status: 404 });
  });

  it('whose path cannot be decoded names nothing', async () => {
    expect(await call('GET', '/v1/requests/%E0%A4%A')).toMatchObject({ status: 404 });
  });

  it('with a method that its path lacks gets the list of those it has', async () => {
    expect(await call('PUT', '/v1/gate')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await call('HEAD', '/v1/gate')).not.toMatchObject({ status: 405 });
    expect(await call('GET', '/v2/nothing')).toMatchObject({ status: 404 });
  });

  it.each(['/v1/requests/word/deliveries', '/v1/webhook-endpoints/word/deliveries'])(
    'of the length of a submit is not told that it could be posted: %s',
    async (path) => {
      for (const method of ['POST', 'OPTIONS']) {
        expect(await call(method, path)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
      }
    },
  );
});
