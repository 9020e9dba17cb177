// The simulator as it is deployed: its function over a table and a queue, in two processes that know nothing of each
// other, as Lambda runs them. The simulator's own tests check its answers; this checks what must hold when the
// memory is DynamoDB, the timers are messages, and a process lives for a few calls.
import { randomUUID } from 'node:crypto';
import { CreateTableCommand, QueryCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeHandler } from '../../simulator/lambda/handler.ts';
import { queueTimers } from '../../simulator/lambda/queue-timers.ts';
import { openTableJournal } from '../../simulator/lambda/table-journal.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { eventually } from '../support/eventually.ts';
import { createQueue, localSqsClient, startFauxqs } from '../support/fauxqs.ts';
import { localDynamoClient } from '../support/relay-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, SQSBatchResponse } from 'aws-lambda';
import type { SimulatorHandler } from '../../simulator/lambda/handler.ts';
import type { SimulatorPorts } from '../../simulator/simulator-ports.ts';

const KEY = 'the-key-of-this-simulator';
const DAY_MS = 24 * 60 * 60 * 1_000;

let dynamo: DynamoDBClient;
let sqs: SQSClient;
let close: () => Promise<void>;

/** Loses the answers of the next writes; DynamoDB has done them. */
let lossesLeft = 0;

function losing(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = next(args);
        if (lossesLeft === 0 || commandName !== 'PutItemCommand') return answer;
        lossesLeft -= 1;
        await Promise.allSettled([answer]);
        throw Object.assign(new Error('the answer was lost'), { name: 'TimeoutError' });
      },
    // Below the SDK's own resending, so that it sees the loss as it would see a broken connection.
    { step: 'deserialize', name: 'losesAnswers', priority: 'high' },
  );
  return client;
}

let tableName: string;
let queueUrl: string;
/** How far the clock is ahead of the machine's. */
let aheadMs: number;
let posted: { url: string; task: { id: string; status: string } }[];
let faults: unknown[];

async function makeTable(): Promise<void> {
  const create = new CreateTableCommand({
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  });
  await dynamo.send(create);
  await waitUntilTableExists({ client: dynamo, maxWaitTime: 10, minDelay: 0.05 }, { TableName: tableName });
}

/** A process of the function, new and without memory. */
function startProcess(settings: object = {}): SimulatorHandler {
  const ports: SimulatorPorts = {
    now: () => Date.now() + aheadMs,
    random: Math.random,
    newId: randomUUID,
    journal: openTableJournal({
      name: tableName,
      client: dynamo,
      now: () => Date.now() + aheadMs,
      newId: randomUUID,
    }),
    schedule: queueTimers(sqs, queueUrl),
    // Waits are counted, not waited for.
    sleep: async () => {},
    callWebhook: async (url, bodyText) => {
      posted.push({ url, task: JSON.parse(bodyText) as { id: string; status: string } });
      return { status: 200 };
    },
    reportFault: (error) => void faults.push(error),
  };
  const base = { durationMs: 1, ...settings };
  return makeHandler(ports, async () => ({
    apiKeys: [KEY],
    isControlGuarded: true,
    isHttpsOnly: true,
    settings: base,
  }));
}

interface Call {
  readonly method?: string;
  readonly query?: string;
  readonly body?: string;
  readonly requestId?: string;
  readonly authorization?: string | undefined;
}

function eventOf(path: string, call: Call): APIGatewayProxyEventV2 {
  const { method = 'POST', query = '', body = '{"prompt":"a lighthouse"}', requestId } = call;
  return {
    rawPath: path,
    rawQueryString: query,
    headers: {
      host: 'simulator.test',
      'x-forwarded-proto': 'https',
      authorization: 'authorization' in call ? call.authorization : `Bearer ${KEY}`,
      ...(requestId !== undefined && { 'X-Request-Id': requestId }),
    },
    requestContext: { http: { method } },
    body,
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2;
}

async function ask(process: SimulatorHandler, path: string, call: Call = {}) {
  return (await process(eventOf(path, call))) as APIGatewayProxyStructuredResultV2;
}

async function json<Value>(process: SimulatorHandler, path: string, call: Call = {}): Promise<Value> {
  return JSON.parse((await ask(process, path, call)).body ?? '') as Value;
}

interface Task {
  readonly id: string;
  readonly status: string;
  readonly outputs: readonly string[] | null;
}

function submit(process: SimulatorHandler, path = '/v1/any/model/task', call: Call = {}): Promise<Task> {
  return json<Task>(process, path, call);
}

function poll(process: SimulatorHandler, id: string): Promise<Task> {
  return json<Task>(process, `/v1/requests/${id}`, { method: 'GET' });
}

function ledger(process: SimulatorHandler) {
  return json<object>(process, '/_simulator/ledger', { method: 'GET' });
}

/** Takes what is due out of the queue and hands it to a process, as the event source would; failures stay. */
async function fireTimers(process: SimulatorHandler): Promise<number> {
  const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 });
  const { Messages: messages = [] } = await sqs.send(receive);
  if (messages.length === 0) return 0;
  const Records = messages.map(({ MessageId: messageId, Body: body }) => ({ messageId, body }));
  const { batchItemFailures: failures } = (await process({ Records } as never)) as SQSBatchResponse;
  for (const { MessageId: id, ReceiptHandle } of messages) {
    if (failures.some(({ itemIdentifier }) => itemIdentifier === id)) continue;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
  return messages.length;
}

