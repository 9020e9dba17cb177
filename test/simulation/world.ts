// Plays one world from its plan: the real flows of all stages over memory, time that jumps from event to event, one
// thing at a time. First with faults, when only safety is demanded; then without, when everything must end.
// The same plan plays the same way, so a failing seed is its own reproduction.
import { serveDoorbells as serveDispatch } from '../../functions/dispatch/flow.ts';
import { serveDoorbells as serveDeliver } from '../../functions/deliver/flow.ts';
import { serveDoorbells as serveKeep } from '../../functions/keep/flow.ts';
import { serveDoorbells as serveSettle, takeCallback } from '../../functions/settle/flow.ts';
import { sweep } from '../../functions/sweep/flow.ts';
import { MemoryStore } from '../support/memory/memory-store.ts';
import { auditCalm, auditEnd, auditHandOver, isCalm } from './audit-world.ts';
import { Auditor } from './auditor.ts';
import { Clients, OPERATOR_ID } from './clients.ts';
import { Dice } from './dice.ts';
import { Faults } from './faults.ts';
import { makePortsFor } from './faulty-ports.ts';
import { GateWitness } from './gate-witness.ts';
import { Get3wModel } from './get3w-model.ts';
import { Host, timeoutsMs } from './host.ts';
import { KeptBooks } from './kept-books.ts';
import { KeptFiles } from './kept-files.ts';
import { SqsModel } from './sqs-model.ts';
import { VirtualTime } from './virtual-time.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { DeliverPorts } from '../../functions/deliver/deliver-ports.ts';
import type { AccountMoney } from '../../core/domain/money/account-money.ts';
import type { Account } from '../../core/domain/account.ts';
import type { WorldPorts } from './host.ts';
import type { TaskRules } from './audited-task.ts';
import type { WorldPlan } from './world-plan.ts';

interface WorldOptions {
  /** Receives every call, with its time; for reading a failing seed. */
  readonly trace?: ((line: string) => void) | undefined;
  /** Called after each thing that happened, with the milliseconds since the beginning. */
  readonly watch?: ((world: World, elapsedMs: number) => void) | undefined;
}

export interface WorldReport {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly steps: number;
  readonly elapsedMs: number;
  readonly tasks: number;
  readonly commits: number;
  readonly posts: number;
}

export const STARTS_AT = Date.UTC(2026, 0, 1);
const SWEEP_EVERY_MS = 60_000;
/** Long worlds are audited once a second of their time: each audit reads every task that waits. */
const AUDIT_EVERY_MS = 1_000;
/** Time that the sweep keeps for its last step, as its handler does. */
const SWEEP_RESERVE_MS = 10_000;
/** Far more than any sound world needs: a world that gets here runs in circles. */
const STEPS_MAX = 5_000_000;

function rulesOf({ settings, clockSkewMs, callMs, rates }: WorldPlan): TaskRules {
  const { onDoubt, doubtHoldMs, orphanHoldMs, retry, callbacks, pollMinMs, pollMaxMs } = settings;
  return {
    onDoubt,
    callbacks,
    doubtHoldMs,
    orphanHoldMs,
    clockSpreadMs: 2 * clockSkewMs + 1,
    roundMs: rates.callsCrawl > 0 ? MINUTE_MS : 10 * callMs[1],
    // Half of what is planned, since a function's own time passes between the plan and its record.
    pollMs: (polls) => Math.min(pollMaxMs, (callbacks ? pollMinMs : 1_000) * 1.2 ** polls) / 2,
    backoffMsMax: Math.max(...Object.values(retry).flatMap(({ baseMs, capMs }) => [baseMs, capMs])),
    attemptsMax: (key) => (retry[key] ?? retry.default).attemptsMax,
  };
}

/** The deliver stage over what these worlds have of its ports. */
function handOn(ports: WorldPorts, received: readonly ReceivedDoorbell[]): Promise<readonly FailedMessage[]> {
  const store = { ...ports.store, ...ports.handing };
  return serveDeliver({ ...ports, store } as unknown as DeliverPorts, received);
}

export class World {
  readonly plan: WorldPlan;
  readonly time = new VirtualTime(STARTS_AT);
  readonly faults: Faults;
  readonly store: MemoryStore;
  readonly auditor: Auditor;
  readonly get3w: Get3wModel;
  readonly sqs: SqsModel;
  readonly host: Host;
  readonly clients: Clients;
  readonly #kept = new KeptBooks();
  readonly #files: KeptFiles;
  #steps = 0;

