// Groups of failures as the API shows them, and the way from a group or a code to its tasks.
import { tasksAddress } from '../tasks/task-filter.ts';
import type { PublicFailure } from '../../../core/http/public-failure.ts';

export type Failure = PublicFailure;

export interface Failures {
  readonly from: string;
  readonly to: string;
  readonly total: number;
  readonly at_least: boolean;
  readonly more_groups: number;
  readonly failures: readonly Failure[];
}

/** The group, as the calls name it that mute it. */
export function muteBody({ key, model, account }: Failure): Readonly<Record<string, string>> {
  return { code: key, model, ...(account !== undefined && { account }) };
}

/** Address of the tasks of a group, below `/console`. @param from since when the group is counted. */
export function tasksOfFailure({ key, model, account }: Failure, from: string): string {
  return tasksAddress({ met: key, model, from, ...(account !== undefined && { account }) });
}
