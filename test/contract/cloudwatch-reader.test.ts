import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCloudWatchReader } from '../../core/adapters/cloudwatch-reader.ts';
import { METRIC_NAMESPACE } from '../../core/contract/metrics.ts';
import { parseInsightsQuery } from '../../local/cloudwatch/alarms/insights-query.ts';
import { MetricStore } from '../../local/cloudwatch/metrics/metric-store.ts';
import { startServiceServer } from '../../local/services/service-server.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { Alarm, MetricAlarm } from '../../local/cloudwatch/alarms/alarm-definition.ts';
import type { AlarmReport, AlarmTurn } from '../../local/cloudwatch/alarms/alarm-board.ts';
import type { MetricWindow, MonitoringReader, SeriesQuery } from '../../core/http/monitoring.ts';
import type { ServiceServer } from '../../local/services/service-server.ts';

/** Recent: Metrics Insights reads three hours back, and the stand-in as far as CloudWatch. */
const noon = Math.floor(Date.now() / (10 * MINUTE_MS) - 3) * 10 * MINUTE_MS;

const identity = { description: '[page] It hurts. Runbook: x#y', severity: null, runbook: null };
const actions = { ALARM: [], OK: [], INSUFFICIENT_DATA: [] };

function source(name: string, dimensions: Record<string, string> = {}) {
  return {
    namespace: METRIC_NAMESPACE,
    name,
    dimensions: { service: 'relay', ...dimensions },
    statistic: { kind: 'sum' as const },
  };
}

function metricAlarm(name: string, subject: MetricAlarm['subject']): MetricAlarm {
  return {
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
  };
}

const alarms: readonly Alarm[] = [
  metricAlarm('relay/Single', { kind: 'metric', source: source('SweepRuns') }),
  metricAlarm('relay/Math', {
    kind: 'math',
    metrics: new Map([
      ['n', source('AttemptsEnded')],
      ['e', source('AttemptsFailed', { code: 'http-429' })],
    ]),
    expressions: new Map(),
    texts: new Map([['r', 'IF(FILL(n, 0) >= 20, 100 * FILL(e, 0) / n, 0)']]),
    resultId: 'r',
  }),
  { ...identity, actions, kind: 'composite', name: 'relay/Composite', rule: { kind: 'constant', value: true } },
  metricAlarm('relay/ByCode', {
    kind: 'insights',
    query: parseInsightsQuery('SELECT SUM(AttemptsFailed) FROM SCHEMA("Get3wRelay", service, code) GROUP BY code'),
  }),
  metricAlarm('foreign/Single', { kind: 'metric', source: source('SweepRuns') }),
];

function report(): readonly AlarmReport[] {
  return alarms.map(({ name, kind, description }) => ({
    name,
    kind,
    description,
    state: /Math|ByCode/.test(name) ? 'ALARM' : 'OK',
    reason: `of ${name}`,
    since: new Date(noon).toISOString(),
    severity: null,
    runbook: null,
    ...(name.endsWith('ByCode') && {
      contributors: [
        { group: { code: 'task-5003' }, state: 'ALARM', reason: 'much', since: new Date(noon).toISOString() },
        { group: { code: 'http-500' }, state: 'OK', reason: 'little', since: new Date(noon).toISOString() },
      ],
    }),
  }));
}

/** More than one page of CloudWatch holds, and those of another relay. */
const turns: readonly AlarmTurn[] = Array.from({ length: 1_300 }, (_, index) => ({
  name: index % 10 === 0 ? 'foreign/Single' : index % 2 === 0 ? 'relay/Composite' : 'relay/Single',
  at: noon + index * 1_000,
  previous: 'OK',
  state: 'ALARM',
  reason: `number ${index}`,
}));

