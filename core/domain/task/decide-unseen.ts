// Decisions that change nothing a client can see, and so leave the task's time of the last change as it is: an end that
// was handed on, and a visit of the sweep that came too early. Only decide calls them.
import { isOpenEnd, nextVisit, sweptAt, withoutOpenEnd } from './open-ends.ts';
import { requireSound } from './task-invariants.ts';
import type { Decision } from './event.ts';
import type { Task } from './task.ts';

/** @throws RelayError `decision-unsound`. */
export function decideHandedOn(task: Task, end: number): Decision {
  if (!isOpenEnd(task, end)) return { kind: 'refused', reason: 'not-open' };
  const closed = sweptAt(task, withoutOpenEnd(task, end));
  return { kind: 'changed', task: requireSound({ ...closed, version: task.version + 1 }), effects: [] };
}

/** The sweep found a task that needs no visit yet: it is rescheduled to the true time. */
export function decideMetEarly(task: Task, now: number): Decision {
  const { sweepAt } = task;
  const visit = nextVisit(task);
  if (!visit || sweepAt === undefined || sweepAt > now || sweepAt === visit.at) {
    return { kind: 'refused', reason: 'not-due' };
  }
  return { kind: 'changed', task: { ...task, sweepAt: visit.at, version: task.version + 1 }, effects: [] };
}
