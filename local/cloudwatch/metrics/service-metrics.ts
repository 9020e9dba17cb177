// Records the metrics that AWS's services report of themselves, under AWS's names: calls of functions, requests to the
// HTTP API, the contents of queues. Alarms of the template watch these beside the relay's own metrics. What cannot be
// measured here (recursion, DynamoDB's throttles) is not reported, as in AWS when it does not occur.
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

/** Records a call for which no execution was free: Lambda counts it neither as an invocation nor as an error. */
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
    // API Gateway reports each metric for the whole API and for its stage.
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
  /** Age of the oldest visible message; 0 when there is none. */
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
