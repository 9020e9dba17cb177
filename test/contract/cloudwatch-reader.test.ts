import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCloudWatchReader } from '../../core/adapters/cloudwatch-reader.ts';
import { METRIC_NAMESPACE } from '../../core/contract/metrics.ts';
import { MetricStore } from '../../local/cloudwatch/metrics/metric-store.ts';
import { startServiceServer } from '../../local/services/service-server.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { Alarm, MetricAlarm } from '../../local/cloudwatch/alarms/alarm-definition.ts';
import type { AlarmReport } from '../../local/cloudwatch/alarms/alarm-board.ts';
import type { MonitoringReader, SeriesQuery } from '../../core/http/monitoring.ts';
import type { ServiceServer } from '../../local/services/service-server.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');

const identity = { description: '[page] It hurts. Runbook: x#y', severity: null, runbook: null };
const actions = { ALARM: [], OK: [], INSUFFICIENT_DATA: [] };
const source = (name: string, dimensions: Record<string, string> = {}) => ({
  namespace: METRIC_NAMESPACE,
  name,
  dimensions: { service: 'relay', ...dimensions },
  statistic: { kind: 'sum' as const },
});
const metricAlarm = (name: string, subject: MetricAlarm['subject']): MetricAlarm => ({
  ...identity,
  actions,
  kind: 'metric',
  name,
  periodSeconds: 300,
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  missingData: 'notBreaching',
  threshold: 30,
  comparison: '>=',
  subject,
});

const alarms: readonly Alarm[] = [
  metricAlarm('relay/Single', { kind: 'metric', source: source('SweepRuns') }),
  metricAlarm('relay/Math', {
    kind: 'math',
    metrics: new Map([
      ['n', source('AttemptsEnded')],
      ['e', source('AttemptsFailed', { code: 'http-429' })],
    ]),
    expressions: new Map(),
    resultId: 'r',
  }),
  { ...identity, actions, kind: 'composite', name: 'relay/Composite', rule: { kind: 'constant', value: true } },
  metricAlarm('foreign/Single', { kind: 'metric', source: source('SweepRuns') }),
];

const report = (): readonly AlarmReport[] =>
  alarms.map(({ name, kind, description }) => ({
    name,
    kind,
    description,
    state: name.endsWith('Math') ? 'ALARM' : 'OK',
    reason: `of ${name}`,
    since: new Date(NOON).toISOString(),
    severity: null,
    runbook: null,
  }));

describe('CloudWatch read through the SDK, as the local stand-in answers it', () => {
  let server: ServiceServer;
  let reader: MonitoringReader;
  const metrics = new MetricStore();

  const record = (name: string, dimensions: Record<string, string>, at: number, ...values: number[]): void =>
    metrics.record({ namespace: METRIC_NAMESPACE, name, dimensions, unit: 'Count', values, at });

  beforeAll(async () => {
    server = await startServiceServer(() => {});
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    reader = makeCloudWatchReader(
      new CloudWatchClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 }),
    );
    record('AttemptsFailed', { service: 'relay', code: 'http-429' }, NOON + 1_000, 1, 1);
    record('AttemptsFailed', { service: 'relay', code: 'http-429' }, NOON + MINUTE_MS, 1);
    record('AttemptsFailed', { service: 'relay' }, NOON, 9);
    record('EndToEndTime', { service: 'relay' }, NOON, ...Array.from({ length: 100 }, (_, index) => index + 1));
  });
  afterAll(() => server.close());

  const read = async (
    query: Partial<SeriesQuery>,
    window = { from: NOON, to: NOON + 10 * MINUTE_MS, periodSeconds: 60 },
  ) => {
    const whole: SeriesQuery = { name: 'AttemptsFailed', statistic: 'Sum', dimensions: { service: 'relay' }, ...query };
    const [reading] = await reader.readSeries([whole], window);
    return reading?.points.map(({ at, value }) => [(at - NOON) / MINUTE_MS, value]);
  };

  it('is not ready until the runtime knows its stack', async () => {
    await expect(reader.listAlarms('relay/')).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    server.setWatched({ metrics, alarms, report });
    await expect(reader.listAlarms('none/')).resolves.toEqual([]);
  });

  it('gives a series by its exact dimensions, oldest first', async () => {
    const dimensions = { service: 'relay', code: 'http-429' };
    expect(await read({ dimensions })).toEqual([
      [0, 2],
      [1, 1],
    ]);
    expect(await read({})).toEqual([[0, 9]]);
    expect(await read({ dimensions: { service: 'other' } })).toEqual([]);
  });

  it('gives what lies within the window, from the beginning of its first period', async () => {
    const dimensions = { service: 'relay', code: 'http-429' };
    expect(await read({ dimensions }, { from: NOON + 30_000, to: NOON + MINUTE_MS, periodSeconds: 60 })).toEqual([
      [0, 2],
    ]);
  });

  it.each([
    ['Average', 50.5],
    ['Maximum', 100],
    ['Minimum', 1],
    ['SampleCount', 100],
    ['p50', 50],
    ['p99', 99],
  ] as const)('computes the statistic %s', async (statistic, value) => {
    expect(await read({ name: 'EndToEndTime', statistic })).toEqual([[0, value]]);
  });

  it('answers many series in the order they were asked for, more than one call may hold', async () => {
    const queries = Array.from({ length: 501 }, (_, index): SeriesQuery => {
      const code = index === 500 ? 'http-429' : `none-${index}`;
      return { name: 'AttemptsFailed', statistic: 'Sum', dimensions: { service: 'relay', code } };
    });
    const readings = await reader.readSeries(queries, { from: NOON, to: NOON + MINUTE_MS, periodSeconds: 60 });
    expect(readings.map(({ query }) => query)).toEqual(queries);
    expect(readings.map(({ points }) => points.length).indexOf(1)).toBe(500);
  });

  it('lists the alarms of one relay with how they stand, composite ones too', async () => {
    const found = await reader.listAlarms('relay/');
    expect(found.map(({ name, state, reason, since }) => [name, state, reason, since])).toEqual([
      ['relay/Single', 'OK', 'of relay/Single', NOON],
      ['relay/Math', 'ALARM', 'of relay/Math', NOON],
      ['relay/Composite', 'OK', 'of relay/Composite', NOON],
    ]);
  });

  it('tells when an alarm fires and which metrics it looks at', async () => {
    const found = await reader.listAlarms('relay/');
    const rule = { comparison: '>=', threshold: 30, breaching: 2, periods: 3, period: 300 };
    expect(found.map(({ condition }) => condition)).toEqual([
      { ...rule, metrics: [{ name: 'SweepRuns', dimensions: { service: 'relay' } }] },
      {
        ...rule,
        metrics: [
          { name: 'AttemptsEnded', dimensions: { service: 'relay' } },
          { name: 'AttemptsFailed', dimensions: { service: 'relay', code: 'http-429' } },
        ],
      },
      undefined,
    ]);
  });

  it('is refused by name for what nobody here would compute', async () => {
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData' },
      body: JSON.stringify({
        StartTime: 0,
        EndTime: 1,
        MetricDataQueries: [{ Id: 'a', Expression: 'SUM(METRICS())' }],
      }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('a is an expression');
    const other = await fetch(server.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricAlarm' },
      body: '{}',
    });
    expect(await other.text()).toContain('PutMetricAlarm is not run on one machine');
  });
});
