// A place for the doorbells' suite: any SQS that answers at an endpoint, with three queues of its own.
// Receives as a function's event source does, and takes each message once.
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { makeSqsDoorbells } from '../../../core/adapters/sqs-doorbells.ts';
import { createQueue, localSqsClient } from '../../support/fauxqs.ts';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from '../../../core/contract/messages.ts';
import type { DoorbellsPlace, ArrivedDoorbell } from './doorbells-conformance.ts';

/** @param endpoint of an SQS on this machine. */
export async function sqsPlace(endpoint: string, close?: () => Promise<void>): Promise<DoorbellsPlace> {
  const client = localSqsClient(endpoint);
  const queueUrls = {
    dispatch: await createQueue(client, 'relay-dispatch'),
    settle: await createQueue(client, 'relay-settle'),
    deliver: await createQueue(client, 'relay-deliver'),
    keep: await createQueue(client, 'relay-keep'),
    jobs: await createQueue(client, 'relay-jobs'),
  };
  const sender = makeSqsDoorbells({ queueUrls, client });
  let sentAt = Date.now();
  const hear = async (queue: Queue, count: number, withinMs: number): Promise<readonly ArrivedDoorbell[]> => {
    const heard: ArrivedDoorbell[] = [];
    const until = Date.now() + withinMs;
    do {
      const bodies = await receive(client, queueUrls[queue], withinMs >= 1_000 ? 1 : 0);
      heard.push(...bodies.map((body) => ({ body, afterMs: Date.now() - sentAt })));
    } while (heard.length < count && Date.now() < until);
    return heard;
  };
  return {
    doorbells: {
      send: (outgoing) => {
        sentAt = Date.now();
        return sender.send(outgoing);
      },
    },
    hear,
    close: async () => {
      client.destroy();
      await close?.();
    },
  };
}

/** @param waitSeconds how long the queue itself waits for something to come. */
async function receive(client: SQSClient, queueUrl: string, waitSeconds: number): Promise<string[]> {
  const ask = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: waitSeconds });
  const { Messages: messages = [] } = await client.send(ask);
  if (messages.length > 0) {
    const entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
  }
  return messages.map(({ Body }) => Body ?? '');
}
