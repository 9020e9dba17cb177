import { describe, expect, it } from 'vitest';
import { AlarmBoard } from '../../../local/cloudwatch/alarms/alarm-board.ts';
import { parseAlarmRule } from '../../../local/cloudwatch/alarms/alarm-rule.ts';
import { parseInsightsQuery } from '../../../local/cloudwatch/alarms/insights-query.ts';
import { parseMath } from '../../../local/cloudwatch/alarms/math/parse-math.ts';
import { storedReadings } from '../../../local/cloudwatch/alarms/stored-readings.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';
import { ALARM_TOPIC, alarmIdentity, sampleAlarm } from '../../support/sample-alarm.ts';
import type { AlarmChange } from '../../../local/cloudwatch/alarms/alarm-board.ts';
import type { Alarm, CompositeAlarm, MetricAlarm } from '../../../local/cloudwatch/alarms/alarm-definition.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 1);

function compositeOf(name: string, rule: string): CompositeAlarm {
  return {
    ...alarmIdentity,
    kind: 'composite',
    name,
    rule: parseAlarmRule(rule),
  };
}

/** A board whose clock and measurements the test moves. */
class Scene {
  readonly store = new MetricStore();
  readonly changes: AlarmChange[] = [];
  readonly board: AlarmBoard;

  constructor(alarms: readonly Alarm[], factor = 1) {
    this.board = new AlarmBoard({
      alarms,
      readings: storedReadings(this.store),
      factor,
      startedAt: START,
      announce: (change) => this.changes.push(change),
    });
  }

  measure(name: string, value: number, afterMs: number, dimensions: Record<string, string> = {}): void {
    this.store.record({ namespace: 'Relay', name, dimensions, unit: 'Count', values: [value], at: START + afterMs });
  }

  evaluate(afterMs: number): void {
    this.board.evaluate(START + afterMs);
  }

  stateOf(name: string): string | undefined {
    return this.board.report().find((alarm) => alarm.name === name)?.state;
  }

  /** `name: previous > state` of every change so far. */
  get story(): readonly string[] {
    return this.changes.map(({ name, previous, state, contributor }) => {
      const who = contributor ? `${name} ${Object.values(contributor).join()}` : name;
      return `${who}: ${previous} > ${state}`;
    });
  }
}

