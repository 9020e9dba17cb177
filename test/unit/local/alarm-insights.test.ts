import { describe, expect, it } from 'vitest';
import { queryInsights } from '../../../local/cloudwatch/alarms/insights-series.ts';
import { isInsightsQuery, parseInsightsQuery } from '../../../local/cloudwatch/alarms/insights-query.ts';
import { storedReadings } from '../../../local/cloudwatch/alarms/stored-readings.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';

// Grammar and meaning: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html

const FROM = Date.UTC(2026, 0, 1);

/** Failures by code in two periods of ten seconds. */
function storeWith(failures: Readonly<Record<string, readonly (readonly number[])[]>>) {
  const store = new MetricStore();
  for (const [code, periods] of Object.entries(failures)) {
    for (const [index, values] of periods.entries()) {
      if (values.length === 0) continue;
      const at = FROM + index * 10_000 + 1_500;
      const common = { namespace: 'Relay', name: 'Failed', unit: 'Count', values, at };
      store.record({ ...common, dimensions: { service: 'one', code } });
      store.record({ ...common, dimensions: { service: 'one' } });
      store.record({ ...common, dimensions: { service: 'two', code } });
    }
  }
  return storedReadings(store);
}

const readings = storeWith({ 'task-a': [[1, 2], [3]], 'task-b': [[], [10]], 'task-c': [[5], []] });

function run(query: string) {
  return queryInsights(parseInsightsQuery(query), readings, { from: FROM, periodMs: 10_000, periods: 2 });
}

describe('a Metrics Insights query', () => {
  it('gives one series for each value of the dimension it groups by', () => {
    const query =
      'SELECT SUM(Failed) FROM SCHEMA("Relay", service, code) WHERE service = \'one\' GROUP BY code ORDER BY SUM() DESC';
    expect(run(query)).toEqual([
      { group: { code: 'task-b' }, points: [undefined, 10] },
      { group: { code: 'task-a' }, points: [3, 3] },
      { group: { code: 'task-c' }, points: [5, undefined] },
    ]);
  });

  it.each([
    ['SUM', [8, 13]],
    ['COUNT', [3, 2]],
    ['MAX', [5, 10]],
    ['MIN', [1, 3]],
    ['AVG', [8 / 3, 6.5]],
  ])('aggregates all values that match with %s', (aggregate, points) => {
    const query = `SELECT ${aggregate}(Failed) FROM SCHEMA("Relay", code, service) WHERE service = 'one'`;
    expect(run(query)).toEqual([{ group: {}, points }]);
  });

  it('matches only the exact set of dimensions of its schema, and any set without one', () => {
    expect(run('SELECT SUM(Failed) FROM SCHEMA("Relay", service)')[0]?.points).toEqual([8, 13]);
    expect(run('SELECT SUM(Failed) FROM SCHEMA("Relay")')).toEqual([]);
    expect(run('SELECT SUM(Failed) FROM Relay')[0]?.points).toEqual([24, 39]);
  });

  it('leaves out what a condition excludes, and groups by several dimensions', () => {
    const query =
      "select sum(Failed) from schema(Relay, service, code) where service = 'two' and code != 'task-a' group by service, code order by max() asc limit 1";
    expect(run(query)).toEqual([{ group: { service: 'two', code: 'task-c' }, points: [5, undefined] }]);
  });

  it('is distinguished from metric math by its first word', () => {
    expect(isInsightsQuery(' select SUM(a) FROM "b"')).toBe(true);
    expect(isInsightsQuery('SELECTED + 1')).toBe(false);
  });

  it.each([
    ['SELECT MEDIAN(a) FROM b', 'AVG, COUNT, MAX, MIN, SUM was expected at "MEDIAN"'],
    ['SELECT SUM(a)', 'FROM was expected at the end'],
    ["SELECT SUM(a) FROM b WHERE tag.env = 'x'", 'tags are not evaluated'],
    ["SELECT SUM(a) FROM b WHERE c = 'x' OR d = 'y'", 'nothing more was expected at "OR"'],
    ['SELECT SUM(a) FROM b WHERE c = x', 'a value in single quotes was expected at "x"'],
    ['SELECT SUM(a) FROM b ORDER BY c', 'was expected at "c"'],
    ['SELECT SUM(a) FROM b LIMIT many', 'a number was expected at "many"'],
    ['SELECT SUM(a) FROM b; DROP', '"; DROP" is not a query'],
  ])('refuses %s: %s', (query, message) => {
    expect(() => parseInsightsQuery(query)).toThrow(message);
  });
});
