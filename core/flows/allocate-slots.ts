// Gives the gate's free slots to those whose turn it is, in one transaction with the tasks that get them.
// Called by whoever frees a slot, brings tasks, or has learned something of Get3W; by sweep as a repair.
// Who is next and what was learned is decided in the domain, what is read for it by read-candidates.ts; here is the
// committing and racing.
import { RelayError } from '../domain/relay-error.ts';
import { gateDelta } from '../domain/task/derived-counts.ts';
import { isClaimable } from '../domain/task/decide.ts';
import { freeSlots } from '../domain/gate/gate.ts';
import { nextWakeAt, reviewGate } from '../domain/gate/gate-review.ts';
import { LIMITS } from '../domain/limits.ts';
import { slotKindOf } from '../domain/task/task.ts';
import { allocate } from '../domain/gate/fair-queue.ts';
import { forgettableQueues } from '../domain/gate/gate-view.ts';
import { decideContext } from '../ports/flow-ports.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { decideSoundly } from './decide-soundly.ts';
import { readHeads, readWaiting } from './read-candidates.ts';
import { reportChange } from './report-change.ts';
import { sendDoorbells } from './send-doorbells.ts';
import type { QueueDelta, TaskChange } from '../domain/task/derived-counts.ts';
import type { Effect, TaskEvent } from '../domain/task/event.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { Observation } from '../domain/gate/gate-review.ts';
import type { Candidate, Grant, Turn } from '../domain/gate/fair-queue.ts';
import type { Task } from '../domain/task/task.ts';
import type { AccountQueues, GateView } from '../domain/gate/gate-view.ts';
import type { OutgoingDoorbell } from '../contract/messages.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { TakenTurn } from '../ports/ports.ts';
import type { Tried } from '../ports/optimistic-commit.ts';

/** A task that stands before dispatch and wants to be claimed, with what its claim needs. */
export interface Arrival {
  readonly task: Task;
  /** The attempt that the claim is for. */
  readonly attempt: number;
  readonly leaseId: string;
  readonly callbackDigest: string;
}

export interface AllocationRequest {
  readonly observations?: readonly Observation[];
  readonly arrivals?: readonly Arrival[];
}

export interface FailedArrival {
  readonly taskId: string;
  readonly error: unknown;
}

export interface Allocated {
  /** Arrivals that were claimed, as committed: their POST is now due. */
  readonly claimed: readonly Task[];
  /** Arrivals that no decision could be made for; the others went on without them. */
  readonly failed: readonly FailedArrival[];
}

/** Grants are bounded by round, so that a limit that jumped from 2 to 10,000 takes several functions to fill. */
const ROUNDS_MAX = 20;
/** Rounds on end that found nobody to serve among the part of the waiting that they saw. */
const VAIN_ROUNDS_MAX = 3;

/**
 * @throws RelayError `store-contended` when the gate's version was lost too often, `store-unavailable` from the store;
 *   what was asked for then stands as it stood, and the arrivals' messages come again.
 */
export async function allocateSlots(ports: FlowPorts, gateId: string, request: AllocationRequest): Promise<Allocated> {
  const first = await allocateOnce(ports, gateId, request);
  const { claimed, failed } = first;
  try {
    for (let rounds = 1, vain = 0, last = first; last.isMoreLikely && rounds < ROUNDS_MAX; rounds += 1) {
      vain = last.granted === 0 ? vain + 1 : 0;
      if (vain > VAIN_ROUNDS_MAX) break;
      last = await allocateOnce(ports, gateId, {});
    }
  } catch (error) {
    // What is claimed must be submitted now, or its lease runs out with nobody there; further grants can wait for sweep.
    ports.log.warn('A gate could not be looked at once more', { gateId, error });
  }
  return { claimed, failed };
}

interface AllocatedOnce extends Allocated {
  readonly granted: number;
  readonly isMoreLikely: boolean;
}

