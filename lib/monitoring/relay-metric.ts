// A metric that the functions emit, as CloudWatch knows it: names and dimensions come from the contract, so that an
// alarm on a metric that nobody emits does not compile.
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE } from '../../functions/core/contract/metrics.ts';
import type { MetricDimension, MetricName } from '../../functions/core/contract/metrics.ts';

export interface RelayMetricOptions extends Pick<MetricOptions, 'statistic' | 'period' | 'label'> {
  /** The one further dimension beside `service`, as the functions emit it. @default none */
  readonly by?: Partial<Record<MetricDimension, string>>;
}

export const relayMetric = (name: MetricName, service: string, { by = {}, ...options }: RelayMetricOptions): Metric =>
  new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { service, ...by },
    ...options,
  });