describe('the board of alarms', () => {
  it('begins with insufficient data, fires, recovers, and notifies the topics of each change once', () => {
    const scene = new Scene([sampleAlarm('failed')]);
    expect(scene.stateOf('failed')).toBe('INSUFFICIENT_DATA');
    scene.measure('Failed', 7, 10_000);
    scene.evaluate(MINUTE_MS);
    scene.evaluate(MINUTE_MS + 1);
    scene.measure('Failed', 1, MINUTE_MS + 10_000);
    scene.evaluate(2 * MINUTE_MS);
    expect(scene.story).toEqual(['failed: INSUFFICIENT_DATA > ALARM', 'failed: ALARM > OK']);
    expect(scene.changes[0]).toEqual({
      name: 'failed',
      previous: 'INSUFFICIENT_DATA',
      state: 'ALARM',
      reason: '1 out of the last 1 datapoints [7] is greater than or equal to the threshold 5 (alarm at 1 of 1)',
      since: START + MINUTE_MS,
      severity: 'page',
      runbook: 'docs/runbook.md#failed',
      description: 'what happened',
      contributor: undefined,
      topicArns: [ALARM_TOPIC],
    });
  });

  it('reports each alarm with state, reason, time, severity and runbook', () => {
    const scene = new Scene([sampleAlarm('failed')]);
    scene.evaluate(MINUTE_MS);
    expect(scene.board.report()).toEqual([
      {
        name: 'failed',
        kind: 'metric',
        state: 'OK',
        reason: 'No datapoints were received for 1 periods: missing data counts as notBreaching.',
        since: new Date(START + MINUTE_MS).toISOString(),
        severity: 'page',
        runbook: 'docs/runbook.md#failed',
        description: 'what happened',
      },
    ]);
  });

  // "If the Period is 5 minutes and Evaluation Periods is 1, then at the end of minute 5 the alarm evaluates based on
  // data from minutes 1 to 5. Then at the end of minute 6, based on the data from minutes 2 to 6."
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
  it('evaluates every minute the five minutes that end then', () => {
    const scene = new Scene([sampleAlarm('failed', { periodSeconds: 300 })]);
    scene.measure('Failed', 3, 30_000);
    scene.measure('Failed', 3, 4 * MINUTE_MS + 30_000);
    scene.evaluate(4 * MINUTE_MS);
    expect(scene.stateOf('failed')).toBe('OK');
    scene.evaluate(5 * MINUTE_MS);
    expect(scene.stateOf('failed')).toBe('ALARM');
    scene.evaluate(6 * MINUTE_MS);
    expect(scene.stateOf('failed')).toBe('OK');
  });

  it('needs M of N datapoints', () => {
    const scene = new Scene([sampleAlarm('failed', { evaluationPeriods: 3, datapointsToAlarm: 2 })]);
    for (const [index, value] of [9, 0, 9, 0, 0].entries()) {
      scene.measure('Failed', value, index * MINUTE_MS + 1);
      scene.evaluate((index + 1) * MINUTE_MS);
    }
    expect(scene.story).toEqual(['failed: INSUFFICIENT_DATA > OK', 'failed: OK > ALARM', 'failed: ALARM > OK']);
  });

  it('lets periods pass twelve times as fast on request', () => {
    const scene = new Scene([sampleAlarm('failed', { periodSeconds: 300 })], 12);
    expect(scene.board.stepMs).toBe(5_000);
    scene.measure('Failed', 6, 24_000);
    scene.evaluate(20_000);
    expect(scene.stateOf('failed')).toBe('OK');
    scene.evaluate(25_000);
    expect(scene.stateOf('failed')).toBe('ALARM');
  });

  it('steps by ten seconds as soon as one alarm has a period under a minute', () => {
    expect(new Scene([sampleAlarm('slow'), sampleAlarm('quick', { periodSeconds: 30 })]).board.stepMs).toBe(10_000);
  });

  it('evaluates metric math over the measurements', () => {
    const source = (name: string) =>
      ({ namespace: 'Relay', name, dimensions: {}, statistic: { kind: 'sum' } }) as const;
    const rate = sampleAlarm('rate', {
      threshold: 30,
      comparison: '>',
      subject: {
        kind: 'math',
        metrics: new Map([
          ['n', source('Ended')],
          ['e', source('Failed')],
        ]),
        expressions: new Map([['rate', parseMath('IF(FILL(n, 0) >= 20, 100 * FILL(e, 0) / n, 0)')]]),
        texts: new Map(),
        resultId: 'rate',
      },
    });
    const scene = new Scene([rate]);
    scene.measure('Failed', 10, 1);
    scene.measure('Ended', 10, 1);
    scene.evaluate(MINUTE_MS);
    expect(scene.stateOf('rate')).toBe('OK');
    scene.measure('Failed', 10, MINUTE_MS + 1);
    scene.measure('Ended', 30, MINUTE_MS + 1);
    scene.evaluate(2 * MINUTE_MS);
    expect(scene.stateOf('rate')).toBe('ALARM');
  });

  it('does not take the time before its start for silence', () => {
    const dead = sampleAlarm('heartbeat', {
      missingData: 'breaching',
      comparison: '<',
      threshold: 1,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
    });
    const scene = new Scene([dead]);
    scene.evaluate(2 * MINUTE_MS);
    expect(scene.stateOf('heartbeat')).toBe('INSUFFICIENT_DATA');
    scene.evaluate(3 * MINUTE_MS);
    expect(scene.stateOf('heartbeat')).toBe('ALARM');
  });

  it('keeps the state while missing data is ignored', () => {
    const scene = new Scene([sampleAlarm('failed', { missingData: 'ignore' })]);
    scene.measure('Failed', 9, 1);
    scene.evaluate(MINUTE_MS);
    scene.evaluate(30 * MINUTE_MS);
    expect(scene.story).toEqual(['failed: INSUFFICIENT_DATA > ALARM']);
  });
});

