// Finds the outputs that tasks keep, newest task first: of an account or of all, of a span of time, in some states.
// One read of the list of tasks and one of their keep jobs for each page, so that memory does not grow with the relay.
import { outputAddresses } from '../core/domain/media/output-addresses.ts';
import type { KeepCause, KeepJob, KeptOutput } from '../core/domain/media/keep-job.ts';
import type { Task } from '../core/domain/task/task.ts';
import type { CommandPorts } from './command-ports.ts';

/** As commands print it with `--json`. */
export interface ListedOutput {
  readonly task_id: string;
  readonly account_id: string;
  readonly output: number;
  readonly ended_at: string;
  readonly state: KeptOutput['state'];
  readonly tries: number;
  /** Get3W's own address of it. */
  readonly source: string;
  readonly key: string | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly content_type: string | null;
  readonly kept_at: string | null;
  readonly cause: KeepCause | null;
}

export interface OutputsQuery {
  readonly accountId: string | undefined;
  /** Of tasks submitted from here on, and before there. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly states: readonly KeptOutput['state'][];
}

const PAGE_TASKS = 100;

/** Page after page, until its reader has enough. */
export async function* listedOutputs(ports: CommandPorts, query: OutputsQuery): AsyncGenerator<ListedOutput> {
  const { accountId, from: fromMs, to: toMs } = query;
  let cursor: string | undefined;
  do {
    const range = { accountId, fromMs, toMs, limit: PAGE_TASKS, cursor };
    const page = await ports.store.listTasks({ ...range, status: ['completed'] });
    yield* outputsOf(page.tasks, await jobsOf(ports, page.tasks), query.states);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Of these tasks, in their order. */
export async function outputsOfTasks(ports: CommandPorts, tasks: readonly Task[]): Promise<readonly ListedOutput[]> {
  return [...outputsOf(tasks, await jobsOf(ports, tasks), ['pending', 'kept', 'lost'])];
}

async function jobsOf({ store }: CommandPorts, tasks: readonly Task[]): Promise<ReadonlyMap<string, KeepJob>> {
  const ids = tasks.flatMap(({ id, keep }) => (keep === undefined ? [] : [id]));
  const jobs = ids.length === 0 ? [] : await store.loadKeepJobs(ids);
  return new Map(jobs.map((job) => [job.taskId, job]));
}

function* outputsOf(
  tasks: readonly Task[],
  jobs: ReadonlyMap<string, KeepJob>,
  states: readonly KeptOutput['state'][],
): Generator<ListedOutput> {
  for (const task of tasks) {
    const job = jobs.get(task.id);
    if (!job || job.isErased) continue;
    const sources = outputAddresses(task.result?.outputs);
    for (const [index, output] of job.outputs.entries()) {
      if (states.includes(output.state)) yield listed(job, index, output, sources[index] ?? '');
    }
  }
}

function listed(job: KeepJob, index: number, output: KeptOutput, source: string): ListedOutput {
  return {
    task_id: job.taskId,
    account_id: job.accountId,
    output: index,
    ended_at: new Date(job.endedAt).toISOString(),
    state: output.state,
    tries: output.tries,
    source,
    ...(output.state === 'kept' ? keptFields(output) : { ...unkept, cause: output.cause ?? null }),
  };
}

const unkept = { key: null, bytes: null, sha256: null, content_type: null, kept_at: null } as const;

function keptFields({ key, bytes, sha256, contentType, keptAt }: Extract<KeptOutput, { state: 'kept' }>) {
  const kept_at = new Date(keptAt).toISOString();
  return { key, bytes, sha256, content_type: contentType, kept_at, cause: null };
}
