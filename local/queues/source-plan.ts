// The plan of an event source mapping of the template: which queue feeds which function, in what batches and how many
// at once. Only SQS queues feed functions here.
import { arnName } from '../template/arn-name.ts';
import type { ResourceReader } from '../template/resource-reader.ts';

export interface SourcePlan {
  readonly queueName: string;
  readonly queueArn: string;
  readonly functionName: string;
  readonly batchMessagesMax: number;
  /** How long messages are gathered before a partial batch is passed on, milliseconds. */
  readonly batchingWindowMs: number;
  readonly concurrencyMax?: number | undefined;
  /** Whether the function reports which messages of a batch failed; otherwise a failure counts for the whole batch. */
  readonly reportsFailures: boolean;
}

const BATCH_MESSAGES_DEFAULT = 10;

/** Reads `AWS::Lambda::EventSourceMapping`; undefined for one that is switched off. */
export function readSource(properties: ResourceReader): SourcePlan | undefined {
  properties.passOver('Tags');
  const queueArn = properties.text('EventSourceArn');
  const queueName = arnName('sqs', queueArn);
  if (queueName === undefined) throw properties.refusal('EventSourceArn', 'only SQS queues feed functions here');
  const types = properties.list('FunctionResponseTypes');
  const plan: SourcePlan = {
    queueArn,
    queueName,
    functionName: readFunctionName(properties, 'FunctionName'),
    batchMessagesMax: properties.optionalNumber('BatchSize') ?? BATCH_MESSAGES_DEFAULT,
    batchingWindowMs: 1_000 * (properties.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0),
    concurrencyMax: properties.section('ScalingConfig').optionalNumber('MaximumConcurrency'),
    reportsFailures: types.includes('ReportBatchItemFailures'),
  };
  return properties.value('Enabled') === false ? undefined : plan;
}

/** Functions are given by name or by ARN, as in Lambda. */
export function readFunctionName(properties: ResourceReader, property: string): string {
  const given = properties.text(property);
  return arnName('lambda', given) ?? given;
}
