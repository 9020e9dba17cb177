// Reads and redrives a dead-letter queue with plain SQS calls: every SQS supports these, but not move tasks.
// Both stop after as many messages as were queued at the start, so that a message that returns does not loop for ever.
// The address of a dead-letter queue is learned from its queue: an environment has no room for five more.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { RelayError } from '../domain/relay-error.ts';
import { serviceClient } from './service-client.ts';
import { systemClock } from './system-clock.ts';
import type { Message, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { Queue } from '../contract/messages.ts';
import type { DeadLetter, DeadLetterCount, DeadLetterQueues, RedriveOptions } from '../ports/dead-letters.ts';

export interface QueueAddresses {
  readonly url: string;
  readonly deadLettersUrl: string;
}

const BATCH_MAX = 10;
/** SQS bounds the sum of a batch, texts and attributes: 256 KiB in the strictest region. The rest is for what it adds. */
const BATCH_BYTES_MAX = 200_000;
/** Sends of one message that SQS refuses, each after twice the wait of the one before. */
const SENDS_MAX = 4;
const RESEND_BASE_MS = 250;
/** How long a listed message stays hidden; the listing shows it again when it ends, or SQS does after this time. */
const RECEIVE_SECONDS = 30;
/** Long enough to send and delete a batch. */
const MOVE_SECONDS = 120;
/** SQS polls only some of its servers: this many empty answers in a row mean that the queue is empty. */
const EMPTY_ANSWERS_MAX = 2;

async function attributesOf(sqs: SQSClient, url: string): Promise<Readonly<Record<string, string>>> {
  const get = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  return (await sqs.send(get)).Attributes ?? {};
}

async function countAll(sqs: SQSClient, url: string): Promise<DeadLetterCount> {
  const found = await attributesOf(sqs, url);
  const { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: hidden } = found;
  return { waiting: Number(waiting ?? 0), hidden: Number(hidden ?? 0) };
}

/** About how many messages a queue holds, of those that can be received. */
export async function countMessages(sqs: SQSClient, url: string): Promise<number> {
  return (await countAll(sqs, url)).waiting;
}

/** The queue's dead-letter target, as SQS has it; undefined without a redrive policy. */
export async function redriveTargetOf(sqs: SQSClient, url: string): Promise<string | undefined> {
  const policy = (await attributesOf(sqs, url))['RedrivePolicy'];
  return policy === undefined ? undefined : (JSON.parse(policy) as { deadLetterTargetArn: string }).deadLetterTargetArn;
}

interface Receiving {
  readonly max: number;
  readonly hiddenSeconds: number;
  readonly isOver?: (() => boolean) | undefined;
}

async function* receive(
  sqs: SQSClient,
  url: string,
  { max, hiddenSeconds, isOver }: Receiving,
): AsyncGenerator<Message[]> {
  const seen = new Set<string>();
  let emptyAnswers = 0;
  while (seen.size < max && emptyAnswers < EMPTY_ANSWERS_MAX && isOver?.() !== true) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(BATCH_MAX, max - seen.size),
        VisibilityTimeout: hiddenSeconds,
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount', 'MessageGroupId'],
        MessageAttributeNames: ['All'],
      }),
    );
    const fresh = messages.filter(({ MessageId: id = '' }) => !seen.has(id));
    for (const { MessageId: id = '' } of fresh) seen.add(id);
    emptyAnswers = fresh.length === 0 ? emptyAnswers + 1 : 0;
    if (fresh.length > 0) yield fresh;
  }
}

/** Reads up to `max` messages and puts them back. */
async function peek(sqs: SQSClient, url: string, max: number): Promise<readonly DeadLetter[]> {
  const held: Message[] = [];
  try {
    for await (const messages of receive(sqs, url, { max, hiddenSeconds: RECEIVE_SECONDS })) held.push(...messages);
  } finally {
    for (let from = 0; from < held.length; from += BATCH_MAX) {
      const Entries = held
        .slice(from, from + BATCH_MAX)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
    }
  }
  return held.map(({ MessageId: messageId = '', Body: body = '', Attributes: attributes = {} }) => ({
    messageId,
    body,
    sentAt: Number(attributes.SentTimestamp),
    receiveCount: Number(attributes.ApproximateReceiveCount),
  }));
}

function bytesOf({ MessageBody = '', MessageAttributes = {} }: SendMessageBatchRequestEntry): number {
  const attributes = Object.entries(MessageAttributes).map(
    ([name, { DataType = '', StringValue = '', BinaryValue }]) =>
      Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.length ?? 0),
  );
  return attributes.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(MessageBody));
}

