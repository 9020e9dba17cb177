// The ends of a task that are not handed on yet: the sweep finds the task by them, whatever else the task is doing, and
// announces them again, until deliver reports each.
import { describe, expect, it } from 'vitest';
import { decide } from '../../../core/domain/task/decide.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { limits } from '../../../core/domain/limits.ts';
import { isHandedOn, nextVisit } from '../../../core/domain/task/open-ends.ts';
import { NOW, openAttemptIn, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { Decision, TaskEvent } from '../../../core/domain/task/event.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const { graceMs } = defaultSettings;
const { eventGraceMs } = limits;
const duePassed: TaskEvent = { type: 'due-passed' };
const cancel: TaskEvent = { type: 'cancel-requested' };
const putBack: TaskEvent = { type: 'retry-requested', isCounted: false };
const failure = { level: 'task', code: 1001, text: 'Invalid' } as const;
const fails: TaskEvent = { type: 'outcome-reported', attempt: 1, outcome: { kind: 'failed', failure } };

function decided(task: Task, event: TaskEvent, now: number = NOW): Decision {
  return decide(task, event, { now, random: () => 0.5, settings: defaultSettings });
}

function changed(task: Task, event: TaskEvent, now: number = NOW): Extract<Decision, { kind: 'changed' }> {
  const decision = decided(task, event, now);
  if (decision.kind === 'refused') throw new Error(`refused: ${decision.reason}`);
  return decision;
}

function running(parts: Partial<Task> = {}): Task {
  const attempts = [openAttemptIn('running', 1)];
  return sampleTask({ status: 'running', attempts, attemptCount: 1, slot: sampleSlot(), ...parts });
}

const announce = { type: 'announce-end', taskId: sampleTask().id, end: 1, at: NOW } as const;

describe('the end of a task', () => {
  it('is open from then on, and found by the sweep if its doorbell is lost', () => {
    const { task } = changed(sampleTask(), cancel);
    expect(task.openEnds).toEqual([{ end: 1, at: NOW }]);
    expect(nextVisit(task)).toEqual({ at: NOW + eventGraceMs, by: 'doorbell' });
    expect(isHandedOn(task, 1)).toBe(false);
    expect(decided(task, duePassed, NOW + eventGraceMs - 1)).toMatchObject({ kind: 'refused' });
  });

  it('is not open where the keep stage writes its event', () => {
    const outcome = { kind: 'succeeded', outputs: ['https://get3w.example/1.png'] } as const;
    const { task } = changed(running({ keep: 'before-webhook' }), { type: 'outcome-reported', attempt: 1, outcome });
    expect(task).not.toHaveProperty('openEnds');
    expect(task).not.toHaveProperty('sweepAt');
  });

  it('is announced again later and later, to sixteen times as late, until it is handed on', () => {
    let { task } = changed(sampleTask(), cancel);
    const waits: number[] = [];
    for (let now = NOW + eventGraceMs, count = 0; count < 8; count += 1) {
      const again = changed(task, duePassed, now);
      expect(again.effects).toEqual([announce]);
      expect(again.task.updatedAt).toBe(task.updatedAt);
      const next = nextVisit(again.task)?.at ?? 0;
      waits.push((next - now) / graceMs);
      [task, now] = [again.task, next];
    }
    expect(waits).toEqual([1, 1.5, 3, 6, 12, 16, 16, 16]);
  });

  it('is closed once it is handed on, which no client sees and nothing undoes', () => {
    const ended = changed(sampleTask(), cancel).task;
    const { task, effects } = changed(ended, { type: 'end-handed-on', end: 1 }, NOW + 200);
    const { openEnds: _open, sweepAt: _at, ...rest } = ended;
    expect(task).toEqual({ ...rest, version: ended.version + 1 });
    expect(effects).toEqual([]);
    expect(isHandedOn(task, 1)).toBe(true);
    // An end that is still to come is not handed on, however old the copy of the task is that is asked.
    expect(isHandedOn(task, 2)).toBe(false);
    expect(decided(task, { type: 'end-handed-on', end: 1 })).toEqual({ kind: 'refused', reason: 'not-open' });
  });

  it('stays beside the attempt that outlives it, each with a visit of its own', () => {
    const ended = changed(running({ deadlineAt: NOW + 5_000, due: { at: NOW + 5_000, by: 'sweep' } }), cancel).task;
    expect(ended.due).toBeDefined();
    const again = changed(ended, duePassed, NOW + eventGraceMs);
    expect(again.effects).toContainEqual(announce);
    const handedOn = changed(again.task, { type: 'end-handed-on', end: 1 }, NOW + eventGraceMs).task;
    expect(nextVisit(handedOn)).toEqual(again.task.due);
  });
});

describe('a task that is put back while its end is open', () => {
  const failed = changed(running(), fails).task;
  const back = changed(failed, putBack, NOW + 1_000).task;

  it('has it announced again, though the task itself waits for its deadline', () => {
    expect(back).toMatchObject({ status: 'queued', openEnds: [{ end: 1, at: NOW }] });
    const waiting = changed(back, { type: 'slot-denied' }, NOW + 2_000).task;
    expect(waiting).toMatchObject({ status: 'waiting', sweepAt: failed.sweepAt });
    const again = changed(waiting, duePassed, NOW + eventGraceMs);
    expect(again.effects).toEqual([announce]);
    expect(again.task).toMatchObject({ status: 'waiting', due: waiting.due, ticket: waiting.ticket });
  });

  it('has two of them when it ends again, each closed for itself', () => {
    const { task } = changed(back, cancel, NOW + 3_000);
    expect(task.openEnds).toEqual([
      { end: 1, at: NOW },
      { end: 2, at: NOW + 3_000 },
    ]);
    const left = changed(task, { type: 'end-handed-on', end: 2 }, NOW + 3_100).task;
    expect(left.openEnds).toEqual([{ end: 1, at: NOW }]);
    expect([isHandedOn(left, 1), isHandedOn(left, 2)]).toEqual([false, true]);
  });
});
