// What a change of a task says in metrics: which tasks count as lost, and what an attempt that succeeds has cost.
import { describe, expect, it } from 'vitest';
import { errorCatalogue, lostTaskCodes } from '../../../core/domain/error-catalogue.ts';
import { measureChange } from '../../../core/flows/measure-change.ts';
import { NOW, sampleAttempt, sampleTask } from '../../support/sample-task.ts';
import type { MetricLine, MetricName } from '../../../core/contract/metrics.ts';
import type { Task } from '../../../core/domain/task/task.ts';

function sumOf(lines: readonly MetricLine[], name: MetricName): number {
  return lines.reduce((sum, { values }) => sum + (values[name] ?? 0), 0);
}

const running = sampleTask({ status: 'running', attempts: [sampleAttempt({ state: 'running', acceptedAt: NOW })] });

function endedWith(code: number): Task {
  return {
    ...running,
    status: 'failed',
    ends: 1,
    endedAt: NOW,
    result: { code, error: 'why', outputs: null },
  };
}

describe('a task that failed', () => {
  it.each([5000, 5003, 5004])('is lost when it ended with %d, because its request was in order', (code) => {
    const lines = measureChange({ before: running, after: endedWith(code) });
    expect([sumOf(lines, 'TasksFailed'), sumOf(lines, 'TasksLost')]).toEqual([1, 1]);
  });

  it.each([1200, 1400, 1401, 1405])('is not lost when it ended with %d, because its request was at fault', (code) => {
    const lines = measureChange({ before: running, after: endedWith(code) });
    expect([sumOf(lines, 'TasksFailed'), sumOf(lines, 'TasksLost')]).toEqual([1, 0]);
  });

  it('counts as lost by the reaction that the catalogue has for its error, whatever the error', () => {
    const tolerated = errorCatalogue.filter(({ reaction }) => reaction !== 'end' && reaction !== 'none');
    expect(new Set(tolerated.map(({ finalCode }) => finalCode))).toEqual(lostTaskCodes);
    expect(lostTaskCodes.has(0)).toBe(false);
  });
});

describe('a task that was put back', () => {
  const ended = { ...endedWith(1200), createdAt: NOW - 3 * 86_400_000, ends: 2 };
  const timesOf = (before: Task, after: Task): readonly string[] =>
    measureChange({ before, after }).flatMap(({ values }) =>
      Object.keys(values).filter((name) => name === 'EndToEndTime' || name === 'QueueWait'),
    );

  it('does not distort the times of others: neither its second end nor a first attempt after it is measured', () => {
    expect(timesOf({ ...running, ends: 1 }, ended)).toEqual([]);
    expect(timesOf(running, { ...ended, ends: 1 })).toEqual(['EndToEndTime']);
    const queued = sampleTask({ ends: 1 });
    const first = { ...queued, attempts: [sampleAttempt()] };
    expect(timesOf(queued, first)).toEqual([]);
    expect(timesOf({ ...queued, ends: 0 }, { ...first, ends: 0 })).toEqual(['QueueWait']);
  });
});

describe('an attempt that succeeds', () => {
  const [attempt = sampleAttempt()] = running.attempts;
  const money = { priceMicros: 40_000, reason: 'completed' } as const;
  const completed = { ...running, money, attempts: [{ ...attempt, state: 'closed', outcome: 'completed' } as const] };

  it('has cost the price of its model, once', () => {
    const lines = measureChange({ before: running, after: completed });
    expect(sumOf(lines, 'Spend')).toBe(0.04);
    expect(lines.find(({ values }) => values.Spend !== undefined)?.model).toBe('vendor/model/task');
    const again = { ...completed, updatedAt: NOW + 1, attempts: [{ ...completed.attempts[0], polls: 1 }] } as Task;
    expect(sumOf(measureChange({ before: completed, after: again }), 'Spend')).toBe(0);
  });

  it('has cost its price too when no task could use it', () => {
    const unused = {
      ...running,
      money,
      attempts: [{ ...attempt, state: 'closed', outcome: 'completed', unusedSuccess: true } as const],
    };
    const lines = measureChange({ before: running, after: unused });
    expect([sumOf(lines, 'Spend'), sumOf(lines, 'UnusedSuccesses')]).toEqual([0.04, 1]);
  });

  it('reports no cost for a task without a price', () => {
    const { money: _none, ...unpriced } = completed;
    const lines = measureChange({ before: running, after: unpriced });
    expect(lines.some(({ values }) => 'Spend' in values)).toBe(false);
  });
});

describe('what is written about one moment', () => {
  const [attempt = sampleAttempt()] = running.attempts;
  const closed = { ...attempt, state: 'closed', outcome: 'completed', endedAt: NOW } as const;
  const money = { priceMicros: 40_000, reason: 'completed' } as const;

  it('is one line: the end of an attempt, its cost and the end of its task', () => {
    const after: Task = { ...running, money, status: 'completed', ends: 1, endedAt: NOW, attempts: [closed] };
    const lines = measureChange({
      before: running,
      after: { ...after, result: { code: 0, error: null, outputs: [] } },
    });
    expect(lines).toHaveLength(1);
    expect(Object.keys(lines[0]?.values ?? {})).toEqual(
      expect.arrayContaining(['AttemptsEnded', 'Spend', 'TasksEnded', 'EndToEndTime']),
    );
    expect(lines[0]).toMatchObject({ code: 'task-0', model: 'vendor/model/task', properties: { attempt: 1 } });
  });

  it('is a line for each of two attempts that end together, so that both are counted', () => {
    const second = sampleAttempt({ number: 2, state: 'running', acceptedAt: NOW });
    const before: Task = { ...running, attempts: [attempt, second] };
    const lines = measureChange({ before, after: { ...before, attempts: [closed, { ...closed, number: 2 }] } });
    expect(sumOf(lines, 'AttemptsEnded')).toBe(2);
  });
});
