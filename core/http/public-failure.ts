// A group of failures as operators and clients see it: the code as attempts show it, and the key that finds its tasks.
// Times are ISO 8601. Pure.
import { publicMute } from './public-mute.ts';
import type { FailureMute } from '../domain/failure-mute.ts';
import type { FailureGroup } from '../domain/task/failure-groups.ts';
import type { PublicMute } from './public-mute.ts';

export interface PublicFailure {
  /** Whose tasks they are; only in answers to operators. */
  readonly account?: string;
  /** For `met` of a list of tasks: `http-429`. */
  readonly key: string;
  /** `http`, `task` or `transport`. */
  readonly level: string;
  /** HTTP status, task code, or the name of the connection error. */
  readonly code: number | string;
  readonly model: string;
  readonly count: number;
  /** Of all tasks that met a failure, 0 to 1. */
  readonly share: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly trend: readonly number[];
  /** Until when the group is muted, why and by whom; null for one that is not. */
  readonly muted: PublicMute | null;
}

/** @param tasks that met any failure in the same range. */
export function publicFailure(group: FailureGroup, tasks: number, mute?: FailureMute): PublicFailure {
  const { key, model, firstAt, lastAt, trend } = group;
  const dash = key.indexOf('-');
  const code = key.slice(dash + 1);
  return {
    key,
    level: key.slice(0, dash),
    code: /^\d+$/.test(code) ? Number(code) : code,
    model,
    count: group.tasks,
    share: group.tasks / Math.max(1, tasks),
    first_seen: new Date(firstAt).toISOString(),
    last_seen: new Date(lastAt).toISOString(),
    trend,
    muted: mute ? publicMute(mute) : null,
  };
}
