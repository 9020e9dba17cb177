// Failures as groups: which code came from which model for which account, since when, how often, and whether it grows.
// Pure; an adapter reads the tasks that met a failure.

/** A task that met failures on its way, however it ended. */
export interface FailedTask {
  readonly id: string;
  readonly accountId: string;
  readonly model: string;
  /** Keys of the error catalogue, or of its form. */
  readonly codes: readonly string[];
}

export interface FailureGroup {
  readonly key: string;
  readonly model: string;
  readonly accountId: string;
  /** Tasks that met it. */
  readonly tasks: number;
  /** When the first and the last of them were made, epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Tasks in equal parts of the range, oldest first. */
  readonly trend: readonly number[];
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

const TREND_PARTS = 12;

/** The groups with the most tasks first; of equal ones the one that was met last. */
export function groupFailures(failed: readonly FailedTask[], range: Range): readonly FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const task of failed) {
    for (const key of task.codes) {
      const name = JSON.stringify([key, task.model, task.accountId]);
      groups.set(name, withTask(groups.get(name) ?? emptyGroup(key, task), madeAt(task.id), range));
    }
  }
  return [...groups.values()].sort((a, b) => b.tasks - a.tasks || b.lastAt - a.lastAt);
}

function emptyGroup(key: string, { model, accountId }: FailedTask): FailureGroup {
  const trend = Array.from({ length: TREND_PARTS }, () => 0);
  return { key, model, accountId, tasks: 0, firstAt: Infinity, lastAt: 0, trend };
}

function withTask(group: FailureGroup, at: number, { fromMs, toMs }: Range): FailureGroup {
  const part = Math.floor(((at - fromMs) / (toMs - fromMs)) * TREND_PARTS);
  const own = Math.min(TREND_PARTS - 1, Math.max(0, part));
  return {
    ...group,
    tasks: group.tasks + 1,
    firstAt: Math.min(group.firstAt, at),
    lastAt: Math.max(group.lastAt, at),
    trend: group.trend.map((tasks, index) => (index === own ? tasks + 1 : tasks)),
  };
}

/** The time in a UUIDv7, RFC 9562: its first 48 bits are milliseconds of the epoch. */
function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) || 0;
}
