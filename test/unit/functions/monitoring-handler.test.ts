import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../core/domain/sha256-hex.ts';
import { makeHandler } from '../../../functions/monitoring/handler.ts';
import { MemoryAccounts } from '../../support/memory/memory-accounts.ts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

const account = { weight: 1, activeTasks: 0, createdAt: 1 };

async function call(routeKey: string, key?: string) {
  const accounts = new MemoryAccounts();
  await accounts.putAccount({ ...account, id: 'acc_op', name: 'operator', isOperator: true });
  await accounts.putAccount({ ...account, id: 'acc_user', name: 'user', isOperator: false });
  await accounts.putKey({ digest: sha256Hex('sk_op'), accountId: 'acc_op', hint: 'sk_o', createdAt: 1 });
  await accounts.putKey({ digest: sha256Hex('sk_user'), accountId: 'acc_user', hint: 'sk_u', createdAt: 1 });
  let emitted = 0;
  const handler = makeHandler({
    accounts,
    service: 'relay',
    clock: { now: () => 1_000_000_000_000, sleep: () => Promise.resolve() },
    reader: {
      readSumsByCode: () => Promise.resolve([]),
      listCodes: () => Promise.resolve([]),
      readSeries: () => Promise.resolve([]),
      listAlarms: () => Promise.resolve([]),
    },
    metrics: { emit: () => (emitted += 1) },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const event = {
    routeKey,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(routeKey.endsWith('metrics') && { queryStringParameters: { name: 'TasksAccepted' } }),
    requestContext: { requestId: 'r', http: { method: 'GET' } },
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode, body } = await handler(event, {} as Context);
  return { status: statusCode, body: JSON.parse(body ?? '{}') as unknown, emitted };
}

describe('the monitoring calls', () => {
  it('answer an operator', async () => {
    expect(await call('GET /v1/monitoring/alarms', 'sk_op')).toMatchObject({ status: 200, body: { alarms: [] } });
    expect(await call('GET /v1/monitoring/metrics', 'sk_op')).toMatchObject({ status: 200, body: { series: [] } });
  });

  it('refuse all others, in Get3W’s words where it has some', async () => {
    const alarms = 'GET /v1/monitoring/alarms';
    expect(await call(alarms)).toMatchObject({ status: 401, body: { error: 'Missing Authorization header' } });
    expect(await call(alarms, 'sk_none')).toMatchObject({ status: 401, body: { error: 'Invalid or revoked API key' } });
    expect(await call(alarms, 'sk_user')).toMatchObject({
      status: 403,
      body: { error: 'Missing scope', details: 'the key needs the scope operate' },
    });
  });

  it('count in no metrics of the API, or watching would look like traffic', async () => {
    expect((await call('GET /v1/monitoring/alarms', 'sk_op')).emitted).toBe(0);
  });
});
