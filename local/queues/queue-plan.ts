// The plan of a queue of the template: its name, its attributes for SQS, and its dead-letter queue. Encryption and tags
// are ignored.
import type { ResourceReader } from '../template/resource-reader.ts';

export interface QueuePlan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Properties with an attribute of the same name and meaning. */
const sameAttributes = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
] as const;

/** Reads `AWS::SQS::Queue`. */
export function readQueue(name: string, properties: ResourceReader): QueuePlan {
  // Everything stays in this process's memory: there is nothing to encrypt, and no other user to allow or deny.
  properties.passOver('QueueName', 'Tags', 'SqsManagedSseEnabled', 'KmsMasterKeyId', 'RedriveAllowPolicy');
  const attributes: Record<string, string> = {};
  for (const attribute of sameAttributes) {
    const value = properties.optionalText(attribute);
    if (value !== undefined) attributes[attribute] = value;
  }
  if (properties.has('RedrivePolicy')) {
    const redrive = properties.section('RedrivePolicy');
    attributes['RedrivePolicy'] = JSON.stringify({
      deadLetterTargetArn: redrive.text('deadLetterTargetArn'),
      maxReceiveCount: redrive.number('maxReceiveCount'),
    });
  }
  return { name, attributes };
}

/** SQS's default. */
const VISIBILITY_TIMEOUT_SECONDS_DEFAULT = 30;

/** How long a received message of this queue is hidden. */
export function visibilityTimeoutMs(queues: readonly QueuePlan[], name: string): number {
  const attributes = queues.find((queue) => queue.name === name)?.attributes ?? {};
  return 1_000 * Number(attributes['VisibilityTimeout'] ?? VISIBILITY_TIMEOUT_SECONDS_DEFAULT);
}
