// What a queue of the template becomes here: its name, its attributes as SQS takes them, and where messages go that
// fail too often. Encryption and tags are passed over.
import type { ResourceReader } from '../template/resource-reader.ts';

export interface QueuePlan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Properties that are attributes of the same name and mean the same here. */
const sameAttributes = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
] as const;

/** Reads `AWS::SQS::Queue`. */
export function readQueue(name: string, properties: ResourceReader): QueuePlan {
  // Everything stays in this process's memory: there is nothing to encrypt, and nobody else to allow or deny.
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

/** As SQS has it for a queue that does not say. */
const VISIBILITY_TIMEOUT_SECONDS_DEFAULT = 30;

/** How long a message of this queue is hidden once it was received. */
export function visibilityTimeoutMs(queues: readonly QueuePlan[], name: string): number {
  const attributes = queues.find((queue) => queue.name === name)?.attributes ?? {};
  return 1_000 * Number(attributes['VisibilityTimeout'] ?? VISIBILITY_TIMEOUT_SECONDS_DEFAULT);
}
