import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failedMessageIds } from '../../../local/queues/batch-answer.ts';
import { QueuePoller } from '../../../local/queues/queue-poller.ts';
import { startQueueServer } from '../../../local/queues/queue-server.ts';
import { eventually } from '../../support/eventually.ts';
import { localSqsClient } from '../../support/fauxqs.ts';
import type { SQSEvent } from 'aws-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { InvocationResult } from '../../../local/lambda/invocation.ts';
import type { SourcePlan } from '../../../local/queues/source-plan.ts';
import type { QueueServer } from '../../../local/queues/queue-server.ts';

const DEAD = 'arn:aws:sqs:us-east-1:000000000000:dead';
const redrive = JSON.stringify({ deadLetterTargetArn: DEAD, maxReceiveCount: 2 });

let server: QueueServer;
let client: SQSClient;
let poller: QueuePoller | undefined;

beforeEach(async () => {
  server = await startQueueServer();
  await server.createQueues([
    { name: 'dead', attributes: {} },
    { name: 'jobs', attributes: { VisibilityTimeout: '1', RedrivePolicy: redrive } },
  ]);
  client = localSqsClient(server.url);
});
afterEach(async () => {
  await poller?.stop();
  client.destroy();
  await server.close();
});

function send(body: string) {
  return client.send(new SendMessageCommand({ QueueUrl: `${server.url}/000000000000/jobs`, MessageBody: body }));
}

function served(failures: readonly string[] = []): InvocationResult {
  return {
    kind: 'answered',
    payload: JSON.stringify({ batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) }),
  };
}

const plan: SourcePlan = {
  queueName: 'jobs',
  queueArn: 'arn:aws:sqs:us-east-1:000000000000:jobs',
  functionName: 'f',
  batchMessagesMax: 10,
  batchingWindowMs: 0,
  concurrencyMax: 2,
  reportsFailures: true,
};

function start(invoke: (event: SQSEvent) => Promise<InvocationResult> | InvocationResult): void {
  poller = new QueuePoller({
    plan,
    queuesUrl: server.url,
    region: 'us-east-1',
    visibilityTimeoutMs: 1_000,
    invoke: async (_name, event) => invoke(event as SQSEvent),
    warn: () => {},
  });
  poller.start();
}

async function left(name: string): Promise<number> {
  const attributes = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: `${server.url}/000000000000/${name}`, AttributeNames: [...attributes] }),
  );
  return attributes.reduce((sum, attribute) => sum + Number(Attributes[attribute]), 0);
}

describe('a queue that feeds a function', () => {
  it('passes messages in batches, as Lambda does, and deletes what was handled', async () => {
    for (let index = 0; index < 12; index += 1) await send(`m${index}`);
    const batches: SQSEvent[] = [];
    start((event) => {
      batches.push(event);
      return served();
    });
    await eventually(() => batches.flatMap(({ Records }) => Records).length).toBe(12);
    await eventually(() => left('jobs')).toBe(0);
    expect(batches[0]?.Records).toHaveLength(10);
    expect(batches[0]?.Records[0]).toMatchObject({
      body: 'm0',
      eventSource: 'aws:sqs',
      eventSourceARN: plan.queueArn,
      awsRegion: 'us-east-1',
      attributes: { ApproximateReceiveCount: '1' },
    });
  });

  it('one message that fails is redelivered after its visibility timeout, the others are gone', async () => {
    await send('good');
    await send('bad');
    const seen: string[] = [];
    start(({ Records }) => {
      seen.push(...Records.map(({ body }) => body));
      const isFirst = seen.filter((body) => body === 'bad').length < 2;
      return served(isFirst ? Records.filter(({ body }) => body === 'bad').map(({ messageId }) => messageId) : []);
    });
    await eventually(() => seen.filter((body) => body === 'bad')).toHaveLength(2);
    await eventually(() => left('jobs')).toBe(0);
    expect(seen.filter((body) => body === 'good')).toHaveLength(1);
  });

  it('a message that fails too often ends among the dead letters', async () => {
    await send('poison');
    start(() => ({ kind: 'failed', errorType: 'Error', text: 'no' }));
    await eventually(() => left('dead')).toBe(1);
    expect(await left('jobs')).toBe(0);
  });

  it('a call that is throttled is made again, with the same messages and without a receive more', async () => {
    await send('patient');
    const seen: unknown[] = [];
    start(({ Records }) => {
      seen.push([Records[0]?.body, Records[0]?.attributes.ApproximateReceiveCount]);
      return seen.length < 2 ? { kind: 'throttled' } : served();
    });
    await eventually(() => left('jobs')).toBe(0);
    expect(seen).toEqual([
      ['patient', '1'],
      ['patient', '1'],
    ]);
  });

  it('one that stays throttled keeps its messages in the queue, which count another receive', async () => {
    await send('unlucky');
    const receives = new Set<string>();
    start(({ Records }) => {
      for (const { attributes } of Records) receives.add(attributes.ApproximateReceiveCount);
      return { kind: 'throttled' };
    });
    await eventually(() => [...receives]).toEqual(['1', '2']);
    // Two receives are what its redrive policy allows.
    await eventually(() => left('dead')).toBe(1);
  });

  it('no more batches run at once than the template allows', async () => {
    const gate = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    start(async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
      return served();
    });
    // One by one, so that each is a batch of its own while the first two are held.
    for (let index = 0; index < 5; index += 1) await send(`m${index}`);
    await eventually(() => running).toBe(2);
    gate.resolve();
    await eventually(() => left('jobs')).toBe(0);
    expect(most).toBe(2);
  });

  it('stopping waits for the batch under way and takes no other', async () => {
    const called = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    await send('first');
    start(async () => {
      called.resolve();
      await gate.promise;
      return served();
    });
    await called.promise;
    const stopped = poller?.stop();
    await send('second');
    gate.resolve();
    await stopped;
    expect(await left('jobs')).toBe(1);
  });
});

describe('the answer of a function to a batch', () => {
  const ids = ['a', 'b'];
  const answered = (value: unknown): InvocationResult => ({
    kind: 'answered',
    payload: JSON.stringify(value) ?? 'null',
  });
  it.each([
    ['nothing', answered(undefined), []],
    ['no failures', answered({ batchItemFailures: [] }), []],
    ['a list that is null', answered({ batchItemFailures: null }), []],
    ['one failure', answered({ batchItemFailures: [{ itemIdentifier: 'b' }] }), ['b']],
    ['a failure without an id', answered({ batchItemFailures: [{}] }), ['a', 'b']],
    ['a failure that was not in the batch', answered({ batchItemFailures: [{ itemIdentifier: 'z' }] }), ['a', 'b']],
    ['an error', { kind: 'failed', errorType: 'Error', text: '' } as const, ['a', 'b']],
  ])('an answer of %s gives back the right messages', (_what, result, failed) => {
    expect([...failedMessageIds({ reportsFailures: true }, ids, result)]).toEqual(failed);
  });

  it('a function that does not report failures fails or serves the whole batch', () => {
    const some = answered({ batchItemFailures: [{ itemIdentifier: 'b' }] });
    expect(failedMessageIds({ reportsFailures: false }, ids, some).size).toBe(0);
  });
});
