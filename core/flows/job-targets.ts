// What a bulk job is about, page by page: the tasks of its filter, those that it names, or the failed deliveries of an
// endpoint. The estimate counts them and the job works them off, by the same pages.
import { publicTask } from '../http/public-task.ts';
import type { Job } from '../domain/job/job.ts';
import type { Task } from '../domain/task/task.ts';
import type { TaskListing, TaskStore } from '../ports/ports.ts';
import type { DeliveryStore } from '../ports/webhook-ports.ts';

export interface JobTargetPorts {
  readonly store: Pick<TaskStore, 'loadTasks'>;
  readonly listing: Pick<TaskListing, 'listTasks'>;
  readonly webhooks: Pick<DeliveryStore, 'listDeliveries'>;
}

/** What says which tasks a job is about, before there is one and after. */
export type JobPlan = Pick<Job, 'action' | 'target' | 'createdAt' | 'accountId' | 'isOperator'> & {
  /** The ids that it names. */
  readonly ids: readonly string[];
};

interface JobTargets {
  readonly ids: readonly string[];
  /** Those of them that were read, by id: of a filter all, of named ones those that exist and may be touched. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** Where the next page begins; undefined at the end. */
  readonly cursor: string | undefined;
}

/** A page may hold nothing and its list still go on: what few tasks match is read in bounded pages too. */
export async function readJobTargets(
  ports: JobTargetPorts,
  plan: JobPlan,
  cursor: string | undefined,
  limit: number,
): Promise<JobTargets> {
  const { target } = plan;
  if (target.kind === 'deliveries') return readDeliveries(ports, target, { plan, cursor, limit });
  if (target.kind === 'ids') return readNamed(ports, plan, cursor, limit);
  const { shownStatus, query } = target;
  const page = await ports.listing.listTasks({ ...query, limit, cursor });
  const tasks = page.tasks.filter(
    (task) => task.createdAt < plan.createdAt && (shownStatus === undefined || publicTask(task).status === shownStatus),
  );
  return { ids: tasks.map(({ id }) => id), tasks: new Map(tasks.map((task) => [task.id, task])), cursor: page.cursor };
}

/** The named tasks of a batch that exist and that the job may touch. Strongly consistent. */
export async function loadOwnTasks(
  { store }: Pick<JobTargetPorts, 'store'>,
  { accountId, isOperator, createdAt }: Pick<JobPlan, 'accountId' | 'isOperator' | 'createdAt'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Task>> {
  const tasks = ids.length === 0 ? [] : await store.loadTasks(ids);
  const own = tasks.filter((task) => (isOperator || task.accountId === accountId) && task.createdAt < createdAt);
  return new Map(own.map((task) => [task.id, task]));
}

async function readNamed(
  ports: JobTargetPorts,
  plan: JobPlan,
  cursor: string | undefined,
  limit: number,
): Promise<JobTargets> {
  const from = Number(cursor ?? 0);
  const ids = plan.ids.slice(from, from + limit);
  const next = from + ids.length;
  return {
    ids,
    tasks: await loadOwnTasks(ports, plan, ids),
    cursor: next < plan.ids.length ? String(next) : undefined,
  };
}

async function readDeliveries(
  { webhooks }: JobTargetPorts,
  { endpointId, fromMs = 0, toMs = Number.POSITIVE_INFINITY }: Extract<Job['target'], { kind: 'deliveries' }>,
  { plan, cursor, limit }: { readonly plan: JobPlan; readonly cursor: string | undefined; readonly limit: number },
): Promise<JobTargets> {
  const page = await webhooks.listDeliveries({ laneId: endpointId, status: 'exhausted', limit, cursor });
  const ids = page.deliveries
    .filter(({ createdAt }) => createdAt >= fromMs && createdAt < toMs && createdAt < plan.createdAt)
    .map(({ id }) => id);
  return { ids, tasks: new Map(), cursor: page.cursor };
}
