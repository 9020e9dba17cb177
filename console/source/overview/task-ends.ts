// How tasks ended, derived from their codes: completed, cancelled, failed.
import { errorKey, taskCodes } from '../../../core/domain/error-catalogue.ts';
import { zeroed } from './metric-grid.ts';
import type { MetricGrid } from './metric-grid.ts';

interface TaskEnds {
  readonly completed: readonly number[];
  readonly failed: readonly number[];
  readonly cancelled: readonly number[];
}

const completedKey = errorKey('task', taskCodes.success);
const CANCELLED = 'cancelled';

export function taskEnds(byCode: MetricGrid): TaskEnds {
  const ended = (code: string): readonly number[] => zeroed(byCode.column('TasksEnded', { code }));
  const failures = byCode.codes('TasksEnded').filter((code) => code !== completedKey && code !== CANCELLED);
  const failed = failures.reduce<readonly number[]>(
    (sums, code) => ended(code).map((count, index) => count + (sums[index] ?? 0)),
    byCode.times.map(() => 0),
  );
  return { completed: ended(completedKey), cancelled: ended(CANCELLED), failed };
}
