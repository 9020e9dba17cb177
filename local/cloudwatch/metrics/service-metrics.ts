// Measures what AWS's services measure of themselves, under their names: calls of functions, requests of the HTTP API,
// what lies in the queues. Alarms of the template watch these beside the relay's own metrics.
// What nobody here can measure (recursion, DynamoDB's refusals) is not reported, as in AWS when there is none.
import type { MetricStore } from './metric-store.ts';

/** @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export function measureInvocation(
  store: MetricStore,
  functionName: string,
  { isFailed, durationMs }: { readonly isFailed: boolean; readonly durationMs: number },
): void {
  const at = Date.now();
  const record = (name: string, unit: string, value: number): void =>
    store.record({
      namespace: 'AWS/Lambda',
      name,
      dimensions: { FunctionName: functionName },
      unit,
      values: [value],
      at,
    });
  record('Invocations', 'Count', 1);
  record('Errors', 'Count', isFailed ? 1 : 0);
  record('Duration', 'Milliseconds', durationMs);
}

/** A call for which no execution was free: Lambda counts it neither as an invocation nor as an error. */
export function measureThrottle(store: MetricStore, functionName: string): void {
  store.record({
    namespace: 'AWS/Lambda',
    name: 'Throttles',
    dimensions: { FunctionName: functionName },
    unit: 'Count',
    values: [1],
    at: Date.now(),
  });
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
export function measureRequest(
  store: MetricStore,
  { apiId, stageName }: { readonly apiId: string; readonly stageName: string },
  { status, latencyMs }: { readonly status: number; readonly latencyMs: number },
): void {
  const at = Date.now();
  const record = (name: string, unit: string, value: number): void => {
    // API Gateway reports each both for the whole API and for its stage.
    for (const dimensions of [{ ApiId: apiId }, { ApiId: apiId, Stage: stageName }] as Record<string, string>[]) {
      store.record({ namespace: 'AWS/ApiGateway', name, dimensions, unit, values: [value], at });
    }
  };
  record('Count', 'Count', 1);
  record('4xx', 'Count', status >= 400 && status < 500 ? 1 : 0);
  record('5xx', 'Count', status >= 500 ? 1 : 0);
  record('Latency', 'Milliseconds', latencyMs);
}

export interface QueueReading {
  readonly name: string;
  readonly readyCount: number;
  readonly delayedCount: number;
  readonly inFlightCount: number;
  /** Since the oldest message that is there to be received was sent; 0 for none. */
  readonly oldestAgeSeconds: number;
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
export function measureQueues(store: MetricStore, queues: readonly QueueReading[]): void {
  const at = Date.now();
  for (const { name: queueName, readyCount, delayedCount, inFlightCount, oldestAgeSeconds } of queues) {
    const record = (name: string, unit: string, value: number): void =>
      store.record({ namespace: 'AWS/SQS', name, dimensions: { QueueName: queueName }, unit, values: [value], at });
    record('ApproximateNumberOfMessagesVisible', 'Count', readyCount);
    record('ApproximateNumberOfMessagesDelayed', 'Count', delayedCount);
    record('ApproximateNumberOfMessagesNotVisible', 'Count', inFlightCount);
    record('ApproximateAgeOfOldestMessage', 'Seconds', oldestAgeSeconds);
  }
}
