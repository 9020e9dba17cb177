// Works a bulk job off, some seconds in each run: a page of its list at a time, which is written down before it is acted
// on. A run that dies is followed by another, which the sweep asks for when its lease has ended, and nothing is counted twice.
import { ended, EVERY_ACCOUNT, isJobOver, tallied } from '../../core/domain/job/job.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../core/domain/time-ms.ts';
import { loadOwnTasks, readJobTargets } from '../../core/flows/job-targets.ts';
import { isActable, JOB_GRACE_MS, ringForJob } from '../../core/flows/start-job.ts';
import { HttpFailure } from '../../core/http/http-failure.ts';
import { actOnBatch } from './job-acts.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Job } from '../../core/domain/job/job.ts';
import type { ApiPorts } from './api-ports.ts';
import type { Acted, JobBatch } from './job-acts.ts';

/** How long one run works: short, so that the jobs of several accounts take turns. */
const STEP_MS = 5 * SECOND_MS;
/** Longer than any run of the function: until then no other run works on the job. */
const LEASE_MS = MINUTE_MS;
/** Tasks between two saves: so often a stop is seen, and progress shown. */
const BATCH_TASKS = 100;
/** Steps in a row that the relay itself fails in before the job is given up. */
const FAULTS_MAX = 12;

/** The longest wait for room: after it is found, a job goes on this much later at most. */
const WAIT_MS_MAX = 5 * MINUTE_MS;

/** What cannot be done within a week is given up, long before the row of the job would expire. */
const RUNS_MS_MAX = 7 * DAY_MS;

/** Why a run gives its job back. */
interface LeaveReason {
  readonly error?: string | undefined;
  readonly faults?: number;
  readonly isInVain?: boolean;
}

/** Another run has the job. */
class JobLost extends Error {}

export async function runJob(ports: ApiPorts, jobId: string): Promise<void> {
  const job = await ports.jobs.loadJob(jobId);
  const now = ports.clock.now();
  if (!job || isJobOver(job) || (job.lease && job.lease.until > now)) return;
  const lease = { holderId: ports.randomSource.id(), until: now + LEASE_MS };
  const due = { at: lease.until, by: 'doorbell' } as const;
  const claimed = await ports.jobs.saveJob({ ...job, lease, due, updatedAt: now });
  if (!claimed) return;
  try {
    await new JobRun(ports, claimed, lease.holderId).workOff(now + STEP_MS);
  } catch (error) {
    if (!(error instanceof JobLost)) throw error;
  }
}

class JobRun {
  readonly #ports: ApiPorts;
  readonly #holderId: string;
  #job: Job;
  /** What was done of the batch: with its next save it is counted, and the batch is what is left of it. */
  #acted: Pick<Acted, 'outcomes' | 'left'> | undefined;
  #ids: readonly string[] = [];

  constructor(ports: ApiPorts, job: Job, holderId: string) {
    this.#ports = ports;
    this.#job = job;
    this.#holderId = holderId;
  }

