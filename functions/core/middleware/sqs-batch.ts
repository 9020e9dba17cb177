// An SQS batch: doorbells read, what failed given back alone, everything else acknowledged.
// A message that no version of the relay wrote is a fault and goes its way to the dead-letter queue, cause logged.
import { RelayError } from '../domain/relay-error.ts';
import { parseDoorbell } from '../contract/messages.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Doorbell } from '../contract/messages.ts';
import type { Log, MetricSink } from '../contract/ports.ts';

export interface ReceivedDoorbell {
  readonly messageId: string;
  readonly doorbell: Doorbell;
  readonly sentAt: number;
}

export interface BatchPorts {
  readonly log: Log;
  readonly metrics: MetricSink;
}

export type ServeBatch = (received: readonly ReceivedDoorbell[]) => Promise<readonly string[]>;

/** @param serve answers the ids of the messages that must come again. */
export const sqsBatch = async (
  { log, metrics }: BatchPorts,
  event: SQSEvent,
  serve: ServeBatch,
): Promise<SQSBatchResponse> => {
  const received: ReceivedDoorbell[] = [];
  const failed = new Set<string>();
  for (const { messageId, body, attributes } of event.Records) {
    const doorbell = parseDoorbell(body);
    if (doorbell) {
      received.push({ messageId, doorbell, sentAt: Number(attributes.SentTimestamp) });
      continue;
    }
    const cause = new RelayError('message-unreadable', 'A message is no doorbell of this relay');
    log.error(cause.message, { messageId, receiveCount: attributes.ApproximateReceiveCount });
    failed.add(messageId);
  }
  for (const id of await serveSafely(log, received, serve)) failed.add(id);
  if (failed.size > 0) metrics.emit({ values: { BatchFailures: failed.size } });
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
};

const serveSafely = async (
  log: Log,
  received: readonly ReceivedDoorbell[],
  serve: ServeBatch,
): Promise<readonly string[]> => {
  if (received.length === 0) return [];
  try {
    return await serve(received);
  } catch (error) {
    log.error('A batch failed and comes again', { messages: received.length, error });
    return received.map(({ messageId }) => messageId);
  }
};
