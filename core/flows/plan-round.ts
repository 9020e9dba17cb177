// Plans one round of allocation: which tasks get the free slots, what that changes of them and of their gate, and whether
// another round should follow. look-at-gate.ts reads what it needs, the domain decides who is next; allocate-slots.ts
// commits what is planned here, and plans again when it loses a race.
import { freeSlots, isRushed, ownSlotsMax } from '../domain/gate/gate.ts';
import { hasPools, isAmple, ownFreeSlots, ownRoom, takenBack } from '../domain/gate/slot-pools.ts';
import { nextWakeAt } from '../domain/gate/gate-review.ts';
import { limits } from '../domain/limits.ts';
import { allocate } from '../domain/gate/fair-queue.ts';
import { forgettableQueues, viewAfter, waitingTasks } from '../domain/gate/gate-view.ts';
import { decideContext } from '../ports/flow-ports.ts';
import { candidateOf, planChanges } from './plan-changes.ts';
import { lookAtGate } from './look-at-gate.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { PoolFill, PoolMove } from '../domain/gate/slot-pools.ts';
import type { Allocation, Turn } from '../domain/gate/fair-queue.ts';
import type { AccountQueues, GateView } from '../domain/gate/gate-view.ts';
import type { AllocatorTurn } from './allocator-turn.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Seen, Wanted } from './look-at-gate.ts';
import type { FailedArrival, PlannedChange } from './plan-changes.ts';
import type { Commit } from '../ports/ports.ts';
import type { TicketName } from '../ports/ticket-store.ts';

/** So many grants in one round, of which there are 20 a second, are more than single claims of the gate's row could carry. */
export const RUSH_GRANTS = 6;

export function commitOf({ before, after, turns, changes: planned, takenBack, fill, ...round }: Round): Commit {
  const changes = planned.map(({ change }) => change);
  const back = takenBack.reduce((sum, { slots }) => sum + slots, 0);
  const bound = ownSlotsMax(after, round.granted + (fill?.slots ?? 0) - back);
  if (round.isClaim) {
    const claim = { gateId: before.id, ownSlotsMax: bound, limitSlots: before.limit.slots, ...(fill && { fill }) };
    return { changes, claim };
  }
  if (!round.isGateChanged) return { changes, ...(round.isHandingOver && { countsBeside: true }) };
  const gate = { before, after, turns, takenBack, ...(round.granted > 0 && { ownSlotsMax: bound }) };
  return { changes, gate, leavesTickets: true };
}

export interface Round {
  readonly before: Gate;
  readonly after: Gate;
  readonly turns: readonly Turn[];
  /** Accounts whose tasks no longer wait, or whose rows name many queues in which none does. */
  readonly untidy: readonly AccountQueues[];
  /** Tickets that it met, and that no task holds. */
  readonly stale: readonly TicketName[];
  readonly granted: number;
  /** Slots that come back out of pools for it. */
  readonly takenBack: readonly PoolMove[];
  /** The pool that it fills beside its own claims. */
  readonly fill?: PoolFill | undefined;
  readonly changes: readonly PlannedChange[];
  readonly failed: readonly FailedArrival[];
  readonly isGateChanged: boolean;
  /** True when it only gives free slots to arrivals for which no other task waits: many such rounds may go on at once. */
  readonly isClaim: boolean;
  readonly isWorthWriting: boolean;
  /** True where slots go from hand to hand: another function grants them meanwhile. */
  readonly isHandingOver: boolean;
  /** True when tasks come too fast to claim: after their tickets one takes the turn. */
  readonly isRush: boolean;
  /** True when it grants slots in a rush without the turn. */
  readonly needsTurn: boolean;
  /**
   * True when grants hit their bound while slots were still free, in the gate's row or in further pools, or the queues that were read hold
   * too few; when a task took a ticket, since its slot may have come free meanwhile, and the round that freed it saw no one waiting; when
   * another invocation gave slots to the head of a queue while it was read; when this round opens the gate further, since tasks that
   * queued before its commit saw the gate closed; and while a limit that was lowered is still to be paid from pools.
   */
  readonly isMoreLikely: boolean;
  /** True when another held the turn. */
  readonly isAnothers: boolean;
  readonly wakeAt?: number | undefined;
}

interface PlanWanted extends Wanted {
  readonly fill?: PoolFill | undefined;
}

