// Runs a Metrics Insights query over the store: selects the series, groups them, computes each group's values by
// period, then sorts and limits. insights-query.ts parses the query.
import type { InsightsAggregate, InsightsQuery } from './insights-query.ts';
import type { MetricReadings, Reading, ReadingRange } from './metric-readings.ts';
import type { Series } from './math/math-value.ts';

interface InsightsSeries {
  /** Values of the dimensions grouped by; empty when the query does not group. */
  readonly group: Readonly<Record<string, string>>;
  readonly points: Series;
}

type Totals = Pick<Reading, 'count' | 'sum' | 'minimum' | 'maximum'>;

/** @returns series with at least one datapoint in the range; CloudWatch does not return others either. */
export function queryInsights(
  { namespace, metricName, dimensionNames, conditions, groupBy, aggregate, orderBy, limit }: InsightsQuery,
  store: MetricReadings,
  range: ReadingRange,
): readonly InsightsSeries[] {
  const groups = new Map<string, { group: Readonly<Record<string, string>>; totals: (Totals | undefined)[] }>();
  for (const dimensions of store.series({ namespace, name: metricName, dimensionNames })) {
    const matches = conditions.every(({ dimension, isEqual, value }) => (dimensions[dimension] === value) === isEqual);
    if (!matches || groupBy.some((name) => dimensions[name] === undefined)) continue;
    const group = Object.fromEntries(groupBy.map((name) => [name, dimensions[name] ?? '']));
    const key = JSON.stringify(group);
    const readings = store.readings({ namespace, name: metricName, dimensions }, range);
    const earlier = groups.get(key)?.totals ?? [];
    groups.set(key, { group, totals: readings.map((reading, index) => add(earlier[index], reading)) });
  }
  const found = [...groups.values()].filter(({ totals }) => totals.some((total) => total !== undefined));
  return found
    .map(({ group, totals }) => ({
      group,
      points: totals.map((total) => total && aggregateOf(total, aggregate)),
      rank: orderBy ? aggregateOf(totals.reduce(add) ?? zero, orderBy.aggregate) : 0,
    }))
    .sort((one, other) => (orderBy?.isDescending ? other.rank - one.rank : one.rank - other.rank))
    .slice(0, limit)
    .map(({ group, points }) => ({ group, points }));
}

const zero: Totals = { count: 0, sum: 0, minimum: 0, maximum: 0 };

function add(one: Totals | undefined, other: Totals | undefined): Totals | undefined {
  return one && other
    ? {
        count: one.count + other.count,
        sum: one.sum + other.sum,
        minimum: Math.min(one.minimum, other.minimum),
        maximum: Math.max(one.maximum, other.maximum),
      }
    : (one ?? other);
}

function aggregateOf({ count, sum, minimum, maximum }: Totals, aggregate: InsightsAggregate): number {
  switch (aggregate) {
    case 'AVG':
      return count === 0 ? 0 : sum / count;
    case 'COUNT':
      return count;
    case 'MAX':
      return maximum;
    case 'MIN':
      return minimum;
    case 'SUM':
      return sum;
    default:
      return aggregate satisfies never;
  }
}
