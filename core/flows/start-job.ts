// Makes a bulk job: counts what it would do, writes it down and asks for its first step. The api and the command line
// both begin here; functions/api/run-job.ts works the job off.
import { isJobOver } from '../domain/job/job.ts';
import { isFinal } from '../domain/task/task.ts';
import { limits } from '../domain/limits.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time-ms.ts';
import { readJobTargets } from './job-targets.ts';
import { sendDoorbells } from './send-doorbells.ts';
import type { Job, JobAction } from '../domain/job/job.ts';
import type { AuditActor } from '../domain/audit-entry.ts';
import type { Task, TaskStatus } from '../domain/task/task.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { JobPlan, JobTargetPorts } from './job-targets.ts';

/** Before its first step: an index that lags by less than this shows every task that was there when the job was made. */
const FIRST_STEP_MS = SECOND_MS;

/** The sweep asks for a step whose message was lost. */
export const JOB_GRACE_MS = MINUTE_MS;

export interface JobEstimate {
  readonly tasks: number;
  /** Whether counting stopped there. */
  readonly isMore: boolean;
  readonly sample: readonly string[];
}

/** Those that run are mostly among them. */
const NEWEST_JOBS = 20;
const SAMPLE_IDS = 5;
const PAGE_TASKS = 100;
/** Pages of an estimate: where few tasks of many match, it stops with what it has. */
const PAGES_MAX = 150;
/** A function does nothing else meanwhile: what is not counted by then is "at least". */
const COUNTING_MS = 3 * SECOND_MS;

/** The statuses of which an action can change anything. */
export const actableStatuses: Readonly<Record<Exclude<JobAction, 'replay'>, readonly TaskStatus[]>> = {
  cancel: ['queued', 'waiting', 'submitting', 'in-doubt', 'running', 'backoff'],
  retry: ['failed'],
};

export function isActable(action: JobAction, task: Pick<Task, 'status'> | undefined): boolean {
  if (!task) return false;
  return action === 'retry' ? task.status === 'failed' : !isFinal(task.status);
}

/**
 * Counts what the job would change as of now; other writers go on meanwhile.
 * @param mayReadOn asked before each page but the first, which is the call itself.
 */
export async function estimateJob(
  ports: JobTargetPorts & Pick<FlowPorts, 'clock'>,
  plan: JobPlan,
  mayReadOn: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<JobEstimate> {
  const stopAt = ports.clock.now() + COUNTING_MS;
  const sample: string[] = [];
  let tasks = 0;
  let cursor: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await readJobTargets(ports, plan, cursor, PAGE_TASKS);
    const ids = page.ids.filter(
      (id) => plan.target.kind === 'deliveries' || isActable(plan.action, page.tasks.get(id)),
    );
    tasks += ids.length;
    sample.push(...ids.slice(0, SAMPLE_IDS - sample.length));
    cursor = page.cursor;
    if (cursor === undefined) return { tasks, isMore: false, sample };
    if (tasks >= limits.jobEstimateMax || ports.clock.now() >= stopAt || !(await mayReadOn())) break;
  }
  return { tasks: Math.min(tasks, limits.jobEstimateMax), isMore: true, sample };
}

interface AskedJob {
  readonly plan: JobPlan;
  readonly asked: Job['asked'];
  readonly actor: AuditActor;
  readonly reason: string | undefined;
  /** As for estimateJob. */
  readonly mayReadOn?: () => Promise<boolean>;
}

type StartPorts = JobTargetPorts &
  Pick<FlowPorts, 'clock' | 'randomSource' | 'doorbells' | 'metrics'> & { readonly jobs: JobStore };

/** @returns undefined when as many jobs of the account run as may. */
export async function startJob(
  ports: StartPorts,
  { plan, asked, actor, reason, mayReadOn }: AskedJob,
): Promise<Job | undefined> {
  // Nothing is counted for a job that is refused anyway; the store decides where others start one at the same time.
  const newest = await ports.jobs.listJobs({ accountId: plan.accountId, limit: NEWEST_JOBS });
  if (newest.jobs.filter((job) => !isJobOver(job)).length >= limits.runningJobsMax) return undefined;
  const estimate = await estimateJob(ports, plan, mayReadOn);
  const now = ports.clock.now();
  const { ids, ...planned } = plan;
  const job: Job = {
    ...planned,
    id: `job_${ports.randomSource.id()}`,
    asked,
    actor,
    ...(reason !== undefined && { reason }),
    status: 'running',
    updatedAt: now,
    expected: estimate.tasks,
    isExpectedMore: estimate.isMore,
    done: 0,
    skipped: 0,
    failed: 0,
    skips: {},
    due: { at: now + JOB_GRACE_MS, by: 'doorbell' },
    version: 1,
  };
  if ((await ports.jobs.createJob(job, ids, limits.runningJobsMax)) === 'too-many') return undefined;
  await ringForJob(ports, job, FIRST_STEP_MS);
  return job;
}

/** Asks for a step of the job. */
export async function ringForJob(
  ports: Pick<FlowPorts, 'doorbells' | 'metrics'>,
  { id: jobId, accountId: group }: Pick<Job, 'id' | 'accountId'>,
  delayMs: number,
): Promise<void> {
  await sendDoorbells(ports, [{ queue: 'jobs', doorbell: { kind: 'job', jobId }, delayMs, group }]);
}

/** @returns the job as it is now; undefined when others kept changing it. */
export async function stopJob(
  { jobs, clock }: { readonly jobs: JobStore; readonly clock: Pick<FlowPorts['clock'], 'now'> },
  found: Job,
): Promise<Job | undefined> {
  let job: Job | undefined = found;
  for (let tries = 0; tries < STOP_TRIES_MAX && job; tries += 1) {
    if (job.status !== 'running') return job;
    const saved = await jobs.saveJob({ ...job, status: 'stopping', updatedAt: clock.now() });
    if (saved) return saved;
    job = await jobs.loadJob(job.id);
  }
  return undefined;
}

/** Its own run saves it a few times a second. */
const STOP_TRIES_MAX = 10;
