// What a change of a task changes elsewhere: its account's count and balance, its gate's slots, queues and tallies.
// Derived from the task before and after, never set by hand, so that every count is right by construction: a gate's
// `inFlight` is the number of tasks that hold a slot, an account's `activeTasks` the number of its counted unfinished
// tasks. The store writes these counts in the same transaction as the task.
import { findAttempt, queueKeyOf, isFinal } from './task.ts';
import { formatQueueKey } from './slot.ts';
import { findError } from '../error-catalogue.ts';
import type { Attempt, Task } from './task.ts';

export interface AccountDelta {
  readonly accountId: string;
  readonly activeTasks: number;
  /** Task credits; negative takes one. Ignored by the store for accounts without a balance. */
  readonly balance: number;
}

/** Counters of a gate that are only ever added to; the names are those of GateCounters. */
export interface GateDelta {
  readonly gateId: string;
  readonly counters: Readonly<Record<string, number>>;
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
  /** Attempts that ended with an outcome. */
  outcomes: 'outcomes',
  /** Time that slots were held by attempts with an outcome, for the estimate of waits. */
  heldMs: 'heldMs',
  waiting: (queueKey: string): string => `waiting:${queueKey}`,
  modelOutcomes: (model: string): string => `outcomes:${model}`,
  modelFailures: (model: string): string => `failures:${model}`,
  circuitProbesInFlight: (model: string): string => `circuitProbes:${model}`,
  circuitProbeSuccesses: (model: string): string => `circuitProbeSuccesses:${model}`,
  circuitProbeFailures: (model: string): string => `circuitProbeFailures:${model}`,
} as const;

function isActive(task: Task | undefined): number {
  return task && !task.isUncounted && !isFinal(task.status) ? 1 : 0;
}

function isCharged(task: Task | undefined): number {
  return task?.charged ? 1 : 0;
}

/** What the change means for the task's account; undefined for nothing. */
export function accountDelta({ before, after }: TaskChange): AccountDelta | undefined {
  const activeTasks = isActive(after) - isActive(before);
  const balance = isCharged(before) - isCharged(after);
  return activeTasks === 0 && balance === 0 ? undefined : { accountId: after.accountId, activeTasks, balance };
}

/** What the change means for the task's gate; undefined for nothing. */
export function gateDelta({ before, after }: TaskChange): GateDelta | undefined {
  const counters: Record<string, number> = {};
  const add = (name: string, amount: number): void => {
    const sum = (counters[name] ?? 0) + amount;
    if (sum === 0) delete counters[name];
    else counters[name] = sum;
  };
  addSlot(before, -1, add);
  addSlot(after, 1, add);
  addTicket(before, -1, add);
  addTicket(after, 1, add);
  for (const attempt of after.attempts) {
    const earlier = before && findAttempt(before, attempt.number);
    if (attempt.state === 'closed' && earlier?.state !== 'closed') addOutcome(after, attempt, add);
  }
  return Object.keys(counters).length === 0 ? undefined : { gateId: after.gateId, counters };
}

type Add = (name: string, amount: number) => void;

function addSlot(task: Task | undefined, sign: number, add: Add): void {
  const slot = task?.slot;
  if (!task || !slot) return;
  add(counterName.inFlight, sign);
  if (slot.kind === 'retry') add(counterName.retriesInFlight, sign);
  if (slot.circuitProbe) add(counterName.circuitProbesInFlight(task.model), sign);
  if (slot.accountProbe) add(counterName.accountProbesInFlight, sign);
}

function addTicket(task: Task | undefined, sign: number, add: Add): void {
  const queue = task && queueKeyOf(task);
  if (queue) add(counterName.waiting(formatQueueKey(queue)), sign);
}

/** An attempt shows something about its model only if it reached it: a refused slot, account or request does not. */
function addOutcome(task: Task, attempt: Attempt, add: Add): void {
  const failure = attempt.outcome === 'completed' ? undefined : attempt.failure;
  const isFailure = failure !== undefined && findError(failure.level, failure.code)?.attributedTo === 'provider';
  if (!isFailure && attempt.outcome !== 'completed' && attempt.outcome !== 'failed') return;
  add(counterName.modelOutcomes(task.model), 1);
  if (isFailure) add(counterName.modelFailures(task.model), 1);
  if (attempt.circuitProbe)
    add(isFailure ? counterName.circuitProbeFailures(task.model) : counterName.circuitProbeSuccesses(task.model), 1);
  if (attempt.acceptedAt === undefined) return;
  add(counterName.outcomes, 1);
  add(counterName.heldMs, Math.max(0, (attempt.endedAt ?? attempt.startedAt) - attempt.startedAt));
}
