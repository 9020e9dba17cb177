// An SQS batch: doorbells read, what failed given back alone, everything else acknowledged.
// A message that no version of the relay wrote is a fault and goes its way to the dead-letter queue. Of every failed
// message the cause is kept, so that the queue's reader need not search the log for it.
import { RelayError } from '../domain/relay-error.ts';
import { parseDoorbell } from '../contract/messages.ts';
import { watchFaults } from './fault-watch.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { FaultRecorder } from '../ports/message-faults.ts';
import type { Doorbell } from '../contract/messages.ts';
import type { Log, MetricSink } from '../ports/ports.ts';
import type { FaultWatch } from './fault-watch.ts';

export interface ReceivedDoorbell {
  readonly messageId: string;
  readonly doorbell: Doorbell;
  readonly sentAt: number;
}

export interface BatchPorts {
  readonly log: Log;
  readonly metrics: MetricSink;
  /** Where the causes of failed messages are kept; without it they stand in the log alone. */
  readonly faults?: FaultRecorder | undefined;
}

/**
 * Answers the ids of the messages that must come again.
 * @param log to be used while serving: an error that is logged with a message's id is kept as that message's cause.
 */
export type ServeBatch = (received: readonly ReceivedDoorbell[], log: Log) => Promise<readonly string[]>;

export const sqsBatch = async (ports: BatchPorts, event: SQSEvent, serve: ServeBatch): Promise<SQSBatchResponse> => {
  const watch = watchFaults(ports.log);
  const received: ReceivedDoorbell[] = [];
  const failed = new Set<string>();
  for (const { messageId, body, attributes } of event.Records) {
    const doorbell = parseDoorbell(body);
    if (doorbell) {
      received.push({ messageId, doorbell, sentAt: Number(attributes.SentTimestamp) });
      continue;
    }
    const error = new RelayError('message-unreadable', 'A message is no doorbell of this relay');
    watch.log.error(error.message, { messageId, receiveCount: attributes.ApproximateReceiveCount, error });
    failed.add(messageId);
  }
  for (const id of await serveSafely(watch.log, received, serve)) failed.add(id);
  if (failed.size > 0) await tellOf(ports, event, watch, failed);
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
};

const serveSafely = async (
  log: Log,
  received: readonly ReceivedDoorbell[],
  serve: ServeBatch,
): Promise<readonly string[]> => {
  if (received.length === 0) return [];
  try {
    return await serve(received, log);
  } catch (error) {
    const messageIds = received.map(({ messageId }) => messageId);
    log.error('A batch failed and comes again', { messageIds, error });
    return messageIds;
  }
};

const tellOf = async (
  { log, metrics, faults }: BatchPorts,
  { Records }: SQSEvent,
  { causeOf }: FaultWatch,
  failed: ReadonlySet<string>,
): Promise<void> => {
  metrics.emit({ values: { BatchFailures: failed.size } });
  const met = Records.filter(({ messageId }) => failed.has(messageId)).map(({ messageId, attributes }) => ({
    messageId,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    error: causeOf(messageId),
  }));
  try {
    await faults?.recordFaults(met);
  } catch (error) {
    // Best effort: the messages come again whatever is known of them, and what ails the table may be their cause.
    log.warn('The causes of failed messages could not be kept', { messageIds: [...failed], error });
  }
};
