// An SQS batch: reads doorbells, returns only what failed, acknowledges everything else.
// A message that no version of the relay wrote is a fault and ends in the dead-letter queue. The cause of every failed
// message is kept, so that the queue's reader need not search the log for it.
import { RelayError } from '../domain/relay-error.ts';
import { parseDoorbell } from '../contract/messages.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { FailedMessage, FaultRecorder } from '../ports/message-faults.ts';
import type { ReceivedDoorbell } from '../contract/messages.ts';
import type { Log, MetricSink } from '../ports/ports.ts';

interface TimedDoorbell extends ReceivedDoorbell {
  readonly sentAt: number;
}

export interface BatchPorts {
  readonly log: Log;
  readonly metrics: MetricSink;
  /** Where the causes of failed messages are kept; without it only the log has them. */
  readonly faults?: FaultRecorder | undefined;
}

/** Returns the messages that must be redelivered, each with its cause. */
export type ServeBatch = (received: readonly ReceivedDoorbell[]) => Promise<readonly FailedMessage[]>;

export async function sqsBatch(ports: BatchPorts, event: SQSEvent, serve: ServeBatch): Promise<SQSBatchResponse> {
  const received: TimedDoorbell[] = [];
  const causes = new Map<string, unknown>();
  for (const { messageId, body, attributes } of event.Records) {
    const doorbell = parseDoorbell(body);
    if (doorbell) {
      received.push({ messageId, doorbell, sentAt: Number(attributes.SentTimestamp) });
      continue;
    }
    const error = new RelayError('message-unreadable', 'A message is not a doorbell of this relay');
    ports.log.error(error.message, { messageId, receiveCount: attributes.ApproximateReceiveCount, error });
    causes.set(messageId, error);
  }
  for (const { messageId, error } of await serveSafely(ports.log, received, serve)) causes.set(messageId, error);
  if (causes.size > 0) await keepCauses(ports, event, causes);
  return { batchItemFailures: [...causes.keys()].map((itemIdentifier) => ({ itemIdentifier })) };
}

async function serveSafely(
  log: Log,
  received: readonly TimedDoorbell[],
  serve: ServeBatch,
): Promise<readonly FailedMessage[]> {
  if (received.length === 0) return [];
  try {
    return await serve(received);
  } catch (error) {
    log.error('A batch failed and is redelivered', { messageIds: received.map(({ messageId }) => messageId), error });
    return received.map(({ messageId }) => ({ messageId, error }));
  }
}

async function keepCauses(
  { log, metrics, faults }: BatchPorts,
  { Records }: SQSEvent,
  causes: ReadonlyMap<string, unknown>,
): Promise<void> {
  metrics.emit({ values: { BatchFailures: causes.size } });
  const met = Records.filter(({ messageId }) => causes.has(messageId)).map(({ messageId, attributes }) => ({
    messageId,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    error: causes.get(messageId),
  }));
  try {
    await faults?.recordFaults(met);
  } catch (error) {
    // Best effort: the messages are redelivered anyway, and the fault may be in the table itself.
    log.warn('The causes of failed messages could not be kept', { messageIds: [...causes.keys()], error });
  }
}
