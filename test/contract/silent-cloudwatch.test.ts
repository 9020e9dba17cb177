// A CloudWatch that is silent, at once or after some pages: through the function's handler and the SDK, against a server
// on this machine. An operator gets an answer in the documented form, and the pages that were read.
import { createServer } from 'node:http';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCloudWatchReader } from '../../core/adapters/cloudwatch-reader.ts';
import { serviceClient } from '../../core/adapters/service-client.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { makeHandler } from '../../functions/monitoring/handler.ts';
import { READING_MS } from '../../core/adapters/read-in-time.ts';
import { MetricStore } from '../../local/cloudwatch/metrics/metric-store.ts';
import { startServiceServer } from '../../local/services/service-server.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { MemoryAccounts } from '../support/memory/memory-accounts.ts';
import { MemoryAcknowledgements } from '../support/memory/memory-acknowledgements.ts';
import { MemoryAudit } from '../support/memory/memory-audit.ts';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Alarm } from '../../local/cloudwatch/alarms/alarm-definition.ts';
import type { AlarmTurn } from '../../local/cloudwatch/alarms/alarm-board.ts';
import type { PublicAlarmHistory } from '../../core/http/monitoring.ts';
import type { ServiceServer } from '../../local/services/service-server.ts';

const TURNS = 300;
const start = Date.now() - TURNS * 1_000;
const turns: readonly AlarmTurn[] = Array.from({ length: TURNS }, (_, index) => ({
  ...{ name: 'relay/Settle/Spend', at: start + index * 1_000, reason: `number ${index}` },
  ...{ previous: 'OK', state: 'ALARM' },
}));

const spend: Alarm = {
  ...{ kind: 'composite', name: 'relay/Settle/Spend', description: '[page] Much.', severity: null, runbook: null },
  ...{ actions: { ALARM: [], OK: [], INSUFFICIENT_DATA: [] }, rule: { kind: 'constant', value: true } },
};

/** Passes so many calls on to a CloudWatch, and never answers those after. */
async function silentAfter(answers: number, behind: string) {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    if (calls > answers) return;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
      void fetch(behind + (request.url ?? ''), {
        method: 'POST',
        headers: headers as Record<string, string>,
        body: Buffer.concat(parts),
      }).then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @param spentMs what of the request's time has passed before CloudWatch is read. */
async function ask(
  routeKey: string,
  url: string,
  { callTimeoutMs = 60_000, spentMs = 0, sent = undefined as unknown },
) {
  const accounts = new MemoryAccounts();
  const account = { id: 'acc_op', name: 'op', isOperator: true, weight: 1, activeTasks: 0, createdAt: 1 };
  await accounts.putAccount(account);
  await accounts.putKey({ digest: sha256Hex('sk_op'), accountId: 'acc_op', hint: 'sk_o', createdAt: 1 });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = serviceClient(
    (config) => new CloudWatchClient({ ...config, endpoint: url, region: 'us-east-1', credentials }),
    { triesMax: 1, tryTimeoutMs: 60_000, callTimeoutMs },
  );
  let asked = 0;
  // The envelope reads the time first.
  const now = (): number => Date.now() + ((asked += 1) > 1 ? spentMs : 0);
  const clock = { now, sleep: () => Promise.resolve() };
  const audit = new MemoryAudit();
  const handler = makeHandler({
    ...{ accounts, clock, audit, service: 'relay', reader: makeCloudWatchReader(clock, client) },
    acknowledgements: new MemoryAcknowledgements(),
    randomSource: new FixedRandomSource(1),
    metrics: { emit: () => {} },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const event = {
    routeKey,
    headers: { authorization: 'Bearer sk_op' },
    queryStringParameters: routeKey.endsWith('metrics') ? { name: 'TasksAccepted' } : {},
    isBase64Encoded: false,
    ...(sent !== undefined && { body: JSON.stringify(sent) }),
    requestContext: { requestId: 'r', http: { method: 'GET' } },
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode, body } = await handler(event, {} as Context);
  client.destroy();
  return {
    status: statusCode,
    body: JSON.parse(body ?? '{}') as unknown,
    audit: (await audit.read({ limit: 9 })).entries,
  };
}

const lateAnswer = {
  code: 504,
  error: 'CloudWatch did not answer in time',
  details: expect.stringContaining('try again'),
};

describe('a CloudWatch that is silent', () => {
  let behind: ServiceServer;
  beforeAll(async () => {
    behind = await startServiceServer(() => {});
    behind.setWatched({ metrics: new MetricStore(), alarms: [spend], report: () => [], history: () => turns });
  });
  afterAll(() => behind.close());

  it.each([
    ['GET /v1/monitoring/metrics'],
    ['GET /v1/monitoring/alarms'],
    ['GET /v1/monitoring/alarms/history'],
    ['POST /v1/monitoring/alarms/acknowledge', { name: 'Settle/Spend' }],
  ])(
    'makes %s answer 504 with what to do, by the limit of a call and by that of the request',
    async (route, sent?: object) => {
      const silent = await silentAfter(0, behind.url);
      const byCall = await ask(route, silent.url, { callTimeoutMs: 100, sent });
      expect(byCall).toMatchObject({ status: 504, body: lateAnswer });
      const byRequest = await ask(route, silent.url, { spentMs: READING_MS - 100, sent });
      expect(byRequest).toMatchObject({ status: 504, body: lateAnswer });
      expect(byRequest.audit.map(({ outcome }) => outcome)).toEqual(sent ? ['failed'] : []);
      silent.close();
    },
  );

  it.each([{ callTimeoutMs: 500 }, { spentMs: READING_MS - 500 }])(
    'leaves the pages of the history that were read, with how far back they reach: %j',
    async (limits) => {
      const silent = await silentAfter(2, behind.url);
      const { status, body } = await ask('GET /v1/monitoring/alarms/history', silent.url, limits);
      expect(status).toBe(200);
      const { changes, complete_from: from } = body as PublicAlarmHistory;
      expect(changes.length).toBe(200);
      expect(Date.parse(from)).toBe(start + 100_000);
      silent.close();
    },
  );
});
