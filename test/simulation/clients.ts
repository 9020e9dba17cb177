// The clients of the relay: they submit through its real calls, repeat a call without an answer, poll their tasks,
// cancel some and put failed ones back. Each call is a function of its own that may die; a client then knows nothing.
import { pauseGate, resumeGate } from '../../functions/api/gate-calls.ts';
import { submitTask } from '../../functions/api/submit-task.ts';
import { eraseOwnTask } from '../../functions/api/erase-call.ts';
import { cancelTask, retryTask } from '../../functions/api/change-task.ts';
import { getTask, listTasks } from '../../functions/api/task-calls.ts';
// The api loads it with its first list. Loading takes real time, which a world's own time does not wait for.
import '../../functions/api/task-filter.ts';
import { HttpFailure } from '../../core/http/http-failure.ts';
import { hasEnded } from './audited-task.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Auditor } from './auditor.ts';
import type { Faults } from './faults.ts';
import type { Ended, Host, WorldPorts } from './host.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { PlannedJob, WorldPlan } from './world-plan.ts';

export const OPERATOR_ID = 'acc_operator';

interface ClientsOptions {
  readonly plan: WorldPlan;
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly host: Host;
  readonly auditor: Auditor;
}

type Call = (ports: WorldPorts, account: Account) => Promise<Answer>;

/** HTTP status of the answer; 0 for none. */
function statusOf(end: Ended<Answer>): number {
  if (end.kind === 'killed') return 0;
  if (end.kind === 'answered') return end.value.status;
  return end.error instanceof HttpFailure ? end.error.status : 500;
}

function bodyOf(end: Ended<Answer>): Record<string, unknown> {
  return end.kind === 'answered' ? (end.value.body as Record<string, unknown>) : {};
}

/** A client with a key asks so often before it gives up; in a world without faults the first answer is good. */
const ASKS_MAX = 8;
/** Two hours of looks for the end and of asks, so far apart: a run may be fetching outputs meanwhile. */
const ERASURE_LOOKS_MAX = 720;
const ERASURE_LOOK_MS = 11_000;

interface Returned {
  readonly end: Ended<Answer>;
  readonly isTroubled: boolean;
}

function pauseFor(ports: WorldPorts, account: Account, durationMs: number): Promise<Answer> {
  return pauseGate(ports, account, { until: new Date(ports.clock.now() + durationMs).toISOString() });
}

export class Clients {
  readonly #options: ClientsOptions;
  /** Things that clients still mean to do. */
  pending = 0;
  submits = 0;
  readonly #erasing = new Set<string>();

  constructor(options: ClientsOptions) {
    this.#options = options;
    const { plan } = options;
    for (const [index, job] of plan.jobs.entries()) {
      this.#plan(job.at, () => this.#submit(job, `key-${index}`, 1));
    }
    for (const { from, until } of plan.operatorPauses) {
      // Every other pause ends by its time alone.
      if (Math.floor(from) % 2 === 0) {
        this.#plan(from, () => this.#steer((ports, account) => pauseFor(ports, account, until - from), 1));
        continue;
      }
      this.#plan(from, () => this.#steer(pauseGate, 1));
      this.#plan(until, () => this.#steer(resumeGate, 8));
      // A pause that was slow may have come after the resume: an operator checks again when everything is calm.
      this.#plan(plan.faultsUntil + 60_000, () => this.#steer(resumeGate, 8));
    }
    if (plan.jobs.length > 0) this.#plan(plan.faultsUntil / 2, () => this.#list());
  }

