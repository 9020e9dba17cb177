// Sends doorbells over SQS: in batches of ten, a few at once. What could not be sent is only counted, because the rows
// behind them are due and the sweep sends it again; nothing here ever throws.
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { limits } from '../domain/limits.ts';
import { tryPolicies } from '../ports/optimistic-commit.ts';
import { classifyFault } from './sdk-faults.ts';
import { systemClock } from './system-clock.ts';
import { serviceClient } from './service-client.ts';
import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { OutgoingDoorbell, Queue } from '../contract/messages.ts';
import type { Doorbells, Log } from '../ports/ports.ts';

/** SQS's bound for one call. */
const BATCH_ENTRIES_MAX = 10;
/** Calls under way at once: the sweep may send hundreds, and sockets are few. */
const CALLS_AT_ONCE_MAX = 8;
/**
 * Sends of one entry that SQS itself refuses; the SDK has already resent after outages. The loop is its own: nothing is
 * read again and no other writer is met, what was refused is sent. Without jitter, as no two senders meet at one entry.
 */
const { triesMax: sendsMax, baseMs: resendWaitMs } = tryPolicies.doorbellSend;
const callLimits = { triesMax: 3, tryTimeoutMs: 3_000, callTimeoutMs: 10_000 } as const;

interface SqsDoorbellsOptions {
  readonly queueUrls: Readonly<Record<Queue, string>>;
  /** Whether messages carry their group; the setting `fairQueues`. @default true */
  readonly isFair?: boolean | undefined;
  readonly log?: Pick<Log, 'warn'> | undefined;
  /** Only tests pass another than the shared client of this process. */
  readonly client?: SQSClient | undefined;
  /** Waits between two sends; this process's own timers unless a test passes a clock. */
  readonly sleep?: ((delayMs: number) => Promise<unknown>) | undefined;
}

let sharedClient: SQSClient | undefined;

/** The process's one client; its endpoint is `AWS_ENDPOINT_URL_SQS` if set. */
function sqsClient(): SQSClient {
  sharedClient ??= serviceClient(
    // Otherwise the client calls the host in a queue's URL, even when an endpoint was given.
    (config) => new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    callLimits,
  );
  return sharedClient;
}

interface Batch {
  readonly queue: Queue;
  readonly outgoing: readonly OutgoingDoorbell[];
}

export function makeSqsDoorbells(options: SqsDoorbellsOptions): Doorbells {
  return {
    send: async (outgoing) => {
      const batches = batchesOf(outgoing);
      const failures: number[] = [];
      const worker = async (): Promise<void> => {
        for (let batch = batches.shift(); batch; batch = batches.shift())
          failures.push(await sendBatch(options, batch));
      };
      await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE_MAX, batches.length) }, worker));
      return { failed: failures.reduce((sum, count) => sum + count, 0) };
    },
  };
}

function batchesOf(outgoing: readonly OutgoingDoorbell[]): Batch[] {
  const byQueue = new Map<Queue, OutgoingDoorbell[]>();
  for (const message of outgoing) {
    const same = byQueue.get(message.queue) ?? [];
    same.push(message);
    byQueue.set(message.queue, same);
  }
  return [...byQueue].flatMap(([queue, all]) =>
    Array.from({ length: Math.ceil(all.length / BATCH_ENTRIES_MAX) }, (_, index) => ({
      queue,
      outgoing: all.slice(index * BATCH_ENTRIES_MAX, (index + 1) * BATCH_ENTRIES_MAX),
    })),
  );
}

/** @returns how many were not sent. */
async function sendBatch(options: SqsDoorbellsOptions, { queue, outgoing }: Batch): Promise<number> {
  const client = options.client ?? sqsClient();
  let entries = outgoing.map((message, index) => toEntry(message, index, options.isFair ?? true));
  let code: string | undefined;
  try {
    for (let sends = 0; sends < sendsMax && entries.length > 0; sends += 1) {
      if (sends > 0) await (options.sleep ?? systemClock.sleep)(resendWaitMs);
      const send = new SendMessageBatchCommand({ QueueUrl: options.queueUrls[queue], Entries: entries });
      const { Failed: failures = [] } = await client.send(send);
      code = failures[0]?.Code;
      const failedIds = new Set(failures.map(({ Id }) => Id));
      entries = entries.filter(({ Id }) => failedIds.has(Id));
    }
  } catch (error) {
    // They may have been sent in spite of a time-out; a duplicated doorbell does no harm, an uncounted one would.
    code = classifyFault(error).kind;
  }
  if (entries.length > 0) options.log?.warn('doorbells were not sent', { queue, failed: entries.length, reason: code });
  return entries.length;
}

function toEntry(
  { doorbell, delayMs, group }: OutgoingDoorbell,
  index: number,
  isFair: boolean,
): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: JSON.stringify(doorbell),
    DelaySeconds: Math.ceil(Math.min(Math.max(delayMs, 0), limits.doorbellDelayMsMax) / 1_000),
    // On a standard queue a group orders nothing: it turns on fair queues, so that one account's flood delays only its
    // own.
    ...(isFair && group !== undefined && isGroup(group) && { MessageGroupId: group }),
  };
}

/** What SQS accepts as a group: up to 128 letters, digits and signs. A name it refuses would lose the doorbell. */
function isGroup(group: string): boolean {
  return /^[!-~]{1,128}$/.test(group);
}
