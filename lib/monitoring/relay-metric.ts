// Metrics that the functions emit, as CloudWatch names them. Names and dimensions come from the contract, so that an
// alarm on a metric that is not emitted does not compile, and one on dimensions that are not emitted does not
// synthesise.
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Duration } from 'aws-cdk-lib';
import { METRIC_NAMESPACE, metricDefinitions } from '../../core/contract/metrics.ts';
import type { MetricDimension, MetricName } from '../../core/contract/metrics.ts';

interface RelayMetricOptions extends Pick<MetricOptions, 'statistic' | 'period' | 'label' | 'color'> {
  /** The one further dimension beside `service`, by name and value. @default none */
  readonly by?: Partial<Record<MetricDimension, string>>;
}

/** @throws Error for a metric that is only logged, or for a dimension that it does not have. */
export function relayMetric(name: MetricName, service: string, { by = {}, ...options }: RelayMetricOptions): Metric {
  const { kept, hasTotal, dimensions } = metricDefinitions[name];
  const asked = Object.keys(by);
  const isEmitted =
    asked.length === 0 ? hasTotal : asked.every((dimension) => dimensions.some((own) => own === dimension));
  if (kept !== 'series' || !isEmitted || asked.length > 1) {
    throw new Error(`${name} has no series by ${['service', ...asked].join(' and ')}`);
  }
  return new Metric({ namespace: METRIC_NAMESPACE, metricName: name, dimensionsMap: { service, ...by }, ...options });
}

/**
 * A share in percent that is safe at low traffic: 0 while `whole` is below the floor or missing, because one failure of
 * two would be half of all.
 */
export function percentAboveFloor(
  part: IMetric,
  whole: IMetric,
  { floor, period }: { readonly floor: number; readonly period: Duration },
): MathExpression {
  return new MathExpression({
    expression: `IF(FILL(n, 0) >= ${floor}, 100 * FILL(e, 0) / n, 0)`,
    usingMetrics: { n: whole, e: part },
    period,
    label: 'Percent',
  });
}