/** What SQS takes in one call each; a message that is larger than the bound goes alone. */
function cutByBytes(entries: readonly SendMessageBatchRequestEntry[]): readonly SendMessageBatchRequestEntry[][] {
  const batches: SendMessageBatchRequestEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const added = bytesOf(entry);
    const batch = batches.at(-1);
    const fits = batch !== undefined && bytes + added <= BATCH_BYTES_MAX;
    bytes = fits ? bytes + added : added;
    if (fits) batch.push(entry);
    else batches.push([entry]);
  }
  return batches;
}

interface Sending {
  readonly sleep: (delayMs: number) => Promise<unknown>;
  readonly isOver: (() => boolean) | undefined;
}

/** SQS may accept part of a batch: after a wait, the rest is sent again. @returns the ids that SQS accepted. */
async function sendAll(
  sqs: SQSClient,
  url: string,
  entries: readonly SendMessageBatchRequestEntry[],
  { sleep, isOver }: Sending,
): Promise<readonly string[]> {
  const sentIds = new Set<string>();
  for (let sends = 0; sends < SENDS_MAX && sentIds.size < entries.length; sends += 1) {
    if (sends > 0) await sleep(RESEND_BASE_MS * 2 ** sends);
    if (isOver?.()) break;
    const left = entries.filter(({ Id = '' }) => !sentIds.has(Id));
    const { Successful: sent = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: left }));
    for (const { Id = '' } of sent) sentIds.add(Id);
  }
  return [...sentIds];
}

function entryOf({ Body, Attributes, MessageAttributes }: Message, index: number): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: Body,
    MessageAttributes,
    ...(Attributes?.MessageGroupId !== undefined && { MessageGroupId: Attributes.MessageGroupId }),
  };
}

/**
 * Sends messages back to the queue they came from. Each is deleted only after it was sent: an interruption in between
 * leaves a duplicate doorbell, which does no harm, and never loses one. Once it is over, the send under way and its
 * delete are the last calls; what was received and not sent shows again when its time ends.
 * @returns how many were moved.
 */
export async function redrive(
  sqs: SQSClient,
  { url, deadLettersUrl }: QueueAddresses,
  { max, onMoved, isOver }: RedriveOptions,
  sleep: (delayMs: number) => Promise<unknown> = systemClock.sleep,
): Promise<number> {
  let moved = 0;
  for await (const messages of receive(sqs, deadLettersUrl, { max, hiddenSeconds: MOVE_SECONDS, isOver })) {
    for (const entries of cutByBytes(messages.map(entryOf))) {
      const sentIds = await sendAll(sqs, url, entries, { sleep, isOver });
      const done = sentIds.map((Id) => ({ Id, ReceiptHandle: messages[Number(Id)]?.ReceiptHandle }));
      if (done.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: deadLettersUrl, Entries: done }));
      moved += done.length;
      onMoved?.(done.length);
      if (done.length < entries.length) return moved;
    }
  }
  return moved;
}

interface SqsDeadLettersOptions {
  readonly client: SQSClient;
  readonly addressesOf: (queue: Queue) => Promise<QueueAddresses>;
}

export function makeSqsDeadLetters({ client, addressesOf }: SqsDeadLettersOptions): DeadLetterQueues {
  return {
    count: async (queue) => countAll(client, (await addressesOf(queue)).deadLettersUrl),
    peek: async (queue, max) => peek(client, (await addressesOf(queue)).deadLettersUrl, max),
    redrive: async (queue, options) => redrive(client, await addressesOf(queue), options),
  };
}

const callLimits = { triesMax: 3, tryTimeoutMs: 3_000, callTimeoutMs: 8_000 } as const;

/** Those of a function, which knows the addresses of its queues only. */
export function makeLearnedDeadLetters(queueUrls: Readonly<Record<Queue, string>>): DeadLetterQueues {
  const client = serviceClient((config) => new SQSClient({ ...config, useQueueUrlAsEndpoint: false }), callLimits);
  const learned = new Map<Queue, QueueAddresses>();
  const addressesOf = async (queue: Queue): Promise<QueueAddresses> => {
    const known = learned.get(queue);
    if (known) return known;
    const url = queueUrls[queue];
    const target = await redriveTargetOf(client, url);
    if (target === undefined)
      throw new RelayError('environment-incomplete', `${queue} has no dead-letter queue`, { queue });
    const addresses = { url, deadLettersUrl: besideUrl(url, target) };
    learned.set(queue, addresses);
    return addresses;
  };
  return makeSqsDeadLetters({ client, addressesOf });
}

/** SQS demands that both are of one account and region, so that only the name at the end differs. */
function besideUrl(url: string, arn: string): string {
  return url.replace(/[^/]+$/, arn.split(':').at(-1) ?? '');
}