  async workOff(stopAt: number): Promise<void> {
    try {
      const { createdAt } = this.#job;
      if (this.#ports.clock.now() - createdAt > RUNS_MS_MAX) return await this.#end('failed', 'it has run for a week');
      const caller = await this.#caller();
      if (!caller)
        return await this.#end('failed', 'the account of the job is gone, suspended, or no operator any more');
      if (this.#job.target.kind === 'ids') this.#ids = await this.#ports.jobs.loadJobIds(this.#job.id);
      await this.#steps(caller, stopAt);
    } catch (error) {
      if (error instanceof JobLost) throw error;
      if (error instanceof HttpFailure && error.status < 500) return this.#end('failed', textOf(error));
      await this.#putOff(error);
    }
  }

  /**
   * As whom it acts: as its account, which pays what its own tasks cost and may no more than it may now; as operator of all
   * accounts where the command line made it.
   */
  async #caller(): Promise<Account | undefined> {
    const { accountId: id, isOperator, createdAt } = this.#job;
    if (id === EVERY_ACCOUNT) return { id, name: id, weight: 1, isOperator, activeTasks: 0, createdAt };
    const account = await this.#ports.accounts.loadAccount(id);
    const isAllowed = account?.suspendedAt === undefined && (account?.isOperator === true || !isOperator);
    return account && isAllowed ? { ...account, isOperator } : undefined;
  }

  async #steps(caller: Account, stopAt: number): Promise<void> {
    while (this.#ports.clock.now() < stopAt) {
      const batch = await this.#nextBatch();
      if (this.#job.status === 'stopping') return this.#end('stopped');
      if (batch === undefined) return this.#end('done');
      if (batch.ids.length === 0) continue;
      const acted = await actOnBatch(this.#ports, { job: this.#job, caller }, batch);
      this.#acted = acted;
      if (acted.left.length > 0)
        return this.#leave(this.#patience(acted), { error: acted.error, isInVain: acted.outcomes.length === 0 });
      await this.#save((job) => job);
    }
    await this.#leave(0, {});
  }

  /** @returns undefined when the list is at its end. */
  async #nextBatch(): Promise<JobBatch | undefined> {
    const { batch: begun } = this.#job;
    if (begun) return { ids: begun, tasks: await loadOwnTasks(this.#ports, this.#job, begun), isResumed: true };
    if (this.#job.isRead) return undefined;
    const plan = { ...this.#job, ids: this.#ids };
    const page = await readJobTargets(this.#ports, plan, this.#job.cursor, BATCH_TASKS);
    // Of a filter only what the act can change: the others have not been asked for.
    const ids =
      this.#job.target.kind === 'tasks'
        ? page.ids.filter((id) => isActable(this.#job.action, page.tasks.get(id)))
        : page.ids;
    await this.#save(({ cursor: _before, ...job }) => ({
      ...job,
      ...(page.cursor === undefined ? { isRead: true } : { cursor: page.cursor }),
      ...(ids.length > 0 && { batch: ids }),
    }));
    return { ids, tasks: page.tasks, isResumed: false };
  }

  /** Twice as long each time that nothing could be done: an account may have no room for hours. */
  #patience({ waitMs, outcomes }: Acted): number {
    const waits = outcomes.length === 0 ? (this.#job.waits ?? 0) : 0;
    return Math.max(waitMs, Math.min(WAIT_MS_MAX, waitMs * 2 ** waits));
  }

  async #end(status: 'done' | 'stopped' | 'failed', lastError?: string): Promise<void> {
    await this.#save((job) => ({
      ...ended(job, status, this.#ports.clock.now()),
      ...(lastError !== undefined && { lastError }),
    }));
  }

  /** Gives the job back and asks for its next step. */
  async #leave(waitMs: number, { error, faults = 0, isInVain = false }: LeaveReason): Promise<void> {
    await this.#save(({ lease: _lease, ...job }) => ({
      ...job,
      ...(error !== undefined && { lastError: error }),
      faults,
      waits: isInVain ? (job.waits ?? 0) + 1 : 0,
      due: { at: this.#ports.clock.now() + waitMs + JOB_GRACE_MS, by: 'doorbell' },
    }));
    await ringForJob(this.#ports, this.#job, waitMs);
  }

  /** After a fault of the relay itself, such as a table that does not answer: a little later again. */
  async #putOff(error: unknown): Promise<void> {
    const faults = (this.#job.faults ?? 0) + 1;
    const text = error instanceof Error ? error.name : 'unknown fault';
    this.#ports.log.error('A step of a bulk job failed', { jobId: this.#job.id, error });
    if (faults >= FAULTS_MAX) return this.#end('failed', `${text}, ${faults} times in a row`);
    await this.#leave(Math.min(MINUTE_MS, SECOND_MS * 2 ** faults), { error: text, faults });
  }

  /**
   * Over whatever version there is: only a stop comes between two saves of the holder. A save of its own whose answer was lost
   * shows by its number; what it has counted is not counted again, and every change here may be made twice.
   */
  async #save(change: (job: Job) => Job): Promise<void> {
    for (;;) {
      const saves = (this.#job.saves ?? 0) + 1;
      const next = { ...change(this.#acted ? afterBatch(this.#job, this.#acted) : this.#job), saves };
      const saved = await this.#ports.jobs.saveJob({ ...next, updatedAt: this.#ports.clock.now() });
      if (saved) {
        this.#job = saved;
        this.#acted = undefined;
        return;
      }
      const found = await this.#ports.jobs.loadJob(this.#job.id);
      if (!found || found.lease?.holderId !== this.#holderId) throw new JobLost();
      if (found.saves !== this.#job.saves) this.#acted = undefined;
      this.#job = found;
    }
  }
}

function afterBatch({ batch: _acted, ...job }: Job, { outcomes, left }: Pick<Acted, 'outcomes' | 'left'>): Job {
  return { ...tallied(job, outcomes), ...(left.length > 0 && { batch: left }) };
}

function textOf({ message, details }: HttpFailure): string {
  return details === undefined ? message : `${message}: ${details}`;
}
