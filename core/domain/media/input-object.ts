// Inputs that are too long for the table: where they lie in the bucket, and for how long. An input is written before its
// task and never changed. submit-task.ts decides which input goes there.
import { INPUTS_FOLDER } from './media-settings.ts';
import { DAY_MS } from '../time-ms.ts';
import type { RelaySettings } from '../settings.ts';
import type { Task } from '../task/task.ts';

/** Undefined for a task whose input lies in the table. */
export function inputKeyOf({ accountId, inputId }: Pick<Task, 'accountId' | 'inputId'>): string | undefined {
  return inputId === undefined ? undefined : `${INPUTS_FOLDER}/${accountId}/${inputId}`;
}

/** Allowance between a task's deadline and the record of its end, for an outage of the relay itself. */
export const LATE_END_MS = 7 * DAY_MS;

/**
 * How long an input must live from its submit, or from a retry: the task ends by its deadline or little later, and may be
 * put back until its retention ends.
 */
export function inputLifeMs({ deadlineMs, retention }: Pick<RelaySettings, 'deadlineMs' | 'retention'>): number {
  return deadlineMs + LATE_END_MS + retention.tasksMs;
}