  constructor(plan: WorldPlan, { trace }: WorldOptions = {}) {
    const { time } = this;
    this.plan = plan;
    this.faults = new Faults(plan, time, new Dice(plan.seed));
    this.store = new MemoryStore({ clock: time, settings: plan.settings.gate });
    this.auditor = new Auditor({
      rules: rulesOf(plan),
      now: () => time.now(),
      entriesOf: (requestId) => this.get3w.entriesOf(requestId),
    });
    const { faults, store, auditor } = this;
    this.#files = new KeptFiles(
      plan.keep ?? { downloadsFail: 0, downloadsCut: 0, downloadsSlow: 0, bucketFails: 0 },
      faults,
      plan.seed,
    );
    const kept = { files: this.#files, books: this.#kept };
    const ends = { sqs: () => this.sqs, get3w: () => this.get3w };
    const portsFor = makePortsFor({ plan, time, faults, store, auditor, ...kept, ...ends });
    const note = trace && ((line: string) => trace(`${faults.elapsedMs().toFixed(0).padStart(8)} ${line}`));
    const host = new Host(time, faults, portsFor, note);
    this.host = host;
    const report = (problem: string): void => auditor.report(problem);
    const witness = new GateWitness({ plan, isCalm: isCalm(plan), now: () => time.now(), report });
    this.get3w = new Get3wModel({
      plan: plan.get3w,
      time,
      faults,
      onPost: (request) => {
        auditor.posted(request);
        witness.posted();
      },
      onAnswer: (reply) => witness.answered(reply),
      callWebhook: (url, body) => this.#callWebhook(url, body),
    });
    const { concurrency, batchMessagesMax } = plan;
    const serve = { dispatch: serveDispatch, settle: serveSettle, keep: serveKeep, deliver: handOn };
    this.sqs = new SqsModel({ time, faults, host, concurrency, batchMessagesMax, serve });
    this.clients = new Clients({ plan, time, faults, host, auditor });
  }

  /** Plays to the end, or to the first problem. */
  async play({ watch }: WorldOptions = {}): Promise<WorldReport> {
    await this.#putAccounts();
    this.time.after(SWEEP_EVERY_MS, () => this.#sweepEveryMinute());
    const { auditor, faults, plan } = this;
    const isPlainSailing = isCalm(plan);
    let nextAuditMs = 0;
    while (auditor.problems.length === 0 && !this.#isOver()) {
      if (!this.time.step()) break;
      // Everything that follows from this one thing happens before the next: promises settle between macrotasks.
      await new Promise(setImmediate);
      this.#steps += 1;
      watch?.(this, faults.elapsedMs());
      if (isPlainSailing && faults.elapsedMs() >= nextAuditMs) {
        nextAuditMs = faults.elapsedMs() + AUDIT_EVERY_MS;
        auditHandOver(this, this.time.now());
      }
      if (this.#steps > STEPS_MAX) auditor.report(`a storm: ${this.#steps} steps`);
      if (faults.elapsedMs() > plan.endsBy) break;
    }
    if (auditor.problems.length === 0) await auditEnd(this.#books());
    if (auditor.problems.length === 0) await this.#auditKept();
    return {
      seed: plan.seed,
      problems: auditor.problems,
      steps: this.#steps,
      elapsedMs: faults.elapsedMs(),
      tasks: auditor.tasks.size,
      commits: auditor.commits,
      posts: this.get3w.posts,
    };
  }

  async #auditKept(): Promise<void> {
    const { plan, store, auditor } = this;
    const report = (problem: string): void => auditor.report(problem);
    if (this.#kept.open > 0)
      report(`the outputs of ${this.#kept.open} tasks are neither kept nor lost, or left behind`);
    await this.#kept.audit({ plan, store, files: this.#files, startedAt: STARTS_AT, report });
  }

  #books(): Parameters<typeof auditEnd>[0] {
    const { plan, auditor, get3w, sqs, store, host } = this;
    return { plan, auditor, get3w, sqs, store, lostAnswers: host.lostAnswers };
  }

  /** Faults are over, no client sends anything any more, and every task is at rest. */
  #isOver(): boolean {
    const { faults, clients, auditor, sqs } = this;
    if (faults.isOn || clients.pending > 0 || sqs.waiting > 0 || this.#kept.open > 0) return false;
    return this.#sweeping === 0 && auditor.unfinished === 0;
  }

  async #putAccounts(): Promise<void> {
    const parts = { name: 'simulated', activeTasks: 0, createdAt: STARTS_AT };
    const accounts: Account[] = this.plan.accounts.map(({ id, weight, concurrentTasksMax, ...money }) => ({
      ...parts,
      id,
      weight,
      isOperator: false,
      ...(concurrentTasksMax !== undefined && { concurrentTasksMax }),
      ...(Object.fromEntries(Object.entries(money).filter(([, micros]) => micros !== undefined)) as AccountMoney),
    }));
    accounts.push({ ...parts, id: OPERATOR_ID, weight: 1, isOperator: true });
    for (const account of accounts) await this.store.putAccount(account);
  }

  #callWebhook(callbackUrl: string, body: string): void {
    const token = callbackUrl.split('/').at(-1) ?? '';
    this.host.start(
      'settle',
      (ports) => takeCallback(ports, token, body),
      (end) => this.auditor.heard(end.kind === 'threw' ? end.error : undefined),
    );
  }

  #sweeping = 0;

  #sweepEveryMinute(): void {
    const { faults, plan } = this;
    this.time.after(SWEEP_EVERY_MS, () => this.#sweepEveryMinute());
    if (faults.elapsedMs() > plan.faultsUntil + 2 * SWEEP_EVERY_MS) auditCalm(this.#books(), this.time.now());
    if (faults.strikes('sweepsSkipped')) return;
    const runs = faults.strikes('sweepsDoubled') ? 2 : 1;
    for (let run = 0; run < runs; run += 1) {
      this.#sweeping += 1;
      this.host.start(
        'sweep',
        (ports) => sweep(ports, ports.clock.now() + timeoutsMs.sweep - SWEEP_RESERVE_MS),
        (end) => {
          this.#sweeping -= 1;
          this.auditor.heard(end.kind === 'threw' ? end.error : undefined);
        },
      );
    }
  }
}
