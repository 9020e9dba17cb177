// The ends of a task whose events are not handed on yet: each event is due with its task, by which the sweep announces
// the end again until deliver has brought the event to its receivers. decide.ts adds and removes them.
import { limits } from '../limits.ts';
import { holdsEvent } from '../media/keep-mode.ts';
import type { Due, OpenEnd, Task } from './task.ts';

/** @param ended a task that ends now. The keep stage writes a held event, which has a due of its own. */
export function withOpenEnd(ended: Task, now: number): Task {
  if (holdsEvent(ended)) return ended;
  return { ...ended, openEnds: [...(ended.openEnds ?? []), { end: ended.ends, at: now }] };
}

export function withoutOpenEnd(task: Task, end: number): Task {
  const { openEnds = [], ...rest } = task;
  const left = openEnds.filter((open) => open.end !== end);
  return left.length === 0 ? rest : { ...rest, openEnds: left };
}

export function isOpenEnd({ openEnds = [] }: Task, end: number): boolean {
  return openEnds.some((open) => open.end === end);
}

/** True for good once it is: an end that is handed on is never opened again. False for an end that is still to come. */
export function isHandedOn(task: Task, end: number): boolean {
  return task.ends >= end && !isOpenEnd(task, end);
}

/** When the sweep announces it again. */
export function announceAtOf({ at, announceAt }: OpenEnd): number {
  return announceAt ?? at + limits.eventGraceMs;
}

/** When it needs its next visit, for itself or for an end that may have to be announced again. */
export function nextVisit({ due, openEnds = [] }: Task): Due | undefined {
  const visits = [
    ...(due ? [due] : []),
    ...openEnds.map((open) => ({ at: announceAtOf(open), by: 'doorbell' as const })),
  ];
  return visits.reduce<Due | undefined>((first, one) => (first && first.at <= one.at ? first : one), undefined);
}

/** The task as the sweep finds it: where it stood before, or at its next visit if that is earlier. */
export function sweptAt(before: Task, { sweepAt: _before, ...moved }: Task): Task {
  const visit = nextVisit(moved);
  return { ...moved, ...(visit && { sweepAt: Math.min(before.sweepAt ?? visit.at, visit.at) }) };
}
