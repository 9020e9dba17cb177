// The result of a load: the table by code, and the verdict. A run is good when every accepted task completed, and
// Get3W's ledger shows exactly one paid success for each.
import Table from 'cli-table3';
import type { LoadResult, MeasuredTask } from './load-run.ts';

export interface Ledger {
  readonly maxRunning: number;
  readonly tasks: Readonly<
    Record<string, { readonly accepted: number; readonly charged: number; readonly refunded: number }>
  >;
}

interface LoadVerdict {
  /** One sentence for each thing that is wrong; empty for a good run. */
  readonly faults: readonly string[];
  readonly summary: string;
}

/** A table by the codes of attempts: their number and share, and the times of the tasks with them. */
export function codeTable({ tasks }: LoadResult): string {
  const attempts = new Map<string, { count: number; readonly tasks: Set<MeasuredTask> }>();
  let total = 0;
  for (const task of tasks.values()) {
    for (const { level, code } of task.attempts) {
      const key = code === 0 ? 'completed' : `${level ?? 'open'} ${code ?? ''}`.trim();
      const row = attempts.get(key) ?? { count: 0, tasks: new Set() };
      row.count += 1;
      row.tasks.add(task);
      attempts.set(key, row);
      total += 1;
    }
  }
  const table = new Table({
    head: ['met by attempts', 'attempts', 'share', 'tasks', 'p50 end to end', 'p99 end to end'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const add = (name: string, count: number, met: Iterable<MeasuredTask>): void => {
    const times = [...met].flatMap(endToEndMs).sort((one, other) => one - other);
    table.push([
      name,
      count,
      `${((100 * count) / Math.max(1, total)).toFixed(1)} %`,
      times.length,
      seconds(at(times, 0.5)),
      seconds(at(times, 0.99)),
    ]);
  };
  const rows = [...attempts].sort(([, one], [, other]) => other.count - one.count);
  for (const [name, row] of rows) add(name, row.count, row.tasks);
  add('all', total, tasks.values());
  return table.toString();
}

export function judgeLoad(result: LoadResult, taskCount: number, ledger: Ledger | undefined): LoadVerdict {
  const { ids, refusals, tasks, submittedMs, elapsedMs } = result;
  const faults: string[] = [];
  for (const [answer, count] of refusals) faults.push(`${count} submits were answered with ${answer.slice(0, 200)}`);
  const statuses = Map.groupBy(ids, (id) => tasks.get(id)?.status ?? 'unknown to the relay');
  for (const [status, those] of statuses) {
    if (status !== 'completed') faults.push(`${those.length} tasks are ${status}, such as ${those[0]}`);
  }
  const paid = ledger && ids.map((id) => ({ id, count: paidCount(ledger, id) }));
  // A submit whose answer was lost may have been paid, and is sent again once its doubt is over: docs/reliability.md.
  const wasInDoubt = (id: string): boolean => tasks.get(id)?.attempts.some(({ doubt }) => doubt) ?? false;
  const again = paid?.filter(({ count }) => count > 1) ?? [];
  const twice = again.filter(({ id }) => !wasInDoubt(id));
  if (twice.length > 0) faults.push(`${twice.length} tasks were paid more than once, such as ${twice[0]?.id}`);
  const unpaid = paid?.filter(({ id, count }) => count < 1 && tasks.get(id)?.status === 'completed') ?? [];
  if (unpaid.length > 0) faults.push(`${unpaid.length} tasks completed without a success at Get3W`);
  const completed = statuses.get('completed')?.length ?? 0;
  const rate = (completed / (elapsedMs / 1_000)).toFixed(1);
  const doubted = again.length - twice.length;
  const doubts = doubted > 0 ? ` ${doubted} were paid again after a doubt.` : '';
  const running = ledger ? ` At most ${ledger.maxRunning} ran at Get3W at once.` : '';
  const summary =
    `${completed} of ${taskCount} tasks completed in ${seconds(elapsedMs)} (${rate} a second), ` +
    `submitted within ${seconds(submittedMs)}.${running}${doubts}`;
  return { faults, summary };
}

function paidCount({ tasks }: Ledger, id: string): number {
  const { charged = 0, refunded = 0 } = tasks[id] ?? {};
  return charged - refunded;
}

function endToEndMs({ created_at, completed_at }: MeasuredTask): number[] {
  return completed_at === null ? [] : [Date.parse(completed_at) - Date.parse(created_at)];
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function seconds(timeMs: number): string {
  return `${(timeMs / 1_000).toFixed(2)} s`;
}