/** One round that is written, or found to be not worth it; tried again while others are faster. */
async function allocateOnce(
  ports: FlowPorts,
  gateId: string,
  { observations = [], arrivals: arriving = [] }: AllocationRequest,
): Promise<AllocatedOnce> {
  let arrivals = arriving;
  const attempt = async (): Promise<Tried<AllocatedOnce>> => {
    const round = await plan(ports, gateId, observations, arrivals);
    const { failed, isMoreLikely, granted } = round;
    if (!round.isWorthWriting) {
      await forgetQueues(ports, gateId, round.forgettable);
      return { result: { claimed: [], failed, isMoreLikely, granted } };
    }
    const { before, after, turns } = round;
    const committed = await ports.store.commit({
      changes: round.changes.map(({ change }) => change),
      ...(round.isGateChanged && { gate: { before, after, turns } }),
    });
    if (committed.kind === 'committed') {
      const claimed = await afterCommit(ports, round);
      // What is claimed is submitted before anything is tidied up.
      if (claimed.length === 0) await forgetQueues(ports, gateId, round.forgettable);
      return { result: { claimed, failed, isMoreLikely, granted } };
    }
    if (committed.kind === 'lost') arrivals = await freshArrivals(ports, arrivals, committed.taskIds);
    return 'lost';
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'The gate changed under every try to allocate its slots', { gateId });
  return commitOptimistically(ports, { policy: tryPolicies.gateSlots, attempt, contended });
}

interface PlannedChange {
  readonly change: TaskChange;
  readonly effects: readonly Effect[];
  readonly isArrival: boolean;
}

interface Round {
  readonly before: Gate;
  readonly after: Gate;
  readonly turns: readonly TakenTurn[];
  /** Rows of accounts that wait no more. */
  readonly forgettable: readonly AccountQueues[];
  readonly granted: number;
  readonly changes: readonly PlannedChange[];
  readonly failed: readonly FailedArrival[];
  readonly isGateChanged: boolean;
  readonly isWorthWriting: boolean;
  /**
   * Grants hit their bound while slots were still free, or the queues that were read hold too few; or somebody took a
   * ticket: the slot it waits for may have come free while it queued up, and whoever freed it saw nobody waiting; or
   * somebody else gave slots to those at the head of a queue while it was read: those behind them were not seen; or
   * this very round opens the gate further: who queued up while it was on its way to the table has seen it closed.
   */
  readonly isMoreLikely: boolean;
  readonly wakeAt?: number | undefined;
}

async function plan(
  ports: FlowPorts,
  gateId: string,
  observations: readonly Observation[],
  arriving: readonly Arrival[],
): Promise<Round> {
  const seen = await readWaiting(ports, gateId);
  const { gate: before } = seen;
  const context = decideContext(ports);
  const { now } = context;
  const { gate: gateSettings } = ports.settings;
  const reviewed = reviewGate(before, observations, { settings: gateSettings, now, random: context.random });
  const free = Math.min(freeSlots(reviewed, now), LIMITS.grantsMax);
  const models = arriving.map(({ task }) => task.model);
  const { models: known, tasks: waiting, isTorn, isPart } = await readHeads(ports, seen, free, models);
  const view: GateView = { ...seen, gate: reviewed, models: known };
  // A slot given to a task that was cancelled on its way would stand idle while others wait for it; and a task that has
  // taken a ticket since it was read on its way stands here twice, of which the ticket is the truth.
  const arrivals = arriving.filter(({ task }) => isClaimable(task, now) && !waiting.has(task.id));
  const candidates = [...[...waiting.values()].map(candidateOf), ...arrivals.map(({ task }) => candidateOf(task))];
  const allocation = allocate(view, candidates, { settings: gateSettings, now, grantsMax: LIMITS.grantsMax });
  const granted = allocation.grants.length;
  const { changes, failed } = planChanges(ports, allocation.grants, waiting, arrivals);
  const wakeAt = nextWakeAt(afterChanges({ ...view, gate: allocation.gate }, changes), now);
  const isWakeNews = isNewWake(wakeAt, before.wakeAt, now);
  const isGateChanged = reviewed !== before || granted > 0 || isWakeNews;
  return {
    before,
    after: isWakeNews ? { ...allocation.gate, wakeAt } : allocation.gate,
    turns: allocation.turns.map((turn) => withIdle(turn, view)),
    forgettable: forgettableQueues({ ...view, gate: allocation.gate }, now),
    granted,
    changes,
    failed,
    isGateChanged,
    isWorthWriting: isGateChanged || changes.length > 0,
    isMoreLikely:
      (granted === free && free === LIMITS.grantsMax) ||
      changes.some(({ change }) => change.after.status === 'waiting') ||
      ((isTorn || isPart || isOpened(before, reviewed, now)) && granted < free),
    wakeAt: isWakeNews ? wakeAt : undefined,
  };
}

function withIdle(turn: Turn, { queues }: GateView): TakenTurn {
  return { ...turn, idle: queues.get(turn.accountId)?.idle };
}

