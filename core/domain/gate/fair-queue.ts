// Who goes next: fair finishTimes between accounts by weight, priority and age within an account, and a bound on what
// retries may take while fresh tasks wait. Start-time fair queueing over tasks (Goyal, Vin, Cheng, 1996).
// Pure: the caller brings the heads of the queues and commits the answer.
import { counterName } from '../task/derived-counts.ts';
import { modelAllowance } from './circuit.ts';
import { counter, freeSlots, inFlight, isProbingAccount, slotLimit, waitingQueues } from './gate.ts';
import { formatQueueKey } from '../task/slot.ts';
import type { QueueKey, Slot } from '../task/slot.ts';
import type { Gate } from './gate.ts';
import type { GateSettings } from './gate-settings.ts';

/** A task that wants a slot: one that waits with a ticket, or one that stands before dispatch right now. */
export interface Candidate extends QueueKey {
  readonly taskId: string;
  /** Lower goes first within an account. */
  readonly order: number;
  readonly weight: number;
}

export interface Grant {
  readonly candidate: Candidate;
  readonly slot: Slot;
}

export interface Allocation {
  readonly gate: Gate;
  readonly grants: readonly Grant[];
}

interface AllocationContext {
  readonly settings: GateSettings;
  readonly now: number;
  readonly grantsMax: number;
}

/**
 * Gives out the free slots.
 * The gate that comes back has its finishTimes advanced; its counters are untouched, because the store derives those
 * from the tasks that the caller changes.
 */
export function allocate(gate: Gate, candidates: readonly Candidate[], context: AllocationContext): Allocation {
  const { now, grantsMax } = context;
  const round = new AllocationRound(gate, candidates, context);
  const free = Math.min(freeSlots(gate, now), grantsMax);
  const grants: Grant[] = [];
  while (grants.length < free) {
    const grant = round.next();
    if (grant === undefined) break;
    grants.push(grant);
  }
  const isFull = inFlight(gate) + grants.length >= slotLimit(gate);
  const limit = isFull ? { ...gate.limit, filledAt: now } : gate.limit;
  const finishTimes = tidyFinishTimes(round.finishTimes, round.virtualTime, gate, candidates);
  return { gate: { ...gate, limit, finishTimes, virtualTime: round.virtualTime }, grants };
}

/** Slots that retries may still take while fresh tasks wait. */
function retryRoom(gate: Gate, { retryShare }: GateSettings): number {
  return Math.max(1, Math.floor(slotLimit(gate) * retryShare)) - counter(gate, counterName.retriesInFlight);
}

/** One giving-out of slots: what has been given so far counts for what comes next. */
class AllocationRound {
  readonly finishTimes: Record<string, number>;
  virtualTime: number;
  readonly #gate: Gate;
  readonly #context: AllocationContext;
  readonly #queues = new Map<string, Candidate[]>();
  readonly #circuitProbesLeft = new Map<string, number>();
  #given = 0;
  #retriesGiven = 0;

  constructor(gate: Gate, candidates: readonly Candidate[], context: AllocationContext) {
    this.#gate = gate;
    this.#context = context;
    this.finishTimes = { ...gate.finishTimes };
    this.virtualTime = gate.virtualTime;
    for (const candidate of [...candidates].sort((a, b) => a.order - b.order)) {
      const key = formatQueueKey(candidate);
      const queue = this.#queues.get(key) ?? [];
      queue.push(candidate);
      this.#queues.set(key, queue);
    }
  }

  next(): Grant | undefined {
    const eligible = this.#eligible();
    if (eligible.length === 0) return undefined;
    // Ties go to the older task, then by id, so that the same state always gives the same answer.
    const [chosen] = eligible.sort(
      (a, b) =>
        this.#startOf(a.accountId) - this.#startOf(b.accountId) || a.order - b.order || (a.taskId < b.taskId ? -1 : 1),
    );
    return chosen && this.#give(chosen);
  }

  #startOf(accountId: string): number {
    return Math.max(this.finishTimes[accountId] ?? this.virtualTime, this.virtualTime);
  }

  /** The head of every queue that may be served now. */
  #eligible(): Candidate[] {
    const heads = [...this.#queues.values()].flatMap(([head]) =>
      head && this.#allowance(head.model) > 0 ? [head] : [],
    );
    const isFreshWaiting = heads.some(({ kind }) => kind === 'fresh');
    if (!isFreshWaiting || this.#mayRetry()) return heads;
    return heads.filter(({ kind }) => kind === 'fresh');
  }

  #mayRetry(): boolean {
    return this.#retriesGiven < retryRoom(this.#gate, this.#context.settings);
  }

  #allowance(model: string): number {
    return this.#circuitProbesLeft.get(model) ?? modelAllowance(this.#gate, model);
  }

  #give(candidate: Candidate): Grant {
    const { accountId, model, kind } = candidate;
    this.#queues.get(formatQueueKey(candidate))?.shift();
    this.#circuitProbesLeft.set(model, this.#allowance(model) - 1);
    this.#given += 1;
    if (kind === 'retry') this.#retriesGiven += 1;
    this.virtualTime = this.#startOf(accountId);
    this.finishTimes[accountId] = this.virtualTime + 1 / candidate.weight;
    return {
      candidate,
      slot: {
        kind,
        circuitProbe: this.#gate.circuits[model] !== undefined,
        accountProbe: isProbingAccount(this.#gate),
        rank: inFlight(this.#gate) + this.#given,
        grantedAt: this.#context.now,
      },
    };
  }
}

/** Forgets the finishTimes of accounts that have nobody waiting and have been caught up with. */
function tidyFinishTimes(
  finishTimes: Readonly<Record<string, number>>,
  virtualTime: number,
  gate: Gate,
  candidates: readonly Candidate[],
): Record<string, number> {
  const present = new Set([...waitingQueues(gate), ...candidates].map(({ accountId }) => accountId));
  return Object.fromEntries(
    Object.entries(finishTimes).filter(([accountId, finish]) => finish > virtualTime || present.has(accountId)),
  );
}

/**
 * The queues worth reading to fill the free slots, the likeliest first: those of the accounts whose turn it is.
 * Queues of models whose circuit is open are left out, so that a broken model's backlog costs no reads; queues of
 * retries that have their share come last, so that they cannot hide fresh tasks from a caller who reads only some.
 */
export function queuesToRead(gate: Gate, settings: GateSettings): readonly QueueKey[] {
  const startOf = ({ accountId }: QueueKey): number => gate.finishTimes[accountId] ?? gate.virtualTime;
  const isFreshFirst = retryRoom(gate, settings) <= 0;
  const isLate = ({ kind }: QueueKey): number => (isFreshFirst && kind === 'retry' ? 1 : 0);
  return waitingQueues(gate)
    .filter(({ model }) => modelAllowance(gate, model) > 0)
    .sort((a, b) => isLate(a) - isLate(b) || startOf(a) - startOf(b));
}
