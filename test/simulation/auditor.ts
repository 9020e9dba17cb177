// Watches a world from outside and keeps books of its own: every commit, every POST, every metric line, every answer to a
// client. Each fault is a sentence in `problems`; the world stops at the first. It shares no code with decide,
// derived-counts or the gate: it compares their results with its own counts.
import { RelayError } from '../../core/domain/relay-error.ts';
import { HttpFailure } from '../../core/http/http-failure.ts';
import { attemptNumberOf, attemptOf, brokenByCommit, hasEnded, nextVisitAt, whyNoPost } from './audited-task.ts';
import { RETRY_AFTER_MS_MAX } from './nonsense.ts';
import type { TaskRules } from './audited-task.ts';
import type { GateView } from '../../core/domain/gate/gate-view.ts';
import type { ModelHealth } from '../../core/domain/gate/circuit.ts';
import type { MetricLine, MetricName } from '../../core/contract/metrics.ts';
import type { SubmitRequest } from '../../core/ports/ports.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { LedgerEntry } from './get3w-model.ts';

interface AuditorOptions {
  readonly rules: TaskRules;
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

/** A gate learns something now and then without a task; more often than this, the relay runs in circles. */
const IN_VAIN_MAX = 30;

export class Auditor {
  readonly #options: AuditorOptions;
  readonly problems: string[] = [];
  readonly tasks = new Map<string, Task>();
  readonly waitingSince = new Map<string, number>();
  readonly #held: Held = { slots: 0, retries: 0, probes: 0, tickets: 0 };
  readonly #active = new Map<string, number>();
  readonly #slotsOf = new Map<string, number>();
  readonly #ticketsOf = new Map<string, number>();
  readonly #metrics = new Map<MetricName, number>();
  readonly #posted = new Map<string, number>();
  /** By task and attempt: when it was polled last, and how often sooner than planned. */
  readonly #polls = new Map<string, { at: number; tooSoon: number }>();
  /** Ids that clients were answered with. */
  readonly accepted = new Set<string>();
  /** Tasks that have not ended, or that still need a visit. */
  unfinished = 0;
  gate: GateView | undefined;
  /** When the circuit of a model was first seen to open, or open again, by the model. */
  readonly #openedAt = new Map<string, { readonly probeAt: number; readonly at: number }>();
  /** Since when the gate has had a free slot and no reason to keep it. */
  idleSince: number | undefined;
  commits = 0;
  /** When the limit was last lowered. */
  #loweredAt = 0;
  /** Attempts that were claimed and given back before their POST. */
  returnedAttempts = 0;
  /** Commits on end that changed no task. */
  #inVain = 0;
  /** When the gate said last that a refused account may be probed. */
  #probeAt: number | undefined;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  report(problem: string): void {
    this.problems.push(problem);
  }

  /** An error that a flow met: a fault of the world, or a refusal to a client; anything else is a mistake in the code. */
  heard(error: unknown): void {
    const isUnsound = error instanceof RelayError && ['decision-unsound', 'task-damaged'].includes(error.code);
    if (isUnsound) this.report(`a task that cannot be: ${JSON.stringify(error.details)}`);
    if (error === undefined || error instanceof RelayError || error instanceof HttpFailure) return;
    this.report(`a flow failed by itself: ${error instanceof Error ? error.stack : JSON.stringify(error)}`);
  }

  activeOf(accountId: string): number {
    return this.#active.get(accountId) ?? 0;
  }

  slotsOf(accountId: string): number {
    return this.#slotsOf.get(accountId) ?? 0;
  }