/** Rows that are left behind are read by each round in vain; whether they go now or with the next is all the same. */
async function forgetQueues(ports: FlowPorts, gateId: string, queues: readonly AccountQueues[]): Promise<void> {
  if (queues.length === 0) return;
  try {
    await ports.store.forgetQueues(gateId, queues);
  } catch (error) {
    ports.log.warn('Queues in which nobody waits could not be taken away', { gateId, error });
  }
}

/** True when nobody has been told yet to come back so early. */
function isNewWake(wakeAt: number | undefined, known: number | undefined, now: number): wakeAt is number {
  return wakeAt !== undefined && (known === undefined || known <= now || wakeAt < known);
}

/** True when more may pass than the gate in the table says. */
function isOpened(before: Gate, reviewed: Gate, now: number): boolean {
  return freeSlots(reviewed, now) > freeSlots(before, now);
}

function candidateOf(task: Task): Candidate {
  return {
    taskId: task.id,
    kind: task.ticket?.kind ?? slotKindOf(task),
    accountId: task.accountId,
    model: task.model,
    order: task.ticket?.order ?? task.createdAt - task.priorityMs,
    weight: task.weight,
  };
}

function planChanges(
  ports: FlowPorts,
  grants: readonly Grant[],
  waiting: ReadonlyMap<string, Task>,
  arrivals: readonly Arrival[],
): Pick<Round, 'changes' | 'failed'> {
  const granted = new Map(grants.map((grant) => [grant.candidate.taskId, grant.slot]));
  const changes: PlannedChange[] = [];
  const failed: FailedArrival[] = [];
  const add = (task: Task, event: TaskEvent, isArrival: boolean): void => {
    try {
      const decision = decideSoundly(ports, task, event);
      if (decision.kind === 'refused') return;
      changes.push({ change: { before: task, after: decision.task }, effects: decision.effects, isArrival });
    } catch (error) {
      // One task that cannot go on must not keep the others of its gate from their slots.
      if (isArrival) failed.push({ taskId: task.id, error });
    }
  };
  for (const task of waiting.values()) {
    const slot = granted.get(task.id);
    if (slot) add(task, { type: 'slot-granted', slot }, false);
  }
  for (const { task, attempt, leaseId, callbackDigest } of arrivals) {
    const slot = granted.get(task.id);
    add(task, slot ? { type: 'claimed', attempt, leaseId, callbackDigest, slot } : { type: 'slot-denied' }, true);
  }
  return { changes, failed };
}

/** The gate as its counters and queues will stand after the commit, to know whether anybody will be waiting. */
function afterChanges(view: GateView, changes: readonly PlannedChange[]): GateView {
  const counters: Record<string, number> = { ...view.gate.counters };
  const queues = new Map(view.queues);
  for (const { change } of changes) {
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

async function afterCommit(ports: FlowPorts, round: Round): Promise<readonly Task[]> {
  const outgoing: OutgoingDoorbell[] = [];
  const claimed: Task[] = [];
  for (const { change, effects, isArrival } of round.changes) {
    reportChange(ports, change);
    if (isArrival && change.after.status === 'submitting') claimed.push(change.after);
    for (const effect of effects) {
      if (effect.type !== 'send-dispatch-doorbell') continue;
      const { taskId, attempt, delayMs } = effect;
      outgoing.push({
        queue: 'dispatch',
        doorbell: { kind: 'task', taskId, attempt },
        delayMs,
        group: change.after.accountId,
      });
    }
  }
  if (round.wakeAt !== undefined) {
    const delayMs = Math.min(LIMITS.doorbellDelayMsMax, Math.max(0, round.wakeAt - ports.clock.now()));
    outgoing.push({ queue: 'dispatch', doorbell: { kind: 'gate', gateId: round.before.id }, delayMs });
  }
  await sendDoorbells(ports, outgoing);
  return claimed;
}

/** Arrivals as they now stand; those that somebody else has taken further are dropped. */
async function freshArrivals(
  ports: FlowPorts,
  arrivals: readonly Arrival[],
  lost: readonly string[],
): Promise<readonly Arrival[]> {
  const stale = new Set(lost);
  if (!arrivals.some(({ task }) => stale.has(task.id))) return arrivals;
  const tasks = await ports.store.loadTasks(arrivals.map(({ task }) => task.id));
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return arrivals.flatMap((arrival) => {
    const task = byId.get(arrival.task.id);
    const isSame = task && !task.slot && task.attemptCount === arrival.task.attemptCount && !task.ticket;
    return isSame ? [{ ...arrival, task }] : [];
  });
}
