// The gate with what has been read of its queues and models: each waiting account has a row of its own, and so has each
// model that has failed lately, so that the gate's own item stays small however many accounts wait. A view may hold a
// part of them only: the flows choose which part, and fair-queue.ts works with what it gets.
import { limits } from '../limits.ts';
import { modelAllowance } from './circuit.ts';
import { inFlight, counter, isRushed, slotLimit } from './gate.ts';
import { counterName, gateDelta } from '../task/derived-counts.ts';
import { parseQueueName } from '../task/slot.ts';
import type { QueueDelta, TaskChange } from '../task/derived-counts.ts';
import type { QueueKey } from '../task/slot.ts';
import type { ModelHealth } from './circuit.ts';
import type { Gate } from './gate.ts';

/** An account's waiting tasks, and its place in the order of turns. */
export interface AccountQueues {
  readonly accountId: string;
  readonly weight: number;
  /**
   * Virtual time at which the task served last finishes; absent while the account has not been served since its row was
   * made.
   */
  readonly finishTime?: number;
  /** When that task was served. */
  readonly servedAt?: number;
  /** Waiting tasks by queueName; queues without any are left out. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Queues that the row still names though nothing waits in them. */
  readonly idle?: readonly string[];
}

export interface GateView {
  readonly gate: Gate;
  readonly queues: ReadonlyMap<string, AccountQueues>;
  /** False when more accounts wait than were read. */
  readonly isWhole: boolean;
  /** Models with a row; the others that were read are healthy. */
  readonly models: ReadonlyMap<string, ModelHealth>;
}

interface WaitingQueue extends QueueKey {
  readonly tasks: number;
}

export function waitingOf({ accountId, waiting }: AccountQueues): readonly WaitingQueue[] {
  return Object.entries(waiting).map(([name, tasks]) => ({ ...parseQueueName(name), accountId, tasks }));
}

/** The queues in which tasks wait. */
export function waitingQueues({ queues }: Pick<GateView, 'queues'>): readonly WaitingQueue[] {
  return [...queues.values()].flatMap(waitingOf);
}

export function tasksIn(queues: AccountQueues | undefined): number {
  return Object.values(queues?.waiting ?? {}).reduce((sum, tasks) => sum + tasks, 0);
}

export function waitingTasks({ queues }: Pick<GateView, 'queues'>): number {
  return [...queues.values()].reduce((sum, account) => sum + tasksIn(account), 0);
}

/** True when the account's row, which names each queue in which its tasks wait, has no room for one more model. */
export function isCrowded(queues: AccountQueues | undefined, model: string): boolean {
  const names = Object.keys(queues?.waiting ?? {});
  if (names.some((name) => parseQueueName(name).model === model)) return false;
  return names.reduce((bytes, name) => bytes + Buffer.byteLength(name), 0) > limits.queueNamesBytesMax;
}

/** A gate that was full so lately hands its slots over: with tasks of any length one comes free before long. */
const HANDING_OVER_MS = 1_000;

function wasFull({ limit }: Gate, now: number): boolean {
  return now - limit.filledAt < HANDING_OVER_MS;
}

/**
 * True when a function that frees a slot finds enough that may be served: the gate was full a moment ago, and more wait than come to wait
 * while a round is under way. An arrival need not look for slots meanwhile.
 */
export function isHandingOver(view: GateView, now: number): boolean {
  if (!wasFull(view.gate, now)) return false;
  const servable = waitingQueues(view).reduce(
    (sum, { model, tasks }) => sum + Math.min(tasks, modelAllowance(view.models.get(model), now)),
    0,
  );
  return servable >= limits.grantsMax;
}

/** An account's share of the slots (0 to 1) while it and all other accounts known to wait want more. */
export function shareOf(gate: Gate, weight: number, isWaiting: boolean): number {
  const others = Math.max(0, (gate.waitingWeight ?? 0) - (isWaiting ? weight : 0));
  return weight / (weight + others);
}

/**
 * How long a task of the account would wait for its slot if it were accepted now, in milliseconds: for the account's
 * own tasks before it, at the pace of the account's turns. 0 when no task waits, undefined until enough attempts have
 * ended to know how long slots are held.
 */
export function estimatedWaitMs(gate: Gate, queues: AccountQueues | undefined, weight: number): number | undefined {
  const waiting = tasksIn(queues);
  if (waiting === 0 && (gate.waitingWeight ?? 0) === 0) return 0;
  const outcomes = counter(gate, counterName.outcomes);
  if (outcomes < 5) return undefined;
  const heldMs = counter(gate, counterName.heldMs) / outcomes;
  return Math.round((Math.max(1, waiting) * heldMs) / (slotLimit(gate) * shareOf(gate, weight, waiting > 0)));
}

/** Attempts that end in a second, about: those that are in flight, each for as long as attempts have held their slots so far. */
export function endsPerSecond(gate: Gate): number {
  const heldMs = counter(gate, counterName.heldMs);
  return heldMs > 0 ? (1_000 * inFlight(gate) * counter(gate, counterName.outcomes)) / heldMs : 0;
}

/** Sum of the weights of the accounts that wait; undefined when not all were read. */
export function waitingWeightOf({ queues, isWhole }: GateView): number | undefined {
  if (!isWhole) return undefined;
  return [...queues.values()].reduce((sum, account) => sum + (tasksIn(account) > 0 ? account.weight : 0), 0);
}

/** After this long an account's last turn may be forgotten: one turn too many in that time is no advantage. */
const TURN_KEPT_MS = 2_000;

/**
 * Rows of accounts without waiting tasks that are no longer needed: the others have caught up with the account's last
 * turn, that turn was long enough ago, or no task waits at all. Each row that is kept without need costs a read in
 * every round; but while slots go from hand to hand only those go that are old, since most accounts come back at once.
 */
export function forgettableQueues({ gate, queues, isWhole }: GateView, now: number): readonly AccountQueues[] {
  const isAnyWaiting = !isWhole || [...queues.values()].some((account) => tasksIn(account) > 0);
  const isBusy = wasFull(gate, now) || isRushed(gate, now);
  return [...queues.values()].filter((account) => {
    if (tasksIn(account) > 0) return false;
    if (now - (account.servedAt ?? 0) >= TURN_KEPT_MS) return true;
    return !isBusy && (!isAnyWaiting || (account.finishTime ?? 0) <= gate.virtualTime);
  });
}

/** The gate with its counters and queues as they will be after the commit, to know whether any task will be waiting. */
export function viewAfter(view: GateView, changes: readonly TaskChange[]): GateView {
  const counters: Record<string, number> = { ...view.gate.counters };
  const queues = new Map(view.queues);
  for (const change of changes) {
    const delta = gateDelta(change);
    for (const [name, amount] of Object.entries(delta?.counters ?? {})) {
      counters[name] = (counters[name] ?? 0) + amount;
    }
    if (delta?.queues) queues.set(delta.queues.accountId, withMoved(queues.get(delta.queues.accountId), delta.queues));
  }
  return { ...view, gate: { ...view.gate, counters }, queues };
}

function withMoved(account: AccountQueues | undefined, { accountId, weight, waiting }: QueueDelta): AccountQueues {
  const moved: Record<string, number> = { ...account?.waiting };
  for (const [name, amount] of Object.entries(waiting)) moved[name] = (moved[name] ?? 0) + amount;
  return {
    ...account,
    accountId,
    weight,
    waiting: Object.fromEntries(Object.entries(moved).filter(([, tasks]) => tasks > 0)),
  };
}