  #plan(delayMs: number, act: () => void): void {
    this.pending += 1;
    this.#options.time.after(delayMs, () => {
      this.pending -= 1;
      act();
    });
  }

  #call(accountId: string, call: Call, onEnd: (end: Ended<Answer>, isTroubled: boolean) => void): void {
    this.pending += 1;
    // A call that began while faults were on may have met one, however late its answer.
    const isTroubled = this.#options.faults.isOn;
    const serve = async (ports: WorldPorts): Promise<Answer> => {
      const account = await ports.accounts.loadAccount(accountId);
      if (!account) throw new Error(`no account ${accountId}`);
      return call(ports, account);
    };
    this.#options.host.start('api', serve, (end) => {
      this.pending -= 1;
      onEnd(end, isTroubled);
    });
  }

  #submit(job: PlannedJob, key: string, asks: number): void {
    const { faults, auditor } = this.#options;
    const [vendor = '', model = '', task = ''] = job.model.split('/');
    const request = {
      vendor,
      model,
      task,
      query: {
        ...(job.prioritySeconds > 0 && { priority: String(job.prioritySeconds) }),
        ...(job.keep && { keep: job.keep }),
      },
      idempotencyKey: job.hasKey ? key : undefined,
      body: JSON.stringify({ prompt: key }),
    };
    this.submits += 1;
    this.#call(
      job.accountId,
      (ports, account) => submitTask(ports, account, request),
      (end) => {
        const status = statusOf(end);
        if (status === 200) return this.#accepted(job, key, String(bodyOf(end)['id']));
        if (end.kind === 'threw') auditor.heard(end.error);
        if (status === 409) auditor.report(`${key} was refused as another request`);
        // Without a key, to ask again would be to order twice; a refusal ordered nothing.
        const mayAskAgain = asks < ASKS_MAX && (job.hasKey || (status >= 400 && status < 500));
        if (mayAskAgain) this.#plan(faults.dice.between(1_000, 40_000), () => this.#submit(job, key, asks + 1));
      },
    );
  }

  readonly #idOfKey = new Map<string, string>();

  #accepted(job: PlannedJob, key: string, id: string): void {
    const { faults, auditor } = this.#options;
    const known = this.#idOfKey.get(key);
    if (known !== undefined && known !== id) auditor.report(`${key} was taken in twice, as ${known} and ${id}`);
    this.#idOfKey.set(key, id);
    auditor.accepted.add(id);
    if (job.cancelAfterMs !== undefined) this.#plan(job.cancelAfterMs, () => this.#cancel(job, id));
    if (job.eraseAfterMs !== undefined) this.#planErasure(job, id, ERASURE_LOOKS_MAX);
    if (job.retries > 0) this.#plan(60_000, () => this.#putBack(job, id, job.retries, 10));
    if (faults.dice.isLucky(0.2)) this.#plan(faults.dice.between(0, 60_000), () => this.#getTask(job, id));
  }

  #cancel({ accountId }: PlannedJob, id: string): void {
    this.#call(
      accountId,
      (ports, account) => cancelTask(ports, account, id),
      (end, isTroubled) => this.#expect({ end, isTroubled }, this.#orGone(id, [200, 409]), `a cancel of ${id}`),
    );
  }

  /** Checks now and then whether the task has failed, and puts it back then. */
  #putBack(job: PlannedJob, id: string, retries: number, looks: number): void {
    if (looks === 0 || retries === 0) return;
    const again = (left: number): void => this.#plan(120_000, () => this.#putBack(job, id, left, looks - 1));
    if (this.#options.auditor.tasks.get(id)?.status !== 'failed') return again(retries);
    this.#call(
      job.accountId,
      (ports, account) => retryTask(ports, account, id),
      (end, isTroubled) => {
        // 403 and 429: the account has no credit or no room for one more.
        this.#expect({ end, isTroubled }, this.#orGone(id, [200, 403, 409, 429]), `a retry of ${id}`);
        again(statusOf(end) === 200 ? retries - 1 : retries);
      },
    );
  }

  /** Looks for the end first, as a client would that was called back. */
  #planErasure(job: PlannedJob, id: string, looks: number): void {
    if (looks === 0) return;
    const task = this.#options.auditor.tasks.get(id);
    const mayErase = task !== undefined && hasEnded(task);
    this.#plan(mayErase ? (job.eraseAfterMs ?? 0) : ERASURE_LOOK_MS, () =>
      mayErase ? this.#erase(job, id, looks - 1) : this.#planErasure(job, id, looks - 1),
    );
  }

  /** 409 while a run still has something to do for it: the client asks again, as the answer says. */
  #erase(job: PlannedJob, id: string, asks: number): void {
    this.#erasing.add(id);
    this.#call(
      job.accountId,
      (ports, account) => eraseOwnTask(ports, account, id),
      (end, isTroubled) => {
        this.#expect({ end, isTroubled }, [200, 409], `an erasure of ${id}`);
        if (statusOf(end) !== 200 && asks > 0) this.#plan(ERASURE_LOOK_MS, () => this.#erase(job, id, asks - 1));
      },
    );
  }

  /** A call about a task that is erased may be answered with 410. */
  #orGone(id: string, statuses: readonly number[]): readonly number[] {
    return this.#erasing.has(id) ? [...statuses, 410] : statuses;
  }

  #getTask({ accountId }: PlannedJob, id: string): void {
    this.#call(
      accountId,
      (ports, account) => getTask(ports, account, id),
      (end, isTroubled) => this.#expect({ end, isTroubled }, this.#orGone(id, [200]), `a GET of ${id}`),
    );
  }

  #list(): void {
    const [account] = this.#options.plan.accounts;
    if (!account) return;
    this.#call(
      account.id,
      (ports, caller) => listTasks(ports, caller, {}),
      (end, isTroubled) => this.#expect({ end, isTroubled }, [200], 'a list'),
    );
  }

  #steer(lever: (ports: WorldPorts, account: Account) => Promise<Answer>, asks: number): void {
    this.#call(OPERATOR_ID, lever, (end) => {
      if (statusOf(end) !== 200 && asks > 1) this.#plan(5_000, () => this.#steer(lever, asks - 1));
    });
  }

  /** While faults are on a call may come to nothing or to 500; whatever else it comes to must be one of these. */
  #expect({ end, isTroubled }: Returned, statuses: readonly number[], what: string): void {
    const status = statusOf(end);
    if (end.kind === 'threw') this.#options.auditor.heard(end.error);
    const isExcused = (status === 0 || status === 500) && isTroubled;
    if (!isExcused && !statuses.includes(status)) this.#options.auditor.report(`${what} was answered with ${status}`);
  }
}