  ticketsOf(accountId: string): number {
    return this.#ticketsOf.get(accountId) ?? 0;
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

  /**
   * Tasks were written, and this is their gate now.
   * @param isPooled whether they took slots that lay in a pool: such a claim does not ask the gate's own row.
   */
  committed(tasks: readonly Task[], view?: GateView | '', isPooled = false): void {
    this.commits += 1;
    this.#inVain = tasks.length === 0 ? this.#inVain + 1 : 0;
    if (this.#inVain === IN_VAIN_MAX) this.report(`the gate was written ${IN_VAIN_MAX} times on end for no task`);
    const granted = tasks.filter(({ id, slot }) => slot && !this.tasks.get(id)?.slot);
    for (const task of tasks) this.#commitOne(task);
    if (!view) return;
    const { gate, models } = view;
    this.#noteCircuits(view);
    if (isPooled) this.#checkPooled(granted, view);
    else if (granted.length > 0) this.#checkGrants(granted, view);
    this.#probeAt = gate.pause?.reason === 'account' ? gate.pause.probeAt : undefined;
    const pausedMs = gate.pause?.reason === 'limited' ? gate.pause.until - this.#options.now() : 0;
    const { clockSpreadMs } = this.#options.rules;
    if (pausedMs > RETRY_AFTER_MS_MAX + clockSpreadMs) this.report(`the gate is paused for ${pausedMs} ms`);
    this.#checkCounters(view);
    if (gate.limit.slots < (this.gate?.gate.limit.slots ?? 0)) this.#loweredAt = this.#options.now();
    this.gate = view;
    const isFull = this.#held.slots >= Math.max(1, Math.floor(gate.limit.slots));
    const isBroken = [...models.values()].some(({ circuit }) => circuit);
    if (isFull || gate.pause || gate.operatorPause || isBroken) this.idleSince = undefined;
    else this.idleSince ??= this.#options.now();
  }

  #commitOne(after: Task): void {
    const before = this.tasks.get(after.id);
    for (const problem of brokenByCommit(before, after, this.#options.rules)) {
      this.report(`task ${after.id}, version ${after.version} (${after.status}): ${problem}`);
    }
    this.returnedAttempts += Math.max(0, (before?.attemptCount ?? 0) - after.attemptCount);
    this.#checkPolls(before, after);
    this.#checkRelease(before, after);
    this.#count(before, -1);
    this.#count(after, 1);
    this.tasks.set(after.id, after);
    if (after.status !== 'waiting') this.waitingSince.delete(after.id);
    else if (before?.status !== 'waiting') this.waitingSince.set(after.id, this.#options.now());
  }

  #count(task: Task | undefined, sign: number): void {
    if (!task) return;
    if (!hasEnded(task) || nextVisitAt(task) !== undefined) this.unfinished += sign;
    if (task.slot) {
      this.#held.slots += sign;
      this.#slotsOf.set(task.accountId, this.slotsOf(task.accountId) + sign);
      if (task.slot.kind === 'retry') this.#held.retries += sign;
      if (task.slot.accountProbe) this.#held.probes += sign;
    }
    if (task.ticket) {
      this.#held.tickets += sign;
      this.#ticketsOf.set(task.accountId, this.ticketsOf(task.accountId) + sign);
    }
    if (!hasEnded(task)) this.#active.set(task.accountId, this.activeOf(task.accountId) + sign);
  }

  /** A poll is followed by one poll, later each time: a poll much sooner shows a second series of polls. */
  #checkPolls(before: Task | undefined, after: Task): void {
    const latest = after.attempts.at(-1);
    // Put back, a task is polled anew: its attempt may long have been given up.
    if (before && hasEnded(before) && !hasEnded(after)) this.#polls.delete(`${after.id} ${latest?.number}`);
    const polls = before?.attempts.find(({ number }) => number === latest?.number)?.polls;
    if (!latest || latest.state !== 'running' || polls === latest.polls) return;
    const key = `${after.id} ${latest.number}`;
    const now = this.#options.now();
    const last = this.#polls.get(key);
    const { pollMs, clockSpreadMs } = this.#options.rules;
    const isTooSoon = last !== undefined && now - last.at + clockSpreadMs < pollMs(latest.polls - 1);
    const tooSoon = (last?.tooSoon ?? 0) + (isTooSoon ? 1 : 0);
    this.#polls.set(key, { at: now, tooSoon });
    // A webhook that cannot be read asks for a poll of its own, and may come twice.
    if (tooSoon > (this.#options.rules.callbacks ? 2 : 0))
      this.report(`attempt ${latest.number} of ${after.id} was polled too soon ${tooSoon} times`);
  }

  /** Slots were given in this very commit: there must have been as many, for these tasks, at this time. */
  #checkGrants(granted: readonly Task[], { gate, models }: GateView): void {
    const { limit, pause, operatorPause, pooled = 0 } = gate;
    const slots = Math.max(1, Math.floor(limit.slots));
    if (this.#held.slots + pooled > slots) this.report(`${this.#held.slots + pooled} slots were given of ${slots}`);
    if (operatorPause) this.report('a slot was given while an operator had paused the gate');
    const { clockSpreadMs, roundMs } = this.#options.rules;
    const now = this.#options.now() + clockSpreadMs;
    if (pause?.reason === 'limited' && now < pause.until) this.report('a slot was given before Retry-After was over');
    if (pause?.reason === 'account') {
      const isProbe = granted.every(({ slot }) => slot?.accountProbe) && this.#held.probes === 1;
      const isDue = this.#probeAt !== undefined && now >= this.#probeAt;
      if (!isProbe || !isDue) this.report('a slot was given while the account is refused');
      const nextInMs = pause.probeAt - now + 2 * clockSpreadMs + roundMs;
      if (nextInMs < pause.probeWaitMs) this.report(`the next probe of the account may follow in ${nextInMs} ms`);
    }
    for (const { model } of granted) this.#checkCircuit(model, models.get(model));
  }

  /** They lay there while the limit was what it was when they were put there, and were free; a pause holds their POST back, see gate-witness.ts. */
  #checkPooled(granted: readonly Task[], { gate, models }: GateView): void {
    if ((gate.pooled ?? 0) + granted.length > (this.gate?.gate.pooled ?? 0))
      this.report('a slot was claimed from an empty pool');
    // Who read the limit before it was lowered may still claim.
    const isAware = this.#options.now() - this.#loweredAt > this.#options.rules.roundMs;
    if (isAware && this.#held.slots > Math.max(1, Math.floor(gate.limit.slots)))
      this.report('a slot was claimed above a lowered limit');
    for (const { model } of granted) this.#checkCircuit(model, models.get(model));
  }

  /** A round that had begun before the circuit opened may still give what it read. */
  #checkCircuit(model: string, health: ModelHealth | undefined): void {
    const { circuit, probesInFlight = 0 } = health ?? {};
    const { clockSpreadMs, roundMs } = this.#options.rules;
    const now = this.#options.now();
    if (!circuit || now - (this.#openedAt.get(model)?.at ?? now) < roundMs) return;
    if (now + clockSpreadMs < circuit.probeAt) this.report(`a slot was given to ${model}, whose circuit is open`);
    const ramp = 2 ** Math.floor(Math.log2(circuit.successes + 1));
    if (probesInFlight > ramp) this.report(`${probesInFlight} circuit probes of ${model} at once, of ${ramp}`);
  }

  #noteCircuits({ models }: GateView): void {
    for (const [model, { circuit }] of models) {
      if (!circuit || this.#openedAt.get(model)?.probeAt === circuit.probeAt) continue;
      this.#openedAt.set(model, { probeAt: circuit.probeAt, at: this.#options.now() });
    }
  }

  #checkCounters({ gate: { counters }, queues }: GateView): void {
    const waiting = [...queues.values()].map(({ accountId, waiting: of }) => ({
      accountId,
      tasks: Object.values(of).reduce((sum, tasks) => sum + tasks, 0),
    }));
    const pairs: readonly (readonly [string, number | undefined, number])[] = [
      ['slots in flight', counters['inFlight'], this.#held.slots],
      ['retries in flight', counters['retriesInFlight'], this.#held.retries],
      ['probes in flight', counters['accountProbesInFlight'], this.#held.probes],
      ['waiting', waiting.reduce((sum, { tasks }) => sum + tasks, 0), this.#held.tickets],
      ...waiting.map(({ accountId, tasks }) => [`waiting of ${accountId}`, tasks, this.ticketsOf(accountId)] as const),
    ];
    for (const [what, counted = 0, actual] of pairs) {
      if (counted !== actual) this.report(`the gate counts ${counted} ${what}, there are ${actual}`);
    }
  }

  /** By what Get3W knows: a slot is held for as long as it works on the attempt, but for one that was given up in doubt. */
  #checkRelease(before: Task | undefined, after: Task): void {
    if (!before?.slot || after.slot) return;
    for (const entry of this.#options.entriesOf(after.id)) {
      // Without callbacks, nothing shows to which attempt an entry belongs whose answer was lost.
      const attempt = attemptOf(after, entry);
      if (entry.endedAt !== undefined || !attempt || attempt.outcome === 'abandoned') continue;
      this.report(`task ${after.id} (${after.status}) gave its slot back while Get3W works on ${entry.id}`);
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