describe('CloudWatch read through the SDK, as the local stand-in answers it', () => {
  let server: ServiceServer;
  let reader: MonitoringReader;
  let now = noon;
  const clock = { now: () => now };
  const metrics = new MetricStore();

  const record = (name: string, dimensions: Record<string, string>, at: number, ...values: number[]): void =>
    metrics.record({ namespace: METRIC_NAMESPACE, name, dimensions, unit: 'Count', values, at });

  beforeAll(async () => {
    server = await startServiceServer(() => {});
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    reader = makeCloudWatchReader(
      clock,
      new CloudWatchClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 }),
    );
    record('AttemptsFailed', { service: 'relay', code: 'http-429' }, noon + 1_000, 1, 1);
    record('AttemptsFailed', { service: 'relay', code: 'http-429' }, noon + MINUTE_MS, 1);
    record('AttemptsFailed', { service: 'relay' }, noon, 9);
    record('EndToEndTime', { service: 'relay' }, noon, ...Array.from({ length: 100 }, (_, index) => index + 1));
  });
  afterAll(() => server.close());

  const read = async (
    query: Partial<SeriesQuery>,
    window: MetricWindow = { from: noon, to: noon + 10 * MINUTE_MS, periodSeconds: 60 },
  ) => {
    const whole: SeriesQuery = { name: 'AttemptsFailed', statistic: 'Sum', dimensions: { service: 'relay' }, ...query };
    const [reading] = await reader.readSeries([whole], window);
    return reading?.points.map(({ at, value }) => [(at - noon) / MINUTE_MS, value]);
  };

  it('is not ready until the runtime knows its stack', async () => {
    await expect(reader.listAlarms('relay/')).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    server.setWatched({ metrics, alarms, report, history: () => turns });
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

  it('returns what is within the window, from the start of its first period', async () => {
    const dimensions = { service: 'relay', code: 'http-429' };
    expect(await read({ dimensions }, { from: noon + 30_000, to: noon + MINUTE_MS, periodSeconds: 60 })).toEqual([
      [0, 2],
    ]);
  });

  it('puts all of a window into one point where it is asked for as a whole, wherever the window begins', async () => {
    const window = {
      from: noon - 3 * MINUTE_MS,
      to: noon + 10 * MINUTE_MS,
      periodSeconds: 780,
      isWhole: true,
    } as const;
    expect(await read({ dimensions: { service: 'relay', code: 'http-429' } }, window)).toEqual([[-3, 3]]);
    expect(await read({ name: 'EndToEndTime', statistic: 'p99' }, window)).toEqual([[-3, 99]]);
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

  it('answers many series in the order of the request, even more than one call can read', async () => {
    const queries = Array.from({ length: 501 }, (_, index): SeriesQuery => {
      const code = index === 500 ? 'http-429' : `none-${index}`;
      return { name: 'AttemptsFailed', statistic: 'Sum', dimensions: { service: 'relay', code } };
    });
    const readings = await reader.readSeries(queries, { from: noon, to: noon + MINUTE_MS, periodSeconds: 60 });
    expect(readings.map(({ query }) => query)).toEqual(queries);
    expect(readings.map(({ points }) => points.length).indexOf(1)).toBe(500);
  });

  it('lists the alarms of one relay with their states, composite ones too', async () => {
    const found = await reader.listAlarms('relay/');
    expect(found.map(({ name, state, reason, since }) => [name, state, reason, since])).toEqual([
      ['relay/Single', 'OK', 'of relay/Single', noon],
      ['relay/Math', 'ALARM', 'of relay/Math', noon],
      ['relay/ByCode', 'ALARM', 'of relay/ByCode', noon],
      ['relay/Composite', 'OK', 'of relay/Composite', noon],
    ]);
  });

  it('tells when alarms of one relay went on, the latest first, composite ones too, up to a bound', async () => {
    const whole = { from: noon, to: noon + 1_300_000, prefix: 'relay/' };
    const some = await reader.readAlarmHistory({ ...whole, from: noon + 1_150_500, to: noon + 1_299_500 });
    expect(some.completeFrom).toBe(noon + 1_150_500);
    expect(some.changes.length).toBe(135);
    expect(some.changes[0]).toEqual({
      name: 'relay/Single',
      at: noon + 1_299_000,
      previous: 'OK',
      state: 'ALARM',
      reason: 'number 1299',
    });
    const cut = await reader.readAlarmHistory(whole);
    expect([cut.changes.length, cut.completeFrom]).toEqual([900, noon + 300_000]);
    const one = await reader.readAlarmHistory({ ...whole, name: 'relay/Composite' });
    expect([one.changes.length, one.completeFrom]).toEqual([520, noon]);
  });

  it('names the series that put an alarm into ALARM which has a state for each', async () => {
    const found = await reader.listAlarms('relay/');
    expect(found.map(({ contributors }) => contributors)).toEqual([
      undefined,
      undefined,
      [{ code: 'task-5003' }],
      undefined,
    ]);
  });

  it('shows when an alarm fires and which metrics it reads', async () => {
    const found = await reader.listAlarms('relay/');
    const rule = { comparison: '>=', threshold: 30, breaching: 2, periods: 3, period: 300, floor: null };
    expect(found.map(({ condition }) => condition)).toEqual([
      { ...rule, metrics: [{ name: 'SweepRuns', dimensions: { service: 'relay' } }] },
      {
        ...rule,
        floor: { metric: 'AttemptsEnded', count: 20 },
        metrics: [
          { name: 'AttemptsEnded', dimensions: { service: 'relay' } },
          { name: 'AttemptsFailed', dimensions: { service: 'relay', code: 'http-429' } },
        ],
      },
      { ...rule, metrics: [] },
      undefined,
    ]);
  });

  const threeHours = () => ({ from: noon - 60 * MINUTE_MS, to: noon + 10 * MINUTE_MS, periodSeconds: 60 });

  it('finds the codes of a metric, with their sums, and none of other relays', async () => {
    record('AttemptsFailed', { service: 'other', code: 'task-5003' }, noon, 4);
    record('AttemptsFailed', { service: 'relay', code: 'http-500' }, noon, 5);
    const readings = await reader.readSumsByCode({ name: 'AttemptsFailed', service: 'relay' }, threeHours());
    expect(readings.map(({ query, points }) => [query.dimensions['code'], points])).toEqual([
      ['http-500', [{ at: noon, value: 5 }]],
      [
        'http-429',
        [
          { at: noon, value: 2 },
          { at: noon + MINUTE_MS, value: 1 },
        ],
      ],
    ]);
  });

  it('lists the codes of a metric, and lists them again after an hour only', async () => {
    const query = { name: 'AttemptsFailed', service: 'relay' } as const;
    expect(await reader.listCodes(query)).toEqual(['http-429', 'http-500']);
    record('AttemptsFailed', { service: 'relay', code: 'task-5004' }, noon, 1);
    now += 59 * MINUTE_MS;
    expect(await reader.listCodes(query)).toEqual(['http-429', 'http-500']);
    now += 2 * MINUTE_MS;
    expect(await reader.listCodes(query)).toEqual(['http-429', 'http-500', 'task-5004']);
    expect(await reader.listCodes({ ...query, service: 'new' })).toEqual([]);
    record('AttemptsFailed', { service: 'new', code: 'http-429' }, noon, 1);
    // An empty list is not kept: a new relay would see nothing for an hour.
    expect(await reader.listCodes({ ...query, service: 'new' })).toEqual(['http-429']);
  });

  const refusalOf = async (input: object): Promise<string> => {
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData' },
      body: JSON.stringify({ StartTime: noon / 1_000, EndTime: noon / 1_000 + 600, ...input }),
    });
    return answer.status === 200 ? `answered ${await answer.text()}` : ((await answer.json()) as Error).message;
  };
  const stat = (Id: string, Period = 60) => ({
    Id,
    MetricStat: { Metric: { Namespace: METRIC_NAMESPACE, MetricName: 'AttemptsFailed' }, Period, Stat: 'Sum' },
  });
  const select = (Id: string, Period = 60) => ({ Id, Period, Expression: 'SELECT SUM(SweepRuns) FROM Get3wRelay' });
  const DAY_SECONDS = 86_400;

  it.each([
    ['a period there is none of', { MetricDataQueries: [stat('a', 45)] }, /The period 45 is not/],
    ['500 series and one', { MetricDataQueries: Array.from({ length: 501 }, (_, i) => stat(`a${i}`)) }, /than 500/],
    ['two queries of Metrics Insights', { MetricDataQueries: [select('a'), select('b')] }, /only one Metrics Insights/],
    [
      'one that looks back further than three hours',
      { StartTime: noon / 1_000 - 11_000, MetricDataQueries: [select('a')] },
      /three hours/,
    ],
    ['an end before the beginning', { EndTime: noon / 1_000 - 1, MetricDataQueries: [stat('a')] }, /must be less/],
    ['an id twice', { MetricDataQueries: [stat('a'), stat('a')] }, /a is a duplicate/],
    ['an id that begins with a capital', { MetricDataQueries: [stat('A')] }, /lower-case letter/],
  ])('refuses what CloudWatch refuses: %s', async (_what, input, text) => {
    expect(await refusalOf(input)).toMatch(text);
  });

  it.each([
    ['60 s after fifteen days', 16 * DAY_SECONDS, 60],
    ['300 s after nine weeks', 64 * DAY_SECONDS, 300],
    ['10 s after three hours', 4 * 3_600, 10],
  ])('has no datapoints left where CloudWatch has none: %s', async (_what, ageSeconds, Period) => {
    const query = { ...stat('a', Period) };
    query.MetricStat.Metric = { ...query.MetricStat.Metric, ...{ Dimensions: [{ Name: 'service', Value: 'relay' }] } };
    const asked = (period: number) =>
      refusalOf({
        StartTime: noon / 1_000 - ageSeconds,
        MetricDataQueries: [{ ...query, MetricStat: { ...query.MetricStat, Period: period } }],
      });
    expect(await asked(Period)).toContain('"Values":[]');
    expect(await asked(3_600)).toContain('"Values":[9]');
  });

  it('refuses by name what the stand-in does not compute', async () => {
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
    expect(await other.text()).toContain('PutMetricAlarm is not supported on one machine');
  });
});
