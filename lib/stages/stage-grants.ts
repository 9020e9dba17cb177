// The grants that several stages share, written out call by call: exactly what the store and the doorbells need. CDK's
// own grants are wider (every index, every read call), and a test refuses them.
import { Aws } from 'aws-cdk-lib';
import { queueNames } from '../../core/contract/messages.ts';
import { INPUTS_FOLDER, OUTPUTS_FOLDER, UNUSED_FOLDER } from '../../core/domain/media/media-settings.ts';
import type { NodeFunction } from './node-function.ts';
import type { Get3WAccess, SharedResources } from './shared-resources.ts';
import type { Stage } from '../../core/contract/environment.ts';
import type { Queue } from '../../core/contract/messages.ts';

/**
 * Allows loading tasks, gates and tickets, and committing decisions: a transaction needs the permission for each of its
 * calls.
 */
export function allowDeciding<S extends Stage>(target: NodeFunction<S>, resources: SharedResources): void {
  allowDataKey(target, resources);
  target.allow(
    [
      'dynamodb:GetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:BatchWriteItem',
    ],
    [resources.table.table.tableArn],
  );
}

/**
 * Allows what DynamoDB and SQS do with the customer key on behalf of a caller, and through these two services only.
 * Source: DynamoDB's and SQS's pages on customer keys.
 */
export function allowDataKey<S extends Stage>(target: NodeFunction<S>, { dataKey }: SharedResources): void {
  if (!dataKey) return;
  target.allow(
    ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    [dataKey.keyArn],
    {
      StringEquals: {
        'kms:ViaService': ['dynamodb', 'sqs'].map((service) => `${service}.${Aws.REGION}.amazonaws.com`),
      },
    },
  );
}

export function allowQuery<S extends Stage>(target: NodeFunction<S>, indexArn: string): void {
  return target.allow(['dynamodb:Query'], [indexArn]);
}

/** Allows writing and deleting kept outputs, in parts too. */
export function allowKeepingOutputs<S extends Stage>(target: NodeFunction<S>, resources: SharedResources): void {
  const outputs = resources.media.folderArn(OUTPUTS_FOLDER, target.role);
  target.allow(['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'], [outputs]);
  // S3 reads back the parts that it puts together.
  allowMediaKey(target, resources, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/** Allows reading long inputs. */
export function allowReadingInputs<S extends Stage>(target: NodeFunction<S>, resources: SharedResources): void {
  target.allow(['s3:GetObject'], [resources.media.folderArn(INPUTS_FOLDER, target.role)]);
  allowMissing(target, resources.media);
  allowMediaKey(target, resources, ['kms:Decrypt']);
}

/** Allows the api to read outputs and inputs, and to write, renew and delete inputs. */
export function allowServingMedia<S extends Stage>(
  target: NodeFunction<S>,
  { media, ...resources }: SharedResources,
): void {
  target.allow(['s3:GetObject'], [media.folderArn(OUTPUTS_FOLDER, target.role)]);
  target.allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [media.folderArn(INPUTS_FOLDER, target.role)]);
  // A form that the function has signed writes with the function's own permission.
  target.allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [media.folderArn(UNUSED_FOLDER, target.role)]);
  allowMissing(target, media);
  allowMediaKey(target, resources, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/** Without it S3 answers 403, and not 404, for what is not there ("GetObject" in the API reference of S3). */
function allowMissing<S extends Stage>(target: NodeFunction<S>, { bucket }: SharedResources['media']): void {
  target.allow(['s3:ListBucket'], [bucket.bucketArn]);
}

function allowMediaKey<S extends Stage>(
  target: NodeFunction<S>,
  { dataKey }: Pick<SharedResources, 'dataKey'>,
  actions: readonly string[],
): void {
  if (!dataKey) return;
  target.allow(actions, [dataKey.keyArn], { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.amazonaws.com` } });
}

/** Allows sending doorbells to these queues. */
export function allowRinging<S extends Stage>(
  target: NodeFunction<S>,
  { queues }: SharedResources,
  names: readonly Queue[],
): void {
  return target.allow(
    ['sqs:SendMessage'],
    [...names].sort().map((name) => queues[name].queue.queueArn),
  );
}

/**
 * Allows reading every dead-letter queue and sending its messages back. Where that queue is, only the queue says.
 */
export function allowRedriving<S extends Stage>(target: NodeFunction<S>, resources: SharedResources): void {
  const queues = queueNames.map((name) => resources.queues[name]);
  target.allow(
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
    queues.map(({ deadLetters }) => deadLetters.queueArn),
  );
  target.allow(
    ['sqs:GetQueueAttributes'],
    queues.map(({ queue }) => queue.queueArn),
  );
  allowRinging(target, resources, queueNames);
}

/** Allows reading the provider's key. With a customer key the function may decrypt only this secret. */
export function allowReadingKey<S extends Stage>(
  target: NodeFunction<S>,
  { keySecretArn, keyKmsArn }: Get3WAccess,
): void {
  target.allow(['secretsmanager:GetSecretValue'], [keySecretArn]);
  if (keyKmsArn === undefined) return;
  target.allow(['kms:Decrypt'], [keyKmsArn], { StringEquals: { 'kms:EncryptionContext:SecretARN': keySecretArn } });
}
