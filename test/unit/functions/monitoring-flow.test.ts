import { describe, expect, it } from 'vitest';
import { readAlarmHistory } from '../../../functions/monitoring/alarm-history.ts';
import { listAlarms, readMetrics } from '../../../functions/monitoring/flow.ts';
import { MemoryAcknowledgements } from '../../support/memory/memory-acknowledgements.ts';
import type { HttpFailure } from '../../../core/http/http-failure.ts';
import type { AlarmHistoryQuery, AlarmReading, MetricWindow, SeriesQuery } from '../../../core/http/monitoring.ts';
import type { MonitoringPorts } from '../../../functions/monitoring/flow.ts';

const NOON_MS = Date.parse('2026-03-01T12:00:00Z');
const NOW = Date.parse('2026-03-01T12:00:30Z');

interface Asked {
  readonly queries: readonly SeriesQuery[];
  readonly window: MetricWindow;
  readonly isInsights?: true;
}

/** CloudWatch that has measured 7 at one moment of the series that are named, and nothing of the others. */
function portsWith({ measured = [], alarms = [] }: { measured?: readonly string[]; alarms?: readonly AlarmReading[] }) {
  const asked: Asked[] = [];
  const historyAsked: AlarmHistoryQuery[] = [];
  const ports: MonitoringPorts = {
    service: 'relay-dev',
    clock: { now: () => NOW },
    acknowledgements: new MemoryAcknowledgements(),
    reader: {
      readSeries: (queries, window) => {
        asked.push({ queries, window });
        const points = [{ at: Date.parse('2026-03-01T11:00:00Z'), value: 7 }];
        return Promise.resolve(
          queries.map((query) => ({
            query,
            points: measured.includes(`${query.name} ${query.dimensions['code'] ?? ''}`.trim()) ? points : [],
          })),
        );
      },
      readSumsByCode: ({ name, service }, window) => {
        const codes = measured.flatMap((one) => (one.startsWith(`${name} `) ? [one.slice(name.length + 1)] : []));
        const queries = codes.map((code): SeriesQuery => ({ name, statistic: 'Sum', dimensions: { service, code } }));
        asked.push({ queries, window, isInsights: true });
        return Promise.resolve(queries.map((query) => ({ query, points: [{ at: NOON_MS, value: 7 }] })));
      },
      listCodes: ({ name }) => Promise.resolve(name === 'AttemptsFailed' ? ['http-429', 'task-5003'] : []),
      readAlarmHistory: (query) => {
        historyAsked.push(query);
        const at = Date.parse('2026-03-01T11:00:00Z');
        const turn = { at, previous: 'OK', state: 'ALARM', reason: 'much' } as const;
        return Promise.resolve({ changes: [{ name: 'relay-dev/A/B', ...turn }], completeFrom: at });
      },
      listAlarms: (prefix) => Promise.resolve(alarms.filter(({ name }) => name.startsWith(prefix))),
    },
  };
  return { ports, asked, historyAsked };
}

async function refusalOf(query: Record<string, string>): Promise<string> {
  try {
    await readMetrics(portsWith({}).ports, query);
    return 'none';
  } catch (error) {
    return (error as HttpFailure).details ?? (error as Error).message;
  }
}

describe('an answer with more datapoints than Lambda can carry', () => {
  const codes = Array.from({ length: 40 }, (_, index) => `task-${index}`);
  /** One series a code, each with as many points as one may have. */
  const readingsOf = (name: SeriesQuery['name'], pointCount: number) =>
    codes.map((code) => ({
      query: { name, statistic: 'Sum', dimensions: { service: 'relay-dev', code } } as const,
      points: Array.from({ length: pointCount }, (_, index) => ({ at: NOON_MS + index, value: 123_456.789 })),
    }));
  const portsOf = (pointCount: number): MonitoringPorts => {
    const { ports } = portsWith({});
    const readSumsByCode: MonitoringPorts['reader']['readSumsByCode'] = ({ name }) =>
      Promise.resolve(readingsOf(name, pointCount));
    return { ...ports, reader: { ...ports.reader, readSumsByCode } };
  };
  const query = { name: 'AttemptsFailed', dimensions: 'code=*', period: '10' };

  it('is refused by name, with what to request instead', async () => {
    await expect(readMetrics(portsOf(1_251), query)).rejects.toMatchObject({
      status: 400,
      details: expect.stringMatching(/50040 datapoints, at most 50000 are allowed: ask for fewer names/),
    });
  });

  it('is within what an answer can carry up to there', async () => {
    const answer = await readMetrics(portsOf(1_250), query);
    expect(Buffer.byteLength(JSON.stringify(JSON.stringify(answer)))).toBeLessThan(4_500_000);
  });
});

