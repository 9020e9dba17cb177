import { describe, expect, it } from 'vitest';
import { readEmbeddedMetrics } from '../../../local/cloudwatch/metrics/embedded-metrics.ts';
import { answerMetricQuery } from '../../../local/cloudwatch/metrics/metric-answer.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';

const AT = Date.UTC(2026, 0, 1, 12, 0, 30);

/** A line as functions print it: values and dimensions beside the directive. */
function line(fields: object, directive: object): string {
  return JSON.stringify({ ...fields, _aws: { Timestamp: AT, CloudWatchMetrics: [{ Namespace: 'N', ...directive }] } });
}

describe('lines in the embedded metric format', () => {
  it('measure each metric once for every set of dimensions', () => {
    const text = line(
      { service: 'relay', code: '5003', Ended: 1, Time: [20, 30], taskId: 'x' },
      {
        Dimensions: [['service'], ['service', 'code']],
        Metrics: [
          { Name: 'Ended', Unit: 'Count' },
          { Name: 'Time', Unit: 'Milliseconds' },
        ],
      },
    );
    const summary = readEmbeddedMetrics(text).map(({ name, dimensions, unit, values }) => [
      name,
      dimensions,
      unit,
      values,
    ]);
    const both = { service: 'relay', code: '5003' };
    expect(summary).toEqual([
      ['Ended', { service: 'relay' }, 'Count', [1]],
      ['Time', { service: 'relay' }, 'Milliseconds', [20, 30]],
      ['Ended', both, 'Count', [1]],
      ['Time', both, 'Milliseconds', [20, 30]],
    ]);
  });

  it('measure nothing for a set that lacks a dimension, and for a value that is not a number', () => {
    const metrics = [{ Name: 'Ended' }, { Name: 'Odd' }];
    const text = line(
      { service: 'relay', Ended: 1, Odd: 'x' },
      { Dimensions: [['service', 'code'], []], Metrics: metrics },
    );
    expect(readEmbeddedMetrics(text)).toEqual([
      { namespace: 'N', name: 'Ended', dimensions: {}, unit: 'None', values: [1], at: AT },
    ]);
  });

  it.each(['plain text', '{"message":"about _aws"}', '{"_aws":', '{"_aws":{"Timestamp":"now"}}', ''])(
    'are distinguished from other lines: %s measures nothing',
    (text) => expect(readEmbeddedMetrics(text)).toEqual([]),
  );
});

describe('the answer to a question about metrics', () => {
  const store = new MetricStore();
  const record = (dimensions: Record<string, string>, values: number[], seconds = 0) =>
    store.record({ namespace: 'N', name: 'Time', unit: 'Milliseconds', dimensions, values, at: AT + seconds * 1_000 });
  record({ service: 'relay' }, [10, 30]);
  record({ service: 'relay' }, [20], 10);
  record({ service: 'relay' }, [5], 40);
  record({ service: 'relay', code: '0' }, [1]);

  const ask = (query: string) => answerMetricQuery(store, new URLSearchParams(query));

  it('gathers values by period, with the statistics that CloudWatch has', () => {
    expect(ask('name=Time&dimensions=service=relay&period=60')).toMatchObject({
      name: 'Time',
      period: 60,
      series: [
        {
          dimensions: { service: 'relay' },
          datapoints: [
            {
              timestamp: '2026-01-01T12:00:00.000Z',
              count: 3,
              sum: 60,
              minimum: 10,
              maximum: 30,
              average: 20,
              p50: 20,
            },
            { timestamp: '2026-01-01T12:01:00.000Z', count: 1, sum: 5 },
          ],
        },
      ],
    });
  });

  it('has every series of the name without dimensions, and the exact one with them', () => {
    expect(ask('name=Time')).toHaveProperty('series.length', 2);
    expect(ask('name=Time&dimensions=code=0,service=relay')).toHaveProperty('series.length', 1);
    expect(ask('name=Time&dimensions=code=0')).toHaveProperty('series.length', 0);
  });

  it('lists all metrics without a name, and says what is wrong with a question', () => {
    expect(ask('')).toHaveProperty('metrics.length', 2);
    expect(ask('name=Time&period=x')).toContain('period');
    expect(ask('name=Time&dimensions=service')).toContain('name=value');
  });
});