export async function planRound(ports: FlowPorts, gateId: string, wanted: PlanWanted): Promise<Round> {
  const context = decideContext(ports);
  const seen = await lookAtGate(ports, gateId, wanted, context);
  const { before, view, waiting, arrivals, free, isAnothers, isRush, isHandingOver } = seen;
  const { now } = context;
  const candidates = [...[...waiting.values()].map(candidateOf), ...arrivals.map(({ task }) => candidateOf(task))];
  const allocation = allocate(view, candidates, { settings: ports.settings.gate, now, grantsMax: free });
  const granted = allocation.grants.length;
  const { changes, failed } = planChanges(ports, allocation.grants, waiting, arrivals);
  const wakeAt = newWakeAt({ ...view, gate: allocation.gate }, changes, before.wakeAt, now);
  const back = backOf(seen, granted);
  const isGateChanged = view.gate !== before || granted + back.length > 0 || wakeAt !== undefined;
  const isAsRead = view.gate === before && wakeAt === undefined && back.length === 0;
  const isClaim = isAsRead && isPlainClaim(wanted.turn, view, allocation);
  return {
    before,
    after: { ...allocation.gate, ...(wakeAt !== undefined && { wakeAt }), ...rushNoted(ports, wanted, view, granted) },
    turns: allocation.turns,
    // What another's rounds leave behind is the business of the function that has the turn.
    untidy: isAnothers ? [] : untidyQueues({ ...view, gate: allocation.gate }, allocation.turns, now),
    stale: seen.stale,
    granted,
    changes,
    failed,
    isGateChanged,
    isClaim,
    takenBack: back,
    fill: fillOf(wanted, view.gate, isClaim ? changes.length : 0, now),
    isWorthWriting: isGateChanged || changes.length > 0,
    isHandingOver,
    isRush,
    needsTurn: granted > 0 && !wanted.turn.isHeld && isRushed(before, now),
    isMoreLikely: isMoreLikely(seen, changes, granted),
    isAnothers,
    wakeAt,
  };
}

/** What was learned of a limit is committed alone: a pool that others write would make it lose. */
function backOf({ before, view, pooled }: Seen, granted: number): readonly PoolMove[] {
  const room = ownRoom(view.gate);
  return room < 0 && view.gate !== before ? [] : takenBack(pooled, granted - room);
}

function isMoreLikely(seen: Seen, changes: readonly PlannedChange[], granted: number): boolean {
  const { free, isLeft, isPart, isMorePooled, isCut } = seen;
  if (granted === free && granted > 0 && (isMorePooled || isCut || free >= limits.grantsMax)) return true;
  if (isFreed(seen, granted)) return true;
  const isAnyQueued = changes.some(({ change }) => change.after.status === 'waiting');
  return (isAnyQueued && !isLeft) || (isPart && granted < free);
}

/** Slots that a round opened itself are no one else's to grant, though it left to others those that had come free; and after a debt comes what is free. */
function isFreed({ view, free, pooled, isAnothers, isLeft, isOpened }: Seen, granted: number): boolean {
  if (ownRoom(view.gate) < 0 && pooled.length > 0) return true;
  return isOpened && (isAnothers || isLeft || granted < free);
}

/**
 * The pool that arrivals found empty, where enough is left of the gate's own row.
 * @param claimed slots that a plain claim takes: nothing else fills a pool.
 */
function fillOf({ fill }: PlanWanted, gate: Gate, claimed: number, now: number): PoolFill | undefined {
  return fill && claimed > 0 && isAmple(gate, ownFreeSlots(gate, now) - claimed - fill.slots) ? fill : undefined;
}

/**
 * True when all that wait have their slots and enough is left: who arrives next can claim from a pool, and a rush is over. Queues that
 * were read ahead still count the tasks that the round before has served.
 */
function isOpenAgain(
  { settings }: FlowPorts,
  { ahead }: Wanted,
  view: GateView,
  granted: number,
  now: number,
): boolean {
  const { gate, isWhole } = view;
  if (!isWhole || !hasPools(gate, settings.gate)) return false;
  if (waitingTasks(view) > granted + (ahead?.served ?? 0)) return false;
  return isAmple(gate, freeSlots(gate, now) - granted);
}

/** The function that has the turn notes a rush, and that it goes on. */
function rushNoted(ports: FlowPorts, wanted: Wanted, view: GateView, granted: number): Pick<Gate, 'rushedAt'> {
  const now = ports.clock.now();
  if (isOpenAgain(ports, wanted, view, granted, now)) return {};
  const { turn, isContended } = wanted;
  return turn.isHeld && granted >= (isContended ? 1 : RUSH_GRANTS) ? { rushedAt: now } : {};
}

/** No turn is taken, no probe sent, and slots are left: nothing of the gate is to be written but its counters. */
function isPlainClaim(
  { isHeld }: AllocatorTurn,
  { gate }: GateView,
  { gate: after, grants, turns }: Allocation,
): boolean {
  const isOrdinary = !gate.pause && !gate.operatorPause && after.limit === gate.limit;
  return (
    isOrdinary && !isHeld && grants.length > 0 && turns.length === 0 && grants.every(({ slot }) => !slot.circuitProbe)
  );
}

function untidyQueues(view: GateView, turns: readonly Turn[], now: number): readonly AccountQueues[] {
  const served = turns.flatMap(({ accountId }) => view.queues.get(accountId) ?? []);
  return [...forgettableQueues(view, now), ...served.filter(({ idle }) => idle !== undefined)];
}

/** When a doorbell must wake the gate; undefined when none need be sent, or one is under way for so early a time. */
function newWakeAt(
  view: GateView,
  changes: readonly PlannedChange[],
  known: number | undefined,
  now: number,
): number | undefined {
  const wakeAt = nextWakeAt(
    viewAfter(
      view,
      changes.map(({ change }) => change),
    ),
    now,
  );
  if (wakeAt === undefined) return undefined;
  return known === undefined || known <= now || wakeAt < known ? wakeAt : undefined;
}