describe('metrics for the console', () => {
  it('are read by name, of this relay alone, and the answer leaves out the service', async () => {
    const { ports, asked } = portsWith({ measured: ['TasksAccepted'] });
    const answer = await readMetrics(ports, { name: 'TasksAccepted,AttemptsEnded', period: '300' });
    expect(asked[0]?.queries.map(({ dimensions }) => dimensions)).toEqual([
      { service: 'relay-dev' },
      { service: 'relay-dev' },
    ]);
    expect(answer.series).toEqual([
      {
        name: 'TasksAccepted',
        statistic: 'Sum',
        dimensions: {},
        datapoints: [{ timestamp: '2026-03-01T11:00:00.000Z', value: 7 }],
      },
      { name: 'AttemptsEnded', statistic: 'Sum', dimensions: {}, datapoints: [] },
    ]);
  });

  it('by every code are those that were met: three hours are searched, so that a new code is there at once', async () => {
    const { ports, asked } = portsWith({ measured: ['AttemptsFailed http-429', 'TasksEnded task-0'] });
    const answer = await readMetrics(ports, { name: 'AttemptsFailed,TasksEnded', dimensions: 'code=*', period: '300' });
    expect(answer.series.map(({ name, dimensions }) => [name, dimensions])).toEqual([
      ['AttemptsFailed', { code: 'http-429' }],
      ['TasksEnded', { code: 'task-0' }],
    ]);
    expect(answer.metrics_read).toBe(2);
    expect(asked.map(({ isInsights }) => isInsights)).toEqual([true, true]);
    // Whole periods within the three hours: one that begins earlier would be refused.
    expect(asked.map(({ window }) => new Date(window.from).toISOString())).toEqual(
      Array(2).fill('2026-03-01T09:05:00.000Z'),
    );
  });

  it.each([
    ['a longer time', { from: '2026-03-01T00:00:00Z', period: '300' }],
    ['another statistic', { statistic: 'Maximum' }],
  ])('by every code over %s are read for the listed codes only', async (_what, query) => {
    const { ports, asked } = portsWith({ measured: ['AttemptsFailed http-429'] });
    const answer = await readMetrics(ports, { name: 'AttemptsFailed,TasksEnded', dimensions: 'code=*', ...query });
    expect(asked.map(({ queries }) => queries.map(({ dimensions }) => dimensions['code']))).toEqual([
      ['http-429', 'task-5003'],
    ]);
    expect(answer.metrics_read).toBe(2);
  });

  it('span three hours up to now unless a time is given', async () => {
    const { ports, asked } = portsWith({});
    await readMetrics(ports, { name: 'TasksAccepted' });
    await readMetrics(ports, { name: 'TasksAccepted', from: '2026-03-01T10:00:00Z', to: '2026-03-01T11:00:00Z' });
    expect(asked.map(({ window }) => [new Date(window.from).toISOString(), window.periodSeconds])).toEqual([
      ['2026-03-01T09:00:30.000Z', 60],
      ['2026-03-01T10:00:00.000Z', 60],
    ]);
  });

  it('are one point for all of the time when asked so, from the grain that is still kept', async () => {
    const { ports, asked } = portsWith({});
    const whole = { name: 'EndToEndTime', statistic: 'p99', period: 'all' };
    await readMetrics(ports, { ...whole, from: '2026-03-01T11:10:20Z' });
    const month = { from: '2026-02-01T00:01:00Z', to: '2026-02-28T00:00:00Z' };
    expect((await readMetrics(ports, { ...whole, ...month })).period).toBe(27 * 86_400);
    expect(asked.map(({ window }) => [new Date(window.from).toISOString(), window.periodSeconds])).toEqual([
      ['2026-03-01T11:10:20.000Z', 51 * 60],
      ['2026-02-01T00:01:00.000Z', 27 * 86_400],
    ]);
    expect(asked.every(({ window }) => window.isWhole)).toBe(true);
  });

  it('by every code of a time that CloudWatch no longer lists are read for every code there is', async () => {
    const { ports, asked } = portsWith({ measured: ['AttemptsFailed task-1500'] });
    const old = { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z', period: '3600' };
    await readMetrics(ports, { name: 'AttemptsFailed', dimensions: 'code=*', ...old });
    const codes = asked[0]?.queries.map(({ dimensions }) => dimensions['code']) ?? [];
    expect(codes).toEqual(expect.arrayContaining(['http-429', 'task-5003', 'task-0', 'cancelled', 'other']));
    expect(codes.length).toBeLessThan(80);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each([
    [{ name: 'EndToEndTime', period: 'all', from: '2026-01-01T00:00:00Z' }, /up to 30 days at once/],
    [{ name: 'AttemptsFailed', period: 'all', dimensions: 'code=*' }, /not answered for every code/],
    [{}, /name must be one to 10 of TasksAccepted/],
    [{ name: 'Invocations' }, /name must be one/],
    [{ name: 'toString' }, /name must be one/],
    // Kept in the logs alone.
    [{ name: 'ProviderTime' }, /name must be one/],
    [{ name: 'RetriesScheduled' }, /RetriesScheduled is kept by code only/],
    [{ name: 'TasksAccepted', statistic: 'p17' }, /statistic must be one of Sum/],
    [{ name: 'TasksAccepted', dimensions: 'code=http-429' }, /TasksAccepted has no dimensions/],
    [{ name: 'TasksEnded', dimensions: 'service=other' }, /TasksEnded has one of the dimensions code, model/],
    [{ name: 'TasksEnded', dimensions: 'code=task-0,model=a' }, /TasksEnded has one of/],
    [{ name: 'TasksEnded', dimensions: 'model=*' }, /only code can be given as \*/],
    [{ name: 'TasksEnded', dimensions: 'code' }, /dimensions must be written/],
    [{ name: 'TasksAccepted', period: '7' }, /period must be/],
    [{ name: 'TasksAccepted', period: '-60' }, /period must be/],
    [{ name: 'TasksAccepted', from: 'yesterday' }, /from must be a moment/],
    [{ name: 'TasksAccepted', from: '2026-03-01T13:00:00Z' }, /from must be before to/],
    [{ name: 'TasksAccepted', from: '2026-02-01T00:00:00Z' }, /more than 1440 periods/],
    // CloudWatch has forgotten such periods, and would answer with nothing.
    [
      { name: 'TasksAccepted', from: '2026-03-01T08:00:00Z', to: '2026-03-01T08:10:00Z', period: '10' },
      /periods of 60/,
    ],
    [{ name: 'TasksAccepted', from: '2026-02-10T00:00:00Z', to: '2026-02-10T01:00:00Z' }, /periods of 300 seconds/],
    [{ name: 'TasksAccepted', from: '2025-12-20T00:00:00Z', to: '2025-12-21T00:00:00Z', period: '300' }, /of 3600/],
  ] as const)('are refused with what is wrong for %o', async (query, text) => {
    expect(await refusalOf(query)).toMatch(text);
  });
});

describe('the history of alarms', () => {
  const history = (query: Record<string, string>) => {
    const { ports, historyAsked } = portsWith({});
    return readAlarmHistory(ports, query).then(
      (answer) => ({ answer, asked: historyAsked[0] }),
      (error: HttpFailure) => ({ answer: error.details, asked: undefined }),
    );
  };

  it('is of the last day of this relay, and says from when on it is complete', async () => {
    const { answer, asked } = await history({});
    expect(asked).toEqual({ from: NOW - 86_400_000, to: NOW, prefix: 'relay-dev/' });
    expect(answer).toMatchObject({
      complete_from: '2026-03-01T11:00:00.000Z',
      changes: [{ name: 'A/B', at: '2026-03-01T11:00:00.000Z', previous: 'OK', state: 'ALARM', reason: 'much' }],
    });
    expect((await history({ name: 'A/B' })).asked?.name).toBe('relay-dev/A/B');
  });

  it.each([
    [{ to: '' }, /to must be a moment/],
    [{ from: '2026-03-01T13:00:00Z' }, /from must be before to/],
    [{ from: '2026-01-01T13:00:00Z' }, /kept for 30 days/],
    [{ from: 'once' }, /from must be a moment/],
    [{ name: '' }, /name must be the name of an alarm/],
    [{ name: 'A'.repeat(101) }, /name must be the name of an alarm/],
  ])('is refused for %o', async (query, text) => {
    expect((await history(query)).answer).toMatch(text);
  });
});

describe('alarms for the console', () => {
  const reading = (name: string, state: AlarmReading['state'], description = ''): AlarmReading => ({
    name,
    description,
    state,
    reason: 'because',
    since: NOW,
  });

  it('are those of this relay, the ones that fire first', async () => {
    const { ports } = portsWith({
      alarms: [reading('relay-dev/B', 'OK'), reading('relay-dev/C', 'ALARM'), reading('other/A', 'ALARM')],
    });
    expect((await listAlarms(ports)).alarms.map(({ name, state }) => [name, state])).toEqual([
      ['C', 'ALARM'],
      ['B', 'OK'],
    ]);
  });

  it('have the meaning of their description, and their section of the runbook', async () => {
    const text = '[page] Nobody is served. Missing data: breaching. Runbook: https://r.example/console/runbook#a-b';
    const { ports } = portsWith({ alarms: [reading('relay-dev/Sweep/Heartbeat', 'OK', text)] });
    expect((await listAlarms(ports)).alarms[0]).toMatchObject({
      severity: 'page',
      meaning: 'Nobody is served.',
      runbook: 'a-b',
      since: '2026-03-01T12:00:30.000Z',
      condition: null,
    });
  });

  it('name the codes that put one into ALARM which has a state for each', async () => {
    const firing = {
      ...reading('relay-dev/ByCode', 'ALARM'),
      contributors: [{ code: 'task-5003' }, { code: 'http-500' }],
    };
    const { ports } = portsWith({ alarms: [firing, reading('relay-dev/Other', 'OK')] });
    expect((await listAlarms(ports)).alarms.map(({ codes }) => codes)).toEqual([['task-5003', 'http-500'], []]);
  });

  it('without a runbook in their description lead to the section of their name', async () => {
    const { ports } = portsWith({ alarms: [reading('relay-dev/Sweep/OverdueRows', 'OK', 'Something.')] });
    expect((await listAlarms(ports)).alarms[0]).toMatchObject({ severity: null, runbook: 'sweep-overdue-rows' });
  });
});
