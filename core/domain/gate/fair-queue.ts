// Chooses the tasks that get the next slots: fair turns between accounts by weight, priority and age within an account,
// and a bound on what retries may take while fresh tasks wait. Start-time fair queueing over tasks (Goyal, Vin, Cheng,
// 1996).
// Pure: the caller reads the heads of the queues and commits the result.
import { counterName } from '../task/derived-counts.ts';
import { modelAllowance } from './circuit.ts';
import { counter, freeSlots, inFlight, isProbingAccount, slotLimit } from './gate.ts';
import { tasksIn, waitingOf, waitingWeightOf } from './gate-view.ts';
import { formatQueueKey } from '../task/slot.ts';
import type { QueueKey, Slot } from '../task/slot.ts';
import type { Gate } from './gate.ts';
import type { AccountQueues, GateView } from './gate-view.ts';
import type { GateSettings } from './gate-settings.ts';

/** A task that needs a slot: it waits with a ticket, or dispatch is serving its doorbell right now. */
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

/** An account was served; its next turn begins at `finishTime`, in virtual time. */
export interface Turn {
  readonly accountId: string;
  readonly weight: number;
  readonly finishTime: number;
  readonly servedAt: number;
}

export interface Allocation {
  readonly gate: Gate;
  readonly grants: readonly Grant[];
  readonly turns: readonly Turn[];
}

interface AllocationContext {
  readonly settings: GateSettings;
  readonly now: number;
  readonly grantsMax: number;
}

/**
 * Gives out the free slots. Turns are counted only while some task goes without a slot: while there is room for all, no
 * account is served before another, and no turn is written.
 * Leaves the gate's counters untouched: the store derives them from the tasks that the caller changes.
 */
export function allocate(view: GateView, candidates: readonly Candidate[], context: AllocationContext): Allocation {
  const { gate } = view;
  const { now, grantsMax } = context;
  const round = new AllocationRound(view, candidates, context);
  const free = Math.min(freeSlots(gate, now), grantsMax);
  const grants: Grant[] = [];
  while (grants.length < free) {
    const grant = round.next();
    if (grant === undefined) break;
    grants.push(grant);
  }
  const isFull = inFlight(gate) + grants.length >= slotLimit(gate);
  const limit = isFull ? { ...gate.limit, filledAt: now } : gate.limit;
  const isContested = isAnyWaiting(view) || grants.length < candidates.length;
  const virtualTime = isContested ? round.virtualTime : gate.virtualTime;
  const waitingWeight = waitingWeightOf(view) ?? gate.waitingWeight;
  const after = { ...gate, limit, virtualTime, ...(waitingWeight !== undefined && { waitingWeight }) };
  return { gate: grants.length > 0 ? withProbeSent(after, now) : after, grants, turns: isContested ? round.turns : [] };
}

/**
 * With the next probe of a refused account a wait away from the one that is granted now: a probe whose connection breaks
 * shows nothing, and must not be followed at once by the next.
 */
function withProbeSent(gate: Gate, now: number): Gate {
  const { pause } = gate;
  return pause?.reason === 'account' ? { ...gate, pause: { ...pause, probeAt: now + pause.probeWaitMs } } : gate;
}

function isAnyWaiting({ queues, isWhole }: GateView): boolean {
  return !isWhole || [...queues.values()].some((account) => tasksIn(account) > 0);
}

/** Slots that retries may still take while fresh tasks wait. */
function retryRoom(gate: Gate, { retryShare }: GateSettings): number {
  return Math.max(1, Math.floor(slotLimit(gate) * retryShare)) - counter(gate, counterName.retriesInFlight);
}

/** One round of allocation: what it has given so far counts for its next grant. */
class AllocationRound {
  virtualTime: number;
  readonly #view: GateView;
  readonly #context: AllocationContext;
  readonly #turns = new Map<string, Turn>();
  readonly #queues = new Map<string, Candidate[]>();
  readonly #circuitProbesLeft = new Map<string, number>();
  #given = 0;
  #retriesGiven = 0;

  constructor(view: GateView, candidates: readonly Candidate[], context: AllocationContext) {
    this.#view = view;
    this.#context = context;
    this.virtualTime = view.gate.virtualTime;
    for (const candidate of [...candidates].sort((a, b) => a.order - b.order)) {
      const key = formatQueueKey(candidate);
      const queue = this.#queues.get(key) ?? [];
      queue.push(candidate);
      this.#queues.set(key, queue);
    }
  }

  get turns(): readonly Turn[] {
    return [...this.#turns.values()];
  }

  next(): Grant | undefined {
    const eligible = this.#eligible();
    if (eligible.length === 0) return undefined;
    // Ties go to the older task, then to the lower id, so that the same state always gives the same result.
    const [chosen] = eligible.sort(
      (a, b) =>
        this.#startOf(a.accountId) - this.#startOf(b.accountId) || a.order - b.order || (a.taskId < b.taskId ? -1 : 1),
    );
    return chosen && this.#give(chosen);
  }

  #startOf(accountId: string): number {
    const finishTime = this.#turns.get(accountId)?.finishTime ?? this.#view.queues.get(accountId)?.finishTime;
    return Math.max(finishTime ?? this.virtualTime, this.virtualTime);
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
    return this.#retriesGiven < retryRoom(this.#view.gate, this.#context.settings);
  }

  #allowance(model: string): number {
    return this.#circuitProbesLeft.get(model) ?? modelAllowance(this.#view.models.get(model), this.#context.now);
  }

  #give(candidate: Candidate): Grant {
    const { accountId, model, kind, weight } = candidate;
    const { gate, models } = this.#view;
    this.#queues.get(formatQueueKey(candidate))?.shift();
    this.#circuitProbesLeft.set(model, this.#allowance(model) - 1);
    this.#given += 1;
    if (kind === 'retry') this.#retriesGiven += 1;
    this.virtualTime = this.#startOf(accountId);
    const servedAt = this.#context.now;
    this.#turns.set(accountId, { accountId, weight, finishTime: this.virtualTime + 1 / weight, servedAt });
    return {
      candidate,
      slot: {
        kind,
        circuitProbe: models.get(model)?.circuit !== undefined,
        accountProbe: isProbingAccount(gate),
        rank: inFlight(gate) + this.#given,
        grantedAt: this.#context.now,
      },
    };
  }
}

/**
 * The queues in view, in the order in which they are likely to be served: by their account's turn. The first queue of
 * an account is placed at the account's next turn, the second at the turn after it, and so on; which is the first
 * changes from call to call. Queues of retries come last while retries have used up their share, so that they cannot
 * hide fresh tasks from a caller that reads only the first queues.
 * @param random uniform in [0, 1).
 */
export function queuesInTurn(view: GateView, settings: GateSettings, random: number): readonly QueueKey[] {
  const { gate, queues } = view;
  const isFreshFirst = retryRoom(gate, settings) <= 0;
  const placed = [...queues.values()].flatMap((account) =>
    rotated(waitingOf(account), random).map((queue, index) => ({
      queue,
      isLate: isFreshFirst && queue.kind === 'retry' ? 1 : 0,
      start: startOf(account, gate) + index / account.weight,
    })),
  );
  return placed.sort((a, b) => a.isLate - b.isLate || a.start - b.start).map(({ queue }) => queue);
}

function startOf({ finishTime }: AccountQueues, { virtualTime }: Gate): number {
  return Math.max(finishTime ?? virtualTime, virtualTime);
}

function rotated<Item>(items: readonly Item[], random: number): readonly Item[] {
  const from = Math.floor(random * items.length);
  return [...items.slice(from), ...items.slice(0, from)];
}
