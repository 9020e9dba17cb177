import { describe, expect, it } from 'vitest';
import { listAlarms, readMetrics } from '../../../functions/monitoring/flow.ts';
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';
import type { AlarmReading, MetricWindow, SeriesQuery } from '../../../core/http/monitoring.ts';
import type { MonitoringPorts } from '../../../functions/monitoring/flow.ts';

const NOW = Date.parse('2026-03-01T12:00:30Z');

interface Asked {
  readonly queries: readonly SeriesQuery[];
  readonly window: MetricWindow;
}

/** CloudWatch that has measured 7 at one moment of the series that are named, and nothing of the others. */
const portsWith = ({
  measured = [],
  alarms = [],
}: {
  measured?: readonly string[];
  alarms?: readonly AlarmReading[];
}) => {
  const asked: Asked[] = [];
  const ports: MonitoringPorts = {
    service: 'relay-dev',
    clock: { now: () => NOW },
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
      listAlarms: (prefix) => Promise.resolve(alarms.filter(({ name }) => name.startsWith(prefix))),
    },
  };
  return { ports, asked };
};

const refusalOf = async (query: Record<string, string>): Promise<string> => {
  try {
    await readMetrics(portsWith({}).ports, query);
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('metrics for the console', () => {
  it('are asked for by name, of this relay alone, and the service is left out of the answer', async () => {
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

  it('by every code are asked for by the catalogue, and only codes that were met are answered', async () => {
    const { ports, asked } = portsWith({ measured: ['AttemptsFailed http-429'] });
    const answer = await readMetrics(ports, { name: 'AttemptsFailed', dimensions: 'code=*' });
    const codes = asked[0]?.queries.map(({ dimensions }) => dimensions['code']);
    expect(codes).toEqual(expect.arrayContaining([...errorCatalogue.map(({ key }) => key), 'other', 'cancelled']));
    expect(answer.series.map(({ dimensions }) => dimensions)).toEqual([{ code: 'http-429' }]);
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

  it.each([
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
    [{ name: 'TasksEnded', dimensions: 'model=*' }, /only code can be asked for as \*/],
    [{ name: 'TasksEnded', dimensions: 'code' }, /dimensions must be written/],
    [{ name: 'TasksAccepted', period: '7' }, /period must be/],
    [{ name: 'TasksAccepted', period: '-60' }, /period must be/],
    [{ name: 'TasksAccepted', from: 'yesterday' }, /from must be a time/],
    [{ name: 'TasksAccepted', from: '2026-03-01T13:00:00Z' }, /from must be before to/],
    [{ name: 'TasksAccepted', from: '2026-02-01T00:00:00Z' }, /more than 1440 periods/],
  ] as const)('are refused with what is wrong for %o', async (query, text) => {
    expect(await refusalOf(query)).toMatch(text);
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

  it('say what their description says, and where the runbook tells of them', async () => {
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

  it('without a runbook in their description lead to the section of their name', async () => {
    const { ports } = portsWith({ alarms: [reading('relay-dev/Sweep/OverdueRows', 'OK', 'Something.')] });
    expect((await listAlarms(ports)).alarms[0]).toMatchObject({ severity: null, runbook: 'sweep-overdue-rows' });
  });
});
