import { describe, expect, it } from 'vitest';
import { conditionWords, timesWords } from '../../../console/source/alarms/alarm-words.ts';
import { viewOf } from '../../../console/source/frame/view-name.ts';
import { countThreshold, codeColour, failureRows } from '../../../console/source/overview/failure-rows.ts';
import { metricGrid } from '../../../console/source/overview/metric-grid.ts';
import { taskEnds } from '../../../console/source/overview/task-ends.ts';
import { distanceWords, durationWords } from '../../../console/source/parts/words.ts';
import { gateCondition, heldTasks } from '../../../console/source/relay/gate-condition.ts';
import { shownOutputs } from '../../../console/source/task/shown-outputs.ts';
import { logPlaces } from '../../../console/source/task/log-places.ts';
import { timeMarks } from '../../../console/source/task/time-marks.ts';
import { timelineOf } from '../../../console/source/task/timeline-steps.ts';
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';
import type { PublicAlarm, PublicSeries } from '../../../core/http/monitoring.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { PublicAttempt, PublicTask } from '../../../core/http/public-task.ts';

const minutes = ['12:00', '12:01', '12:02'].map((time) => `2026-03-01T${time}:00.000Z`);

function gridOf(...series: [name: string, code: string | undefined, values: (number | null)[]][]) {
  return metricGrid({
    period: 60,
    from: '2026-03-01T12:00:20.000Z',
    to: '2026-03-01T12:02:20.000Z',
    metrics_read: series.length,
    series: series.map(([name, code, values]) => ({
      name: name as PublicSeries['name'],
      statistic: 'Sum',
      dimensions: { ...(code !== undefined && { code }) },
      datapoints: values.flatMap((value, index) =>
        value === null ? [] : [{ timestamp: minutes[index] ?? '', value }],
      ),
    })),
  });
}

describe('figures over time', () => {
  it('form one row of periods, with a gap where nothing was measured', () => {
    const grid = gridOf(['SlotsInUse', undefined, [2, null, 4]]);
    expect(grid.times.map((at) => new Date(at).toISOString())).toEqual(minutes);
    expect(grid.column('SlotsInUse')).toEqual([2, null, 4]);
    expect(grid.column('SlotsLimit')).toEqual([null, null, null]);
  });

  it('tell the period that is not over from those that are, because part of a count looks like a fall', () => {
    const grid = gridOf(['TasksAccepted', undefined, [5, 6, 1]]);
    expect([grid.times.length, grid.wholeCount]).toEqual([3, 2]);
  });

  it('of failed attempts are shares of those that ended, the most frequent code first', () => {
    const totals = gridOf(['AttemptsEnded', undefined, [10, null, 20]], ['AttemptsFailed', undefined, [5, null, 5]]);
    const byCode = gridOf(
      ['AttemptsFailed', 'http-429', [1, null, null]],
      ['AttemptsFailed', 'task-5003', [4, null, 5]],
    );
    const rows = failureRows(totals, byCode);
    expect(rows.map(({ code, failed, percent }) => [code, failed, Math.round(percent ?? -1)])).toEqual([
      [undefined, 10, 33],
      ['task-5003', 9, 30],
      ['http-429', 1, 3],
    ]);
    expect(rows[1]?.shares).toEqual([40, null, 25]);
  });

  it('of tasks distinguish completed, failed and cancelled by their codes', () => {
    const ends = taskEnds(
      gridOf(
        ['TasksEnded', 'task-0', [3, 0, 1]],
        ['TasksEnded', 'task-1401', [1, null, null]],
        ['TasksEnded', 'task-5004', [1, null, 2]],
        ['TasksEnded', 'cancelled', [null, 1, null]],
      ),
    );
    expect(ends).toEqual({ completed: [3, 0, 1], failed: [2, 0, 2], cancelled: [0, 1, 0] });
  });

  it('have a colour of its own for each documented transient error', () => {
    const passing = errorCatalogue.filter(({ documented, transient }) => documented && transient);
    expect(new Set(passing.map(({ key }) => codeColour(key))).size).toBe(passing.length);
    const all = new Set(errorCatalogue.map(({ key }) => codeColour(key)));
    expect([...all].sort()).toEqual(Array.from({ length: 8 }, (_, index) => `--series-${index + 1}`));
  });
});

const alarm: PublicAlarm = {
  name: 'Settle/FailuresByCode',
  state: 'OK',
  reason: '',
  since: null,
  severity: 'ticket',
  meaning: '',
  runbook: '',
  condition: { comparison: '>=', threshold: 50, breaching: 2, periods: 3, period: 300, floor: null, metrics: [] },
  codes: [],
  acknowledged: null,
};

