import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../core/domain/sha256-hex.ts';
import { makeHandler } from '../../../functions/monitoring/handler.ts';
import { MemoryAccounts } from '../../support/memory/memory-accounts.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { MemoryAcknowledgements } from '../../support/memory/memory-acknowledgements.ts';
import { MemoryAudit } from '../../support/memory/memory-audit.ts';
import type { PublicAlarms } from '../../../core/http/monitoring.ts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

function places() {
  return { acknowledgements: new MemoryAcknowledgements(), audit: new MemoryAudit() };
}

const account = { weight: 1, activeTasks: 0, createdAt: 1 };

const SINCE = 999_999_000_000;

async function call(routeKey: string, key?: string, sent?: unknown, { acknowledgements, audit } = places()) {
  const accounts = new MemoryAccounts();
  await accounts.putAccount({ ...account, id: 'acc_op', name: 'operator', isOperator: true });
  await accounts.putAccount({ ...account, id: 'acc_user', name: 'user', isOperator: false });
  await accounts.putKey({ digest: sha256Hex('sk_op'), accountId: 'acc_op', hint: 'sk_o', name: 'Ada', createdAt: 1 });
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
      readAlarmHistory: ({ from }) => Promise.resolve({ changes: [], completeFrom: from }),
      listAlarms: () =>
        Promise.resolve([
          { name: 'relay/Settle/Spend', description: '[page] Much.', state: 'ALARM', reason: 'x', since: SINCE },
          { name: 'relay/Api/Slow', description: '[ticket] Slow.', state: 'OK', reason: 'x', since: SINCE },
        ]),
    },
    acknowledgements,
    audit,
    randomSource: new FixedRandomSource(1),
    metrics: { emit: () => (emitted += 1) },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const event = {
    routeKey,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(routeKey.endsWith('metrics') && { queryStringParameters: { name: 'TasksAccepted' } }),
    isBase64Encoded: false,
    ...(sent !== undefined && { body: JSON.stringify(sent) }),
    requestContext: { requestId: 'r', http: { method: 'GET' } },
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode, body } = await handler(event, {} as Context);
  return { status: statusCode, body: JSON.parse(body ?? '{}') as unknown, emitted };
}

describe('the monitoring calls', () => {
  it('answer an operator', async () => {
    expect(await call('GET /v1/monitoring/alarms', 'sk_op')).toMatchObject({
      status: 200,
      body: {
        alarms: [
          { name: 'Settle/Spend', acknowledged: null },
          { name: 'Api/Slow', acknowledged: null },
        ],
      },
    });
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

  const ACKNOWLEDGE = 'POST /v1/monitoring/alarms/acknowledge';

  it('acknowledge an alarm that is on by name, on the record, until it is over', async () => {
    const kept = places();
    // One that is over: it shows no more, and goes with the next that is written.
    await kept.acknowledgements.write('Api/Slow', { by: 'Bob', at: SINCE, since: SINCE }, {});
    expect(await call('GET /v1/monitoring/alarms', 'sk_op', undefined, kept)).toMatchObject({
      body: { alarms: [{ acknowledged: null }, { name: 'Api/Slow', acknowledged: null }] },
    });
    const body = { name: 'Settle/Spend', reason: 'on it' };
    const acknowledged = { by: 'Ada', at: '2001-09-09T01:46:40.000Z', reason: 'on it' };
    expect(await call(ACKNOWLEDGE, 'sk_op', body, kept)).toMatchObject({
      status: 200,
      body: { name: 'Settle/Spend', state: 'ALARM', acknowledged },
    });
    expect(Object.keys(await kept.acknowledgements.read())).toEqual(['Settle/Spend']);
    const list = async () =>
      ((await call('GET /v1/monitoring/alarms', 'sk_op', undefined, kept)).body as PublicAlarms).alarms;
    expect((await list()).map((alarm) => alarm.acknowledged)).toEqual([acknowledged, null]);
    expect(kept.audit.written.map(({ action, target, reason, outcome }) => [action, target, reason, outcome])).toEqual([
      ['alarm.acknowledge', 'Settle/Spend', 'on it', 'begun'],
      ['alarm.acknowledge', 'Settle/Spend', 'on it', 'done'],
    ]);
    // The alarm went off and on again since: somebody has to say so again.
    await kept.acknowledgements.write('Settle/Spend', { by: 'Ada', at: SINCE - 1, since: SINCE - 2 }, {});
    expect((await list()).map((alarm) => alarm.acknowledged)).toEqual([null, null]);
  });

  it('keep what another operator acknowledges at the same time, of an alarm that goes on just now', async () => {
    const anew = { by: 'Bob', at: SINCE + 2, since: SINCE + 1 };
    class Contested extends MemoryAcknowledgements {
      override async write(...own: Parameters<MemoryAcknowledgements['write']>): Promise<void> {
        await super.write('Api/Slow', anew, {});
        await super.write(...own);
      }
    }
    const kept = { acknowledgements: new Contested(), audit: new MemoryAudit() };
    await MemoryAcknowledgements.prototype.write.call(
      kept.acknowledgements,
      'Api/Slow',
      { ...anew, at: 1, since: 0 },
      {},
    );
    expect(await call(ACKNOWLEDGE, 'sk_op', { name: 'Settle/Spend' }, kept)).toMatchObject({ status: 200 });
    expect(await kept.acknowledgements.read()).toMatchObject({ 'Api/Slow': anew, 'Settle/Spend': { by: 'Ada' } });
  });

  it.each([
    [{ name: 'Api/Slow' }, 409, 'it is OK'],
    [{ name: 'Api/None' }, 404, 'the relay has no alarm of this name'],
    [{ name: '' }, 400, expect.stringContaining('name must be')],
    [{ name: 'Api/Slow', until: 'x' }, 400, expect.stringContaining('until is not known')],
    [{ name: 'Api/Slow', reason: ' ' }, 400, expect.stringContaining('reason must be')],
  ])('say why they cannot acknowledge %o', async (body, status, details) => {
    expect(await call(ACKNOWLEDGE, 'sk_op', body)).toMatchObject({ status, body: { details } });
    expect(await call(ACKNOWLEDGE, 'sk_user', body)).toMatchObject({ status: 403 });
  });
});
