// What a change of a task changes elsewhere: its account's count and money, its gate's slots, queues and tallies.
// Derived from the task before and after, never set by hand, so that every count is right by construction: a gate's
// `inFlight` is the number of tasks that hold a slot, an account's `activeTasks` the number of its counted unfinished
// tasks. The store writes these counts in the same transaction as the task.
import { heldMicros } from '../money/charge.ts';
import { findAttempt, queueKeyOf, isFinal } from './task.ts';
import { queueName } from './slot.ts';
import { findError } from '../error-catalogue.ts';
import type { SpentByDay } from '../money/account-money.ts';
import type { Attempt, Task } from './task.ts';

export interface AccountDelta {
  readonly accountId: string;
  readonly activeTasks: number;
  /** Micro-dollars that its tasks take from it, or give back. */
  readonly spent: SpentByDay;
  /** Whether they are taken for tasks that have not ended: only these may be refused. */
  readonly isReserve: boolean;
}

/** What a change counts for its gate; each part is in a row of its own. All of it is only ever added to. */
export interface GateDelta {
  readonly gateId: string;
  /** Counters of the gate itself, by counterName. */
  readonly counters: Readonly<Record<string, number>>;
  /** Tasks that came to wait or no longer do, by queueName. */
  readonly queues?: QueueDelta;
  readonly circuitProbes?: CircuitProbeDelta;
}

export interface QueueDelta {
  readonly accountId: string;
  readonly weight: number;
  readonly waiting: Readonly<Record<string, number>>;
}

interface CircuitProbeDelta {
  readonly model: string;
  readonly inFlight: number;
}

/** What an attempt shows about its model. */
export interface ModelOutcome {
  readonly isFailure: boolean;
  /** Sent while the model's circuit was not closed, to find out. */
  readonly isCircuitProbe: boolean;
}

/** One change of one task; `before` is undefined for a new task. */
export interface TaskChange {
  readonly before?: Task | undefined;
  readonly after: Task;
}

/** Names of a gate's counters. Flat names, because DynamoDB adds to top-level attributes only. */
export const counterName = {
  inFlight: 'inFlight',
  retriesInFlight: 'retriesInFlight',
  accountProbesInFlight: 'accountProbesInFlight',
  /** Slots that ever came free: what came and went while a recount looked. */
  releases: 'releases',
  /** How often its pools were filled: while never, there are none to be read. */
  fills: 'fills',
  /** Attempts that ended with an outcome. */
  outcomes: 'outcomes',
  /** Time that slots were held by attempts with an outcome, for the estimate of waits. */
  heldMs: 'heldMs',
} as const;

function isActive(task: Task | undefined): number {
  return task && !task.isUncounted && !isFinal(task.status) ? 1 : 0;
}

/** What the change means for the task's account; undefined for nothing. */
function accountDelta({ before, after }: TaskChange): AccountDelta | undefined {
  const activeTasks = isActive(after) - isActive(before);
  const spent = new Sums();
  const [held, holds] = [heldMicros(before?.money), heldMicros(after.money)];
  if (held !== 0) spent.add(String(before?.money?.day), -held);
  if (holds !== 0) spent.add(String(after.money?.day), holds);
  if (activeTasks === 0 && spent.isEmpty) return undefined;
  return {
    accountId: after.accountId,
    activeTasks,
    spent: spent.all,
    isReserve: holds > held && !isFinal(after.status),
  };
}

/** What the changes mean for their accounts, one delta for each: a transaction may write an item only once. */
export function accountDeltas(changes: readonly TaskChange[]): readonly AccountDelta[] {
  const byAccount = Map.groupBy(
    changes.flatMap((change) => accountDelta(change) ?? []),
    ({ accountId }) => accountId,
  );
  return [...byAccount].map(([accountId, deltas]) => {
    const spent = new Sums();
    for (const delta of deltas) for (const [day, micros] of Object.entries(delta.spent)) spent.add(day, micros);
    const activeTasks = deltas.reduce((sum, delta) => sum + delta.activeTasks, 0);
    return { accountId, activeTasks, spent: spent.all, isReserve: deltas.some(({ isReserve }) => isReserve) };
  });
}

/** What the change means for the task's gate, or undefined for nothing. */
export function gateDelta(change: TaskChange): GateDelta | undefined {
  const { before, after } = change;
  const counters = new Sums();
  addSlots(change, counters);
  for (const attempt of closedIn(change)) addHeldTime(attempt, counters);
  const waiting = new Sums();
  addTicket(before, -1, waiting);
  addTicket(after, 1, waiting);
  const probes = (after.slot?.circuitProbe ? 1 : 0) - (before?.slot?.circuitProbe ? 1 : 0);
  if (counters.isEmpty && waiting.isEmpty && probes === 0) return undefined;
  const { accountId, model, weight, gateId } = after;
  return {
    gateId,
    counters: counters.all,
    ...(!waiting.isEmpty && { queues: { accountId, weight, waiting: waiting.all } }),
    ...(probes !== 0 && { circuitProbes: { model, inFlight: probes } }),
  };
}

/** What a change shows about its task's model: an outcome for each closed attempt that reached the model. */
export function modelOutcomes(change: TaskChange): readonly ModelOutcome[] {
  return closedIn(change).flatMap((attempt) => outcomeOf(attempt) ?? []);
}

/** Undefined for an attempt that did not reach the model: for a refused slot, account or request. */
function outcomeOf({ outcome, failure, circuitProbe }: Attempt): ModelOutcome | undefined {
  const { level, code } = (outcome !== 'completed' && failure) || {};
  const isFailure = level !== undefined && code !== undefined && findError(level, code)?.attributedTo === 'provider';
  if (!isFailure && outcome !== 'completed' && outcome !== 'failed') return undefined;
  return { isFailure, isCircuitProbe: circuitProbe };
}

/** Sums by name, without zeros. */
class Sums {
  readonly all: Record<string, number> = {};

  add(name: string, amount: number): void {
    const sum = (this.all[name] ?? 0) + amount;
    if (sum === 0) delete this.all[name];
    else this.all[name] = sum;
  }

  get isEmpty(): boolean {
    return Object.keys(this.all).length === 0;
  }
}

function closedIn({ before, after }: TaskChange): readonly Attempt[] {
  return after.attempts.filter(({ number, state }) => {
    const earlier = before && findAttempt(before, number);
    return state === 'closed' && earlier?.state !== 'closed';
  });
}

function addSlots({ before, after }: TaskChange, counters: Sums): void {
  addSlot(before, -1, counters);
  addSlot(after, 1, counters);
  if (before?.slot && !after.slot) counters.add(counterName.releases, 1);
}

function addSlot(task: Task | undefined, sign: number, counters: Sums): void {
  const slot = task?.slot;
  if (!slot) return;
  counters.add(counterName.inFlight, sign);
  if (slot.kind === 'retry') counters.add(counterName.retriesInFlight, sign);
  if (slot.accountProbe) counters.add(counterName.accountProbesInFlight, sign);
}

function addTicket(task: Task | undefined, sign: number, waiting: Sums): void {
  const queue = task && queueKeyOf(task);
  if (queue) waiting.add(queueName(queue), sign);
}

function addHeldTime(attempt: Attempt, counters: Sums): void {
  if (attempt.acceptedAt === undefined || !outcomeOf(attempt)) return;
  counters.add(counterName.outcomes, 1);
  counters.add(counterName.heldMs, Math.max(0, (attempt.endedAt ?? attempt.startedAt) - attempt.startedAt));
}
