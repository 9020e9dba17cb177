// The alarms of the stack as the local runtime reads them: each is evaluated, and reads something that is measured
// here, or that cannot happen here and is named as such.
import { describe, expect, it } from 'vitest';
import { AlarmBoard } from '../../local/cloudwatch/alarms/alarm-board.ts';
import { mathFunctions } from '../../local/cloudwatch/alarms/math/math-functions.ts';
import { readCompositeAlarm, readMetricAlarm } from '../../local/cloudwatch/alarms/read-alarm.ts';
import { storedReadings } from '../../local/cloudwatch/alarms/stored-readings.ts';
import { MetricStore } from '../../local/cloudwatch/metrics/metric-store.ts';
import { measureInvocation, measureQueues, measureRequest } from '../../local/cloudwatch/metrics/service-metrics.ts';
import { LOCAL_API_ID, makeLocalWorld } from '../../local/template/resource-identity.ts';
import { ResourceReader } from '../../local/template/resource-reader.ts';
import { TemplateResolver } from '../../local/template/template-resolver.ts';
import { METRIC_NAMESPACE } from '../../core/contract/metrics.ts';
import { wholeProps } from '../../lib/monitoring-report/monitored-template.ts';
import { synthesise } from '../support/relay-template.ts';
import type { Alarm, MetricSource } from '../../local/cloudwatch/alarms/alarm-definition.ts';

const { json, resources } = synthesise(wholeProps);
const world = makeLocalWorld('relay', { api: 'http://127.0.0.1:1', queues: 'http://127.0.0.1:2' }, 'uuid');
const resolver = new TemplateResolver(json, world);

function nameOf(logicalId: string): string {
  return String(resolver.resolve({ Ref: logicalId }, { logicalId, type: 'any' }));
}

const alarms: readonly Alarm[] = resources
  .filter(({ type }) => /^AWS::CloudWatch::(Composite)?Alarm$/.test(type))
  .map(({ id, type, properties, whole }) => {
    const place = { logicalId: id, type };
    const reader = new ResourceReader(place, properties, (value, at) => resolver.resolve(value, at));
    const read = type === 'AWS::CloudWatch::Alarm' ? readMetricAlarm : readCompositeAlarm;
    const alarm = read(reader, { name: nameOf(id), metadata: whole.Metadata });
    reader.done();
    return alarm;
  });

function sourcesOf(alarm: Alarm): readonly MetricSource[] {
  if (alarm.kind === 'composite' || alarm.subject.kind === 'insights') return [];
  return alarm.subject.kind === 'metric' ? [alarm.subject.source] : [...alarm.subject.metrics.values()];
}

function seriesName({ namespace, name, dimensions }: Omit<MetricSource, 'statistic'>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}

/** What no stand-in does: refuse for capacity, or because another write holds the item. */
const impossibleHere = ['Throttles', 'ReadThrottleEvents', 'TransactionConflict', 'WriteThrottleEvents'];