describe('the log lines of a task', () => {
  it('are found by a command on one machine, and by a query in the region that the address names', () => {
    expect(logPlaces('id-1', '127.0.0.1:1', true)).toEqual({ text: 'grep -h id-1 .relay/logs/*', address: undefined });
    const deployed = logPlaces('id-1', 'abc1.execute-api.eu-west-1.amazonaws.com', false);
    expect(deployed.text).toContain('like "id-1"');
    expect(deployed.address).toMatch(/^https:\/\/eu-west-1\.console\.aws\.amazon\.com\//);
    expect(logPlaces('id-1', 'relay.example.com', false).address).toBeUndefined();
  });
});

describe('an alarm', () => {
  it('says in words when it fires', () => {
    expect(conditionWords(alarm)).toBe('at least 50 in 2 of 3 periods of 5 min');
    expect(conditionWords({ ...alarm, condition: null })).toBe('follows other alarms');
    expect(timesWords(alarm)).toBe('in 2 of 3 periods of 5 min');
    expect(timesWords({ ...alarm, condition: null })).toBe('follows other alarms');
  });

  it('says from how many it judges a share', () => {
    const condition = { ...alarm.condition, floor: { metric: 'AttemptsEnded', count: 20 } } as PublicAlarm['condition'];
    expect(conditionWords({ ...alarm, condition })).toBe(
      'at least 50 in 2 of 3 periods of 5 min, where AttemptsEnded is 20 or more',
    );
  });

  it('on a count has its threshold scaled to the period of a point, and to the pace of the machine', () => {
    expect(countThreshold(alarm, 60, 1)).toBe(10);
    expect(countThreshold(alarm, 5, 12)).toBe(10);
  });
});

function attempt(fields: Partial<PublicAttempt>): PublicAttempt {
  return {
    attempt: 1,
    status: 'failed',
    request_id: null,
    level: null,
    code: null,
    error: null,
    started_at: '2026-03-01T12:00:01.000Z',
    accepted_at: null,
    ended_at: null,
    delay_ms: null,
    ...fields,
  };
}

function task(fields: Partial<PublicTask>): PublicTask {
  return {
    id: 'id',
    model: 'a/b/c',
    status: 'processing',
    code: null,
    outputs: null,
    error: null,
    created_at: '2026-03-01T12:00:00.000Z',
    updated_at: '2026-03-01T12:00:00.000Z',
    completed_at: null,
    next_attempt_at: null,
    money: null,
    phase: 'running',
    attempts: [],
    ...fields,
  };
}

describe('the timeline of a task', () => {
  const at = (second: number): string => new Date(Date.parse('2026-03-01T12:00:00Z') + second * 1_000).toISOString();
  const read = (shown: PublicTask, now: number) => {
    const { from, steps } = timelineOf(shown, [], from0 + now * 1_000);
    return steps.map((step) => [step.kind, (step.from - from) / 1_000, (step.to - from) / 1_000, step.isOpen]);
  };
  const from0 = Date.parse('2026-03-01T12:00:00Z');

  it('shows waits, attempts, backoffs and the end in their order', () => {
    const attempts = [
      attempt({ started_at: at(2), ended_at: at(5), delay_ms: 900 }),
      attempt({ attempt: 2, started_at: at(6), ended_at: at(8), status: 'completed', code: 0 }),
    ];
    expect(read(task({ attempts, status: 'completed', completed_at: at(8) }), 60)).toEqual([
      ['wait', 0, 2, false],
      ['attempt', 2, 5, false],
      ['wait', 5, 6, false],
      ['attempt', 6, 8, false],
      ['end', 8, 8, false],
    ]);
  });

  it('keeps its scale when a webhook is sent again a day later, and the first retries of a webhook on it', () => {
    const shown = task({
      attempts: [attempt({ started_at: at(0), ended_at: at(20), status: 'completed', code: 0 })],
      status: 'completed',
      completed_at: at(20),
    });
    const calls = [20, 25, 45, 86_400, 86_405].map((second) => ({ started_at: at(second), duration_ms: 1_000 }));
    const deliveries = [{ attempts: calls }] as unknown as Parameters<typeof timelineOf>[1];
    const { from, to, steps, lateFrom } = timelineOf(shown, deliveries, from0);
    expect((to - from) / 1_000).toBe(46);
    expect(steps.slice(lateFrom).map((step) => (step.from - from) / 1_000)).toEqual([86_400, 86_405]);
  });

  it('lasts until now while something is open: the wait, or the attempt', () => {
    expect(read(task({ phase: 'waiting' }), 3)).toEqual([['wait', 0, 3, true]]);
    expect(read(task({ attempts: [attempt({ started_at: at(0) })] }), 3)).toEqual([['attempt', 0, 3, true]]);
    const ended = attempt({ started_at: at(0), ended_at: at(1) });
    expect(read(task({ attempts: [ended], phase: 'backoff', next_attempt_at: at(9) }), 3)).toEqual([
      ['attempt', 0, 1, false],
      ['wait', 1, 3, true],
    ]);
  });

  it('continues with a late attempt after the task has ended', () => {
    const attempts = [attempt({ started_at: at(0), status: 'running' })];
    const steps = read(task({ attempts, status: 'cancelled', completed_at: at(2) }), 5);
    expect(steps).toEqual([
      ['attempt', 0, 5, true],
      ['end', 2, 2, false],
    ]);
  });
});

describe('words and addresses', () => {
  it.each([
    [850, '850 ms'],
    [4_240, '4.2 s'],
    [65_000, '1 min 5 s'],
    [3_600_000, '1 h'],
    [90_061_000, '1 d 1 h'],
  ])('writes %d milliseconds as %s', (durationMs, text) => {
    expect(durationWords(durationMs)).toBe(text);
  });

  it('shows how far away a time is', () => {
    expect([distanceWords(0, 500), distanceWords(0, 61_000), distanceWords(10_000, 0)]).toEqual([
      'now',
      '1 min ago',
      'in 11 s',
    ]);
  });

  it('reads the view from the path, and refuses a path without one', () => {
    expect(['', 'tasks', 'tasks/x', 'gate/x', 'toString'].map((path) => viewOf(path).view)).toEqual([
      'overview',
      'tasks',
      'task',
      'unknown',
      'unknown',
    ]);
  });

  it('names an operator’s pause before those that Get3W causes', () => {
    const circuits: PublicGate['circuits'] = [];
    const gate = { pause: null, operator_pause: null, circuits } as unknown as PublicGate;
    const limited = { reason: 'limited', since: 'a', until: 'b' };
    expect(gateCondition(gate)).toBe('open');
    expect(gateCondition({ ...gate, pause: limited })).toBe('limited');
    expect(gateCondition({ ...gate, pause: { reason: 'refused', since: 'a', http_status: 403 } })).toBe('refused');
    expect(
      gateCondition({ ...gate, pause: limited, operator_pause: { since: 'a', by: 'b', until: null, reason: null } }),
    ).toBe('stopped');
  });

  it('does not call a gate open while a circuit holds tasks back', () => {
    const circuit = { model: 'a/b/c', state: 'open', since: 'a', failed_probes: 0, next_probe_at: 'b' };
    const waiting = [
      { kind: 'fresh', account_id: 'x', model: 'a/b/c', tasks: 3 },
      { kind: 'fresh', account_id: 'x', model: 'other', tasks: 5 },
    ];
    const gate = { pause: null, operator_pause: null, circuits: [circuit], waiting } as unknown as PublicGate;
    expect(gateCondition(gate)).toBe('partly');
    expect(heldTasks(gate)).toBe(3);
    expect(gateCondition({ ...gate, circuits: [{ ...circuit, state: 'closed' }] })).toBe('open');
  });
});

describe('the scale over a timeline', () => {
  it.each([
    [2_800, 1_000, [0, 1_000, 2_000]],
    [430, 100, [0, 100, 200, 300, 400]],
    [12_000, 5_000, [0, 5_000, 10_000]],
    [200_000, 60_000, [0, 60_000, 120_000, 180_000]],
    [1, 1, [0, 1]],
  ])('of %d ms has a mark at each round time', (spanMs, stepMs, marks) => {
    expect(timeMarks(spanMs)).toEqual({ stepMs, marks });
  });

  it('has a handful of marks, however long the task took', () => {
    for (let spanMs = 1; spanMs < 4e9; spanMs *= 1.7) {
      const { marks } = timeMarks(spanMs);
      expect(marks.length, String(spanMs)).toBeGreaterThan(1);
      expect(marks.length, String(spanMs)).toBeLessThanOrEqual(6);
    }
  });
});

describe('the outputs of a task', () => {
  const [first, second] = ['https://get3w.example/1.png', 'https://get3w.example/2.png'];
  const copy = { source: first, state: 'kept', url: 'https://bucket.example/1?signed', cause: null };
  const lost = { source: second, state: 'lost', url: null, cause: 'gone' };

  it('are shown from the bucket where the relay keeps them, else from Get3W', () => {
    const task = { outputs: [first, second], kept_outputs: [copy, lost] };
    expect(shownOutputs(task as unknown as PublicTask)).toEqual([
      { source: first, address: copy.url, isKept: true },
      { source: second, address: second, isKept: false, missing: 'Not kept: its server no longer had it' },
    ]);
  });

  it.each([
    [null, 'Not kept yet'],
    ['status', 'Not kept yet: its server answered with an error'],
  ])('say of one whose copy is still to come, after %s, why it is missing', (cause, missing) => {
    const task = { outputs: [second], kept_outputs: [{ ...lost, state: 'pending', cause }] };
    expect(shownOutputs(task as unknown as PublicTask)).toMatchObject([{ address: second, missing }]);
  });

  it('are left to Get3W where the task keeps none, and none where they hold no address', () => {
    expect(shownOutputs({ outputs: first } as unknown as PublicTask)).toMatchObject([{ address: first }]);
    expect(shownOutputs({ outputs: { text: 'a hat' } } as unknown as PublicTask)).toEqual([]);
  });
});
