// Connects a stage's queue to its function: batches, partial failures, bounded concurrency, and permission to receive.
// The function interprets the messages; stage-queue.ts sets how long it may hold one.
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { NodeFunction } from './node-function.ts';
import type { StageQueue } from './stage-queue.ts';
import type { Stage } from '../../core/contract/environment.ts';

const BATCH_MESSAGES = 10;

interface QueueSourceOptions {
  /** Messages of one run, at most. @default 10 */
  readonly messages?: number;
}

/**
 * @param maxConcurrency copies of the function that the queue may keep busy, 2 to 1,000. It bounds the source rather
 *   than the function: a reserved concurrency would throttle, and throttled receives fill the dead-letter queue.
 */
export function addQueueSource<S extends Stage>(
  scope: Construct,
  target: NodeFunction<S>,
  { queue }: StageQueue,
  maxConcurrency: number,
  { messages = BATCH_MESSAGES }: QueueSourceOptions = {},
): EventSourceMapping {
  target.allow(
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
    [queue.queueArn],
  );
  return new EventSourceMapping(scope, 'QueueSource', {
    target: target.function,
    eventSourceArn: queue.queueArn,
    batchSize: messages,
    // No batching window: a doorbell that waits for others makes its task wait.
    maxConcurrency,
    // One failed message does not cause the redelivery of the nine that were served.
    reportBatchItemFailures: true,
  });
}