describe('the alarms of the stack on one machine', () => {
  it('are all evaluated: severity, runbook and rule are read, and composite ones find their children', () => {
    const options = { readings: storedReadings(new MetricStore()), factor: 1, startedAt: 0, announce: () => {} };
    const board = new AlarmBoard({ alarms, ...options });
    expect(alarms.length).toBeGreaterThan(45);
    for (const { name, severity, runbook } of board.report()) {
      expect(['page', 'ticket'], name).toContain(severity);
      expect(runbook, name).toMatch(/^http:\/\/127\.0\.0\.1:1\/console\/runbook#/);
    }
    expect(() => board.evaluate(Date.now())).not.toThrow();
  });

  it('use every function of metric math that is evaluated here: one that no alarm uses goes', () => {
    const expressions = resources.flatMap(({ properties }) =>
      (properties?.Metrics ?? []).flatMap(({ Expression }: { Expression?: string }) => Expression ?? []),
    ) as string[];
    const called = expressions
      .filter((text) => !text.startsWith('SELECT'))
      .flatMap((text) => [...text.matchAll(/\b([A-Z_]+)\(/g)].map(([, name]) => name));
    expect([...new Set(called)].sort()).toEqual(Object.keys(mathFunctions).sort());
  });

  it('read what is measured here, under the same names and dimensions', () => {
    const store = new MetricStore();
    for (const { id } of resources.filter(({ type }) => type === 'AWS::Lambda::Function')) {
      measureInvocation(store, nameOf(id), { isFailed: true, durationMs: 1 });
    }
    measureRequest(store, { apiId: LOCAL_API_ID, stageName: '$default' }, { status: 500, latencyMs: 1 });
    const queues = resources.filter(({ type }) => type === 'AWS::SQS::Queue').map(({ id }) => nameOf(id));
    const counts = { readyCount: 1, delayedCount: 0, inFlightCount: 0, oldestAgeSeconds: 1 };
    measureQueues(
      store,
      queues.map((url) => ({ name: url.split('/').at(-1) ?? '', ...counts })),
    );
    const measured = new Set(store.list().map(seriesName));
    const ofServices = alarms.flatMap(sourcesOf).filter(({ namespace }) => namespace !== METRIC_NAMESPACE);
    const missing = ofServices.filter((source) => !measured.has(seriesName(source))).map(({ name }) => name);
    expect(ofServices.length).toBeGreaterThan(20);
    expect([...new Set(missing)].sort()).toEqual([...impossibleHere].sort());
  });
});

describe('the share of failed attempts, in an incident whose failures come in waves', () => {
  const five = 300_000;
  const start = Math.floor(Date.UTC(2026, 0, 1) / five) * five;
  /**
   * Attempts that ended and failed, by five minutes: Get3W is down for an hour. While retries wait, fewer attempts end
   * than make a share, and three times nothing seems to fail. Then nothing does.
   */
  const course: readonly (readonly [ended: number, failed: number])[] = [
    ...[...calm(3), [130, 70], [90, 60], [16, 14], [14, 11], [80, 52], [70, 40]],
    ...[[12, 9], [10, 6], [66, 40], [75, 30], [15, 6], ...calm(9)],
  ] as const;

  function calm(periods: number): readonly (readonly [number, number])[] {
    return Array.from({ length: periods }, () => [120, 2] as const);
  }

  /** The states that the alarm enters, with the period of the course in which it does. */
  const replay = (alarm: Alarm): readonly string[] => {
    const store = new MetricStore();
    const story: string[] = [];
    let period = 0;
    const board = new AlarmBoard({
      alarms: [alarm],
      readings: storedReadings(store),
      factor: 1,
      startedAt: start,
      announce: ({ previous, state }) => previous !== 'INSUFFICIENT_DATA' && story.push(`${state} in ${period}`),
    });
    for (const [ended, failed] of course) {
      const at = start + period * five;
      for (const [name, value] of [
        ['AttemptsEnded', ended],
        ['AttemptsFailed', failed],
      ] as const) {
        const series = { namespace: METRIC_NAMESPACE, name, dimensions: { service: 'get3w-relay' }, unit: 'Count' };
        store.record({ ...series, values: [value], at });
      }
      period += 1;
      board.evaluate(start + period * five);
    }
    return story;
  };

  const rate = alarms.find(({ name }) => name === 'get3w-relay/Settle/FailureRate') as Alarm;

  it('fires once and ends once', () => {
    expect(replay(rate)).toEqual(['ALARM in 5', 'OK in 18']);
  });

  it('and as early as the rule that went on and off three times', () => {
    const twoOfThree = { ...rate, evaluationPeriods: 3 } as Alarm;
    const story = replay(twoOfThree);
    expect(story.filter((change) => change.startsWith('ALARM'))).toHaveLength(3);
    expect(story[0]).toBe(replay(rate)[0]);
  });
});

describe('an incident of three minutes on a relay whose alarms run twelve times as fast', () => {
  const minuteMs = 60_000 / 12;
  const start = Math.floor(Date.UTC(2026, 0, 1) / 300_000) * 300_000;
  const down = Array.from({ length: 36 }, (_, minute): Minute => (minute % 18 < 7 ? [60, 42] : [2, 1]));
  /** Attempts that ended and failed, by minutes of the alarms: failures come in waves, between which retries wait. */
  const course: readonly Minute[] = [...calm(10), ...down, ...calm(40)];
  type Minute = readonly [ended: number, failed: number];

  function calm(minutes: number): readonly Minute[] {
    return Array.from({ length: minutes }, () => [24, 0] as const);
  }

  /** The changes of the alarm, each with the minute of the course in which it comes. */
  const replay = (alarm: Alarm) => {
    const store = new MetricStore();
    const changes: { readonly state: string; readonly minute: number; readonly codes: readonly string[] }[] = [];
    let minute = 0;
    const board = new AlarmBoard({
      alarms: [alarm],
      readings: storedReadings(store),
      factor: 12,
      startedAt: start,
      announce: ({ previous, state, contributor = {} }) =>
        previous !== 'INSUFFICIENT_DATA' && changes.push({ state, minute, codes: Object.values(contributor) }),
    });
    const service = { service: 'get3w-relay' };
    for (const [ended, failed] of course) {
      const measured = { namespace: METRIC_NAMESPACE, unit: 'Count', at: start + minute * minuteMs };
      store.record({ ...measured, name: 'AttemptsEnded', dimensions: service, values: [ended] });
      store.record({ ...measured, name: 'AttemptsFailed', dimensions: service, values: [failed] });
      const ofCode = { ...service, code: 'task-5003' };
      store.record({ ...measured, name: 'AttemptsFailed', dimensions: ofCode, values: [failed] });
      minute += 1;
      board.evaluate(start + minute * minuteMs);
    }
    return changes;
  };

  const named = (name: string): Alarm => alarms.find((alarm) => alarm.name === `get3w-relay/${name}`) as Alarm;
  const rate = named('Settle/FailureRate');

  it('is one alarm that goes on once and off once, as early as the rule that went on and off three times', () => {
    const story = replay(rate).map(({ state, minute }) => [state, minute]);
    const before = replay({ ...rate, evaluationPeriods: 3 } as Alarm).map(({ state, minute }) => [state, minute]);
    expect(before.map(([state]) => state)).toEqual(['ALARM', 'OK', 'ALARM', 'OK', 'ALARM', 'OK']);
    expect(story.map(([state]) => state)).toEqual(['ALARM', 'OK']);
    expect(story[0]).toEqual(before[0]);
  });

  it('is named by its code: the alarm by codes says which one it is', () => {
    const codes = replay(named('Settle/FailuresByCode')).flatMap((change) => change.codes);
    expect(new Set(codes)).toEqual(new Set(['task-5003']));
  });
});