async function itemsOf(pk: string): Promise<number> {
  const query = new QueryCommand({
    TableName: tableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
    Select: 'COUNT',
  });
  return (await dynamo.send(query)).Count ?? 0;
}

describe.skipIf(!hasDynoxide())('the deployed simulator', () => {
  beforeAll(async () => {
    const [dynoxide, fauxqs] = await Promise.all([startDynoxide(), startFauxqs()]);
    dynamo = losing(localDynamoClient(dynoxide.endpoint));
    sqs = localSqsClient(fauxqs.endpoint);
    close = async () => {
      dynamo.destroy();
      sqs.destroy();
      await Promise.all([dynoxide.stop(), fauxqs.stop()]);
    };
  });
  afterAll(() => close());

  beforeEach(async () => {
    const name = randomUUID();
    tableName = `simulator-${name}`;
    queueUrl = await createQueue(sqs, `simulator-${name}`);
    [aheadMs, posted, faults] = [0, [], []];
    lossesLeft = 0;
    await makeTable();
  });

  it('ends a task by a message of its queue and calls the webhook by another, whichever process gets them', async () => {
    const { id } = await submit(startProcess(), '/v1/any/model/task', {
      query: 'webhook=https%3A%2F%2Frelay.test%2Fx',
    });
    const others = [startProcess(), startProcess()] as const;
    await eventually(async () => (await fireTimers(others[0])) + (await fireTimers(others[1])) + posted.length).toBe(1);
    expect(posted).toMatchObject([{ url: 'https://relay.test/x', task: { id, status: 'completed' } }]);
    const task = await poll(startProcess(), id);
    expect(task).toMatchObject({ status: 'completed', outputs: [`https://simulator.test/outputs/${id}.png`] });
    const picture = await ask(startProcess(), `/outputs/${id}.png`, { method: 'GET', authorization: undefined });
    expect(picture).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    expect(
      Buffer.from(picture.body ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(faults).toEqual([]);
  });

  it('keeps a script, the limit and the ledger right over processes that work at once', async () => {
    const processes = [1, 2, 3].map(() => startProcess({ concurrency: 10, durationMs: 60_000 }));
    const of = (index: number): SimulatorHandler => processes[index % 3] ?? startProcess();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => ask(of(index), '/v1/any/model/task', { requestId: `job-${index}` })),
    );
    const count = (status: number): number => answers.filter(({ statusCode }) => statusCode === status).length;
    expect([count(200), count(429)]).toEqual([10, 20]);
    await ask(of(0), '/_simulator/settings', { method: 'PUT', body: '{"concurrency":null}' });
    const statuses: (number | undefined)[] = [];
    for (const index of [0, 1, 2]) {
      const answer = await ask(of(index), '/v1/simulator/500.429.5003/task', { requestId: 'scripted' });
      statuses.push(answer.statusCode);
    }
    expect(statuses).toEqual([500, 429, 200]);
    for (const process of [...processes, startProcess()]) {
      expect(await ledger(process)).toMatchObject({ accepted: 11, charged: 11, running: 11, maxRunning: 11 });
    }
  });

  it('recognises its own entry when the answer to the write was lost', async () => {
    const process = startProcess();
    await ledger(process);
    lossesLeft = 1;
    expect(await ask(process, '/v1/any/model/task')).toMatchObject({ statusCode: 200 });
    expect(lossesLeft).toBe(0);
    expect(await ledger(startProcess())).toMatchObject({ accepted: 1, charged: 1 });
  });

  it('continues from an entry whose writer died before it learned of the success', async () => {
    const process = startProcess({ concurrency: 1, durationMs: 60_000 });
    await ledger(process);
    // All that the SDK sends of one write.
    lossesLeft = 4;
    expect(await ask(process, '/v1/any/model/task')).toMatchObject({ statusCode: 500 });
    expect(await ask(process, '/v1/any/model/task')).toMatchObject({ statusCode: 429 });
    expect(await ledger(process)).toMatchObject({ accepted: 1, running: 1 });
  });

  it('accepts nothing without its key: no task, no read, no change', async () => {
    const process = startProcess();
    for (const authorization of [undefined, 'Bearer sk_any', KEY]) {
      expect(await ask(process, '/v1/any/model/task', { authorization })).toMatchObject({ statusCode: 401 });
      for (const [method, call] of [
        ['GET', 'ledger'],
        ['PUT', 'settings'],
        ['POST', 'reset'],
        ['GET', 'tasks'],
      ] as const) {
        expect(await ask(process, `/_simulator/${call}`, { method, authorization })).toMatchObject({ statusCode: 401 });
      }
    }
    expect(await ledger(process)).toMatchObject({ accepted: 0 });
  });

  it('refuses to call a webhook that is not https', async () => {
    const query = `webhook=${encodeURIComponent('http://169.254.100.1:9001/')}`;
    expect(await ask(startProcess(), '/v1/any/model/task', { query })).toMatchObject({ statusCode: 400 });
  });

  it.each([
    ['reset', 502, 0],
    ['lost', 502, 1],
    ['hang', 502, 1],
    ['garbled', 200, 1],
    ['504', 504, 0],
  ])(
    'answers the step %s as a gateway would, with %i, and knows whether a task was made',
    async (step, status, made) => {
      const process = startProcess();
      const answer = await ask(process, `/v1/simulator/${step}/task`);
      expect([answer.statusCode, answer.headers?.['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
      expect(await ledger(process)).toMatchObject({ accepted: made });
    },
  );

  it('gives back alone the message that it cannot serve', async () => {
    const Records = [
      { messageId: 'good', body: JSON.stringify({ kind: 'finish', taskId: 'of-nobody' }) },
      { messageId: 'bad', body: '{"kind":"something else"}' },
    ];
    const answer = await startProcess()({ Records } as never);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'bad' }] });
    expect(faults).toHaveLength(1);
  });

  describe('after many entries', () => {
    /** Three entries a task: accepted, ended by the poll, and the script's place. */
    const work = async (tasks: number): Promise<void> => {
      const process = startProcess();
      for (let index = 0; index < tasks; index += 1) {
        await poll(process, (await submit(process, '/v1/simulator/5003/task', { requestId: `job-${index}` })).id);
      }
    };

    it('a new process puts a snapshot in their place, and the next one knows the same', async () => {
      await work(110);
      const before = await ledger(startProcess());
      expect([await itemsOf('HEAD'), await itemsOf('SNAPSHOT')]).toEqual([1, 1]);
      expect(await ledger(startProcess())).toEqual(before);
      expect(before).toMatchObject({ accepted: 110, charged: 110, refunded: 110, running: 0 });
    });

    it('entries are kept for processes that know only them, and deleted by a later snapshot', async () => {
      await work(110);
      await ledger(startProcess());
      expect(await itemsOf('LOG')).toBeGreaterThan(200);
      aheadMs = 10 * 60_000;
      await work(120);
      const before = await ledger(startProcess());
      expect(await itemsOf('LOG')).toBeLessThan(300);
      expect(await itemsOf('SNAPSHOT')).toBe(1);
      expect(await ledger(startProcess())).toEqual(before);
    });

    it('processes that start while one of them writes the snapshot know what it knows', async () => {
      await work(110);
      aheadMs = 10 * 60_000;
      const ledgers = await Promise.all(Array.from({ length: 8 }, () => ledger(startProcess())));
      expect(new Set(ledgers.map((each) => JSON.stringify(each))).size).toBe(1);
      expect(ledgers[0]).toMatchObject({ accepted: 110, running: 0 });
      expect([await itemsOf('HEAD'), await itemsOf('SNAPSHOT'), await itemsOf('LOG')]).toEqual([1, 1, 0]);
    });

    it('a process that slept while they were removed starts from the snapshot', async () => {
      const sleeper = startProcess();
      await ledger(sleeper);
      await work(110);
      aheadMs = 10 * 60_000;
      await ledger(startProcess());
      expect(await ledger(sleeper)).toMatchObject({ accepted: 110 });
      expect(await ask(sleeper, '/v1/any/model/task')).toMatchObject({ statusCode: 200 });
      expect(await ledger(startProcess())).toMatchObject({ accepted: 111 });
    });

    it('tasks older than a week are deleted with the counts of their requests; totals stay', async () => {
      await work(110);
      aheadMs = 8 * DAY_MS;
      const process = startProcess();
      const { tasks, ...totals } = (await ledger(process)) as { tasks: object };
      expect(tasks).toEqual({});
      expect(totals).toMatchObject({ accepted: 110, charged: 110 });
    });
  });
});
