// Watches a world from outside and keeps books of its own: every commit, every POST, every metric line, every answer to a
// client. What it finds wrong is a sentence in `problems`; the world stops at the first. It shares no line with decide,
// consequences or the gate: what those say is held against what it has counted.
import { attemptNumberOf, brokenByCommit, hasEnded, whyNoPost } from './audited-task.ts';
import type { PostRules } from './audited-task.ts';
import type { Gate } from '../../functions/core/domain/gate.ts';
import type { MetricLine, MetricName } from '../../functions/core/contract/metrics.ts';
import type { SubmitRequest } from '../../functions/core/contract/ports.ts';
import type { Task } from '../../functions/core/domain/task.ts';
import type { LedgerEntry } from './get3w-model.ts';

export interface AuditorOptions {
  readonly rules: PostRules;
  readonly now: () => number;
  readonly entriesOf: (requestId: string) => readonly LedgerEntry[];
}

/** What the gate should count, as the auditor counts it. */
interface Held {
  slots: number;
  retries: number;
  probes: number;
  tickets: number;
}

export class Auditor {
  readonly #options: AuditorOptions;
  readonly problems: string[] = [];
  readonly tasks = new Map<string, Task>();
  readonly waitingSince = new Map<string, number>();
  readonly #held: Held = { slots: 0, retries: 0, probes: 0, tickets: 0 };
  readonly #active = new Map<string, number>();
  readonly #charged = new Map<string, number>();
  readonly #metrics = new Map<MetricName, number>();
  readonly #posted = new Map<string, number>();
  /** Ids that clients were answered with. */
  readonly accepted = new Set<string>();
  gate: Gate | undefined;
  /** Since when the gate has had a free slot and no reason to keep it. */
  idleSince: number | undefined;
  commits = 0;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  report(problem: string): void {
    this.problems.push(problem);
  }

  activeOf(accountId: string): number {
    return this.#active.get(accountId) ?? 0;
  }

  chargedOf(accountId: string): number {
    return this.#charged.get(accountId) ?? 0;
  }

  sumOf(name: MetricName): number {
    return this.#metrics.get(name) ?? 0;
  }

  /** POSTs that arrived for one job. */
  postsOf(taskId: string): number {
    return this.#posted.get(taskId) ?? 0;
  }

  measured({ values }: MetricLine): void {
    for (const [name, value] of Object.entries(values)) {
      this.#metrics.set(name as MetricName, this.sumOf(name as MetricName) + value);
    }
  }

  /** Tasks were written, and this is how their gate stands now. */
  committed(tasks: readonly Task[], gate?: Gate | ''): void {
    this.commits += 1;
    const before = { ...this.#held };
    for (const task of tasks) this.#commitOne(task);
    if (!gate) return;
    if (this.#held.slots > before.slots) this.#checkGrant(gate);
    this.#checkCounters(gate);
    this.gate = gate;
    const isFull = this.#held.slots >= Math.max(1, Math.floor(gate.limit.slots));
    if (isFull || gate.pause || gate.operatorPause) this.idleSince = undefined;
    else this.idleSince ??= this.#options.now();
  }

  #commitOne(after: Task): void {
    const before = this.tasks.get(after.id);
    for (const problem of brokenByCommit(before, after)) {
      this.report(`task ${after.id}, version ${after.version} (${after.status}): ${problem}`);
    }
    this.#count(before, -1);
    this.#count(after, 1);
    this.tasks.set(after.id, after);
    if (after.status !== 'waiting') this.waitingSince.delete(after.id);
    else if (before?.status !== 'waiting') this.waitingSince.set(after.id, this.#options.now());
  }

  #count(task: Task | undefined, sign: number): void {
    if (!task) return;
    if (task.slot) {
      this.#held.slots += sign;
      if (task.slot.kind === 'retry') this.#held.retries += sign;
      if (task.slot.probe) this.#held.probes += sign;
    }
    if (task.ticket) this.#held.tickets += sign;
    if (!hasEnded(task)) this.#active.set(task.accountId, this.activeOf(task.accountId) + sign);
    if (task.charged) this.#charged.set(task.accountId, this.chargedOf(task.accountId) + sign);
  }

  /** A slot was given in this very commit: there must have been one. */
  #checkGrant(gate: Gate): void {
    const limit = Math.max(1, Math.floor(gate.limit.slots));
    if (this.#held.slots > limit) this.report(`${this.#held.slots} slots were given of ${limit}`);
    if (gate.operatorPause) this.report('a slot was given while an operator had paused the gate');
  }

  #checkCounters({ counters }: Gate): void {
    const waiting = Object.entries(counters).filter(([name]) => name.startsWith('waiting:'));
    const pairs: readonly (readonly [string, number | undefined, number])[] = [
      ['slots in flight', counters['inFlight'], this.#held.slots],
      ['retries in flight', counters['retriesInFlight'], this.#held.retries],
      ['probes in flight', counters['probesInFlight'], this.#held.probes],
      ['waiting', waiting.reduce((sum, [, count]) => sum + count, 0), this.#held.tickets],
    ];
    for (const [what, counted = 0, actual] of pairs) {
      if (counted !== actual) this.report(`the gate counts ${counted} ${what}, there are ${actual}`);
    }
  }

  /** A POST has arrived at Get3W. */
  posted({ requestId, callbackUrl }: SubmitRequest): void {
    const task = this.tasks.get(requestId);
    if (!task) return this.report(`a POST for a job that nobody submitted: ${requestId}`);
    const posts = this.postsOf(requestId) + 1;
    this.#posted.set(requestId, posts);
    // A function that was killed may leave a POST behind after its attempt was written off; but never two of one.
    if (posts > task.attemptCount) this.report(`${posts} POSTs for ${task.attemptCount} attempts of ${requestId}`);
    const attempt = attemptNumberOf(callbackUrl);
    for (const entry of this.#options.entriesOf(requestId)) {
      if (attempt !== undefined && attemptNumberOf(entry.callbackUrl) === attempt) {
        this.report(`attempt ${attempt} of ${requestId} was POSTed twice`);
      }
      const reason = whyNoPost(task, entry, this.#options.now(), this.#options.rules);
      if (reason) this.report(`${requestId} was POSTed again though ${reason}`);
    }
  }
}