describe('an alarm on many time series', () => {
  const query = 'SELECT SUM(Failed) FROM SCHEMA("Relay", code) GROUP BY code ORDER BY SUM() DESC';
  const many = (missingData: MetricAlarm['missingData'] = 'notBreaching') =>
    sampleAlarm('codes', { missingData, subject: { kind: 'insights', query: parseInsightsQuery(query) } });

  it('has a state for each of them, and is in alarm while one of them is', () => {
    const scene = new Scene([many()]);
    scene.measure('Failed', 9, 1, { code: 'a' });
    scene.measure('Failed', 1, 1, { code: 'b' });
    scene.evaluate(MINUTE_MS);
    expect(scene.board.report()[0]).toMatchObject({
      state: 'ALARM',
      reason: '1 out of 2 time series evaluated to ALARM: a',
      contributors: [
        { group: { code: 'a' }, state: 'ALARM' },
        { group: { code: 'b' }, state: 'OK' },
      ],
    });
    expect(scene.story).toEqual(['codes a: OK > ALARM', 'codes: INSUFFICIENT_DATA > ALARM']);
  });

  it('takes a series that is gone for well, whatever missing data is to mean', () => {
    const scene = new Scene([many('breaching')]);
    scene.measure('Failed', 9, 1, { code: 'a' });
    scene.measure('Failed', 1, 5 * MINUTE_MS + 1, { code: 'b' });
    scene.evaluate(MINUTE_MS);
    scene.evaluate(6 * MINUTE_MS);
    expect(scene.story.slice(-2)).toEqual(['codes a: ALARM > OK', 'codes: ALARM > OK']);
    expect(scene.changes.at(-2)?.reason).toBe('No data was returned for this contributor');
  });

  it.each([
    ['missing', 'INSUFFICIENT_DATA'],
    ['ignore', 'INSUFFICIENT_DATA'],
    ['breaching', 'ALARM'],
    ['notBreaching', 'OK'],
  ] as const)('that finds none at all with missing data as %s is %s', (missingData, state) => {
    const scene = new Scene([many(missingData)]);
    scene.evaluate(MINUTE_MS);
    expect(scene.stateOf('codes')).toBe(state);
  });

  it('is one series over everything when the query does not group', () => {
    const all = 'SELECT SUM(Failed) FROM SCHEMA("Relay", code)';
    const scene = new Scene([sampleAlarm('all', { subject: { kind: 'insights', query: parseInsightsQuery(all) } })]);
    scene.measure('Failed', 3, 1, { code: 'a' });
    scene.measure('Failed', 3, 1, { code: 'b' });
    scene.evaluate(MINUTE_MS);
    expect(scene.board.report()[0]).toMatchObject({ state: 'ALARM' });
    expect(scene.board.report()[0]).not.toHaveProperty('contributors');
  });
});

describe('a composite alarm', () => {
  it('follows its children in the same step and names those in alarm', () => {
    const other = {
      kind: 'metric',
      source: { namespace: 'Relay', name: 'Other', dimensions: {}, statistic: { kind: 'sum' } },
    } as const;
    const scene = new Scene([
      compositeOf('users', 'ALARM(failed) OR ALARM(slow)'),
      sampleAlarm('failed'),
      sampleAlarm('slow', { subject: other }),
    ]);
    scene.evaluate(MINUTE_MS);
    scene.measure('Other', 9, MINUTE_MS + 1);
    scene.evaluate(2 * MINUTE_MS);
    scene.evaluate(10 * MINUTE_MS);
    expect(scene.story.filter((change) => change.startsWith('users'))).toEqual([
      'users: INSUFFICIENT_DATA > OK',
      'users: OK > ALARM',
      'users: ALARM > OK',
    ]);
    expect(scene.changes.find(({ name, state }) => name === 'users' && state === 'ALARM')?.reason).toBe(
      'In ALARM: slow',
    );
    expect(scene.board.report()[0]).toMatchObject({ children: ['failed', 'slow'] });
  });

  it('notifies no topic where none is named', () => {
    const silent = { ...sampleAlarm('child'), actions: { ALARM: [], OK: [], INSUFFICIENT_DATA: [] } };
    const scene = new Scene([silent, compositeOf('parent', 'ALARM(child)')]);
    scene.measure('Failed', 9, 1);
    scene.evaluate(MINUTE_MS);
    expect(scene.changes.map(({ name, topicArns }) => [name, topicArns.length])).toEqual([
      ['child', 0],
      ['parent', 1],
    ]);
  });
});
