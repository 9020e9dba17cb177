// Inputs that are too long for the table: where they lie in the bucket. An input is written before its task and never
// changed. submit-task.ts decides which input goes there, media-settings.ts for how long.
import { INPUTS_FOLDER } from './media-settings.ts';
import type { Task } from '../task/task.ts';

/** Undefined for a task whose input lies in the table. */
export function inputKeyOf({ accountId, inputId }: Pick<Task, 'accountId' | 'inputId'>): string | undefined {
  return inputId === undefined ? undefined : `${INPUTS_FOLDER}/${accountId}/${inputId}`;
}
