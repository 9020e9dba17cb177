// Gives the gate's free slots to the tasks whose turn it is, in one transaction with those tasks. Dispatch and settle
// call it when they free a slot, bring tasks or have learned something of Get3W, and the sweep as a repair. The domain
// decides who is next and what was learned, read-candidates.ts chooses what is read for it; this file commits, and
// repeats when it loses a race.
import { RelayError } from '../domain/relay-error.ts';
import { freeSlots, isRushed, ownSlotsMax } from '../domain/gate/gate.ts';
import { nextWakeAt } from '../domain/gate/gate-review.ts';
import { limits } from '../domain/limits.ts';
import { allocate } from '../domain/gate/fair-queue.ts';
import { forgettableQueues, viewAfter } from '../domain/gate/gate-view.ts';
import { decideContext } from '../ports/flow-ports.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { AllocatorTurn } from './allocator-turn.ts';
import { candidateOf, planChanges } from './plan-changes.ts';
import { isTelling, lookAtGate } from './look-at-gate.ts';
import { readAhead } from './read-ahead.ts';
import { reportChange } from './report-change.ts';
import { lookLater } from './look-later.ts';
import { sendDoorbells } from './send-doorbells.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { Observation } from '../domain/gate/gate-review.ts';
import type { Allocation, Turn } from '../domain/gate/fair-queue.ts';
import type { Task } from '../domain/task/task.ts';
import type { AccountQueues, GateView } from '../domain/gate/gate-view.ts';
import type { OutgoingDoorbell } from '../contract/messages.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Seen, Wanted } from './look-at-gate.ts';
import type { Ahead } from './read-ahead.ts';
import type { Arrival, FailedArrival, PlannedChange } from './plan-changes.ts';
import type { Commit, CommitResult } from '../ports/ports.ts';
import type { Tried } from '../ports/optimistic-commit.ts';

interface AllocationRequest {
  readonly observations?: readonly Observation[];
  readonly arrivals?: readonly Arrival[];
  /**
   * Called after the first round is committed, and awaited beside the rounds that follow: a claimed task is
   * submitted before any other work. It must not throw.
   */
  readonly serve?: (first: Allocated) => Promise<void>;
}

export interface Allocated {
  /** Arrivals that were claimed, as committed: their POST is now due. */
  readonly claimed: readonly Task[];
  /** Arrivals whose decision failed; the others went on without them. */
  readonly failed: readonly FailedArrival[];
}

/** Bounds the grants of one call, so that filling a limit that jumped from 2 to 10,000 takes several invocations. */
const ROUNDS_MAX = 20;
/** So many grants in one round, of which there are 20 a second, are more than single claims of the gate's row could carry. */
const RUSH_GRANTS = 6;
/** Consecutive rounds that may find no task to serve in the part of the queues that they read. */
const VAIN_ROUNDS_MAX = 3;

/**
 * @throws RelayError `store-contended` when the gate's version was lost too often, `store-unavailable` from the store;
 *   nothing has changed then, and the arrivals' messages are redelivered.
 */
export async function allocateSlots(ports: FlowPorts, gateId: string, request: AllocationRequest): Promise<Allocated> {
  const { serve, ...wanted } = request;
  const turn = new AllocatorTurn(ports, gateId);
  try {
    const first = await allocateOnce(ports, gateId, wanted, turn);
    await Promise.all([first.aftermath, serve?.(first), allocateMore(ports, gateId, first, turn)]);
    return { claimed: first.claimed, failed: first.failed };
  } finally {
    // Its rounds are used up, or one failed: others may have left slots to it, and it has not looked for the last time.
    if (await turn.end()) await lookLater(ports, gateId);
  }
}

async function allocateMore(
  ports: FlowPorts,
  gateId: string,
  first: AllocatedOnce,
  turn: AllocatorTurn,
): Promise<void> {
  const aftermaths: Promise<void>[] = [];
  try {
    for (let rounds = 1, vain = 0, last = first; rounds < ROUNDS_MAX && vain <= VAIN_ROUNDS_MAX; rounds += 1) {
      if (!(await isFurtherRoundDue(ports, gateId, { last, turn }))) break;
      await turn.keep();
      if (last.isRush && !(await turn.take())) break;
      last = await allocateOnce(ports, gateId, { isWide: last.granted === 0, ahead: await last.ahead }, turn);
      aftermaths.push(last.aftermath);
      vain = last.granted === 0 ? vain + 1 : 0;
    }
  } catch (error) {
    // What the first round claimed is being submitted; further grants can wait.
    ports.log.warn('A further round of a gate failed; a later look will make it', { gateId, error });
    // One that has the turn asks for it when it gives the turn back.
    if (!turn.isHeld) await lookLater(ports, gateId);
  } finally {
    await Promise.allSettled(aftermaths);
  }
}

interface RoundMade {
  readonly last: AllocatedOnce;
  readonly turn: AllocatorTurn;
}

async function isFurtherRoundDue(ports: FlowPorts, gateId: string, { last, turn }: RoundMade): Promise<boolean> {
  // The function that had the turn when slots were left to it has yet to look for the last time.
  if (last.isMoreLikely) return !(last.isAnothers && (await turn.isAnothers()));
  // While slots come free as fast as they are granted, the turn is kept.
  if (turn.isHeld && last.granted > 0) return true;
  return (await turn.end()) && (await isAnyFree(ports, gateId));
}

async function isAnyFree({ store, clock }: FlowPorts, gateId: string): Promise<boolean> {
  return freeSlots(await store.loadGate(gateId), clock.now()) > 0;
}

interface RoundRequest extends Omit<AllocationRequest, 'serve'> {
  /** True after a round that found no task to serve. */
  readonly isWide?: boolean;
  readonly ahead?: Ahead | undefined;
}

interface AllocatedOnce extends Allocated {
  readonly granted: number;
  readonly isMoreLikely: boolean;
  /** True when another held the turn. */
  readonly isAnothers: boolean;
  readonly isRush: boolean;
  /** Doorbells and tidying, which the next round need not wait for. */
  readonly aftermath: Promise<void>;
  /** What has been read for the next round. */
  readonly ahead?: Promise<Ahead | undefined> | undefined;
}

/** One round: committed, or found not worth writing; repeated while other invocations are faster. */
async function allocateOnce(
  ports: FlowPorts,
  gateId: string,
  { observations: observed = [], arrivals: arriving = [], isWide = false, ahead: known }: RoundRequest,
  turn: AllocatorTurn,
): Promise<AllocatedOnce> {
  let arrivals = arriving;
  let observations = observed;
  let isContended = false;
  const attempt = async (tries: number): Promise<Tried<AllocatedOnce>> => {
    const seenAhead = tries === 0 ? known : undefined;
    const round = await plan(ports, gateId, { observations, arrivals, turn, isWide, isContended, ahead: seenAhead });
    const { failed, isMoreLikely, granted, isAnothers, isRush } = round;
    const made = { failed, isMoreLikely, granted, isAnothers, isRush };
    if (!round.isWorthWriting) {
      return { result: { ...made, claimed: [], aftermath: tidyQueues(ports, gateId, round.untidy) } };
    }
    // Two that grant so many at once would mostly lose to each other.
    if (round.needsTurn && !(await turn.take())) return 'lost';
    const ahead = readNext(ports, round, turn);
    const committed = await commitRound(ports, round);
    if (committed.kind === 'committed') {
      const { claimed, sent } = afterCommit(ports, round);
      // Claimed tasks are submitted before anything is tidied up.
      const untidy = claimed.length === 0 ? round.untidy : [];
      return { result: { ...made, claimed, aftermath: bothOf(sent, tidyQueues(ports, gateId, untidy)), ahead } };
    }
    if (!('taskIds' in committed)) return 'lost';
    arrivals = await freshArrivals(ports, arrivals, committed.taskIds);
    isContended ||= committed.kind === 'contended';
    if (isTurnWorthIt(round, committed, tries) && !(await turn.take())) observations = observations.filter(isTelling);
    return 'lost';
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'The gate changed during every try to allocate its slots', { gateId });
  return commitOptimistically(ports, { policy: tryPolicies.gateSlots, attempt, contended });
}

/** Reads for the round that follows, where one is sure to. */
function readNext(ports: FlowPorts, round: Round, turn: AllocatorTurn): Promise<Ahead | undefined> | undefined {
  const { granted } = round;
  return turn.isHeld && granted >= RUSH_GRANTS ? readAhead(ports, { ...round, grantsMax: granted * 2 }) : undefined;
}

/** One collision is chance; the turn costs two writes. */
function isTurnWorthIt({ isClaim }: Round, committed: RoundCommitted, tries: number): boolean {
  if (committed.kind === 'contended') return true;
  return committed.kind === 'lost' && committed.isGateLost && !isClaim && tries > 0;
}

type RoundCommitted = CommitResult | { readonly kind: 'contended'; readonly taskIds: readonly string[] };

/** `contended`: so many claim at once that the gate's row is locked most of the time. */
async function commitRound({ store }: FlowPorts, round: Round): Promise<RoundCommitted> {
  try {
    return await store.commit(commitOf(round));
  } catch (error) {
    if (!round.isClaim || !(error instanceof RelayError) || error.code !== 'store-contended') throw error;
    return { kind: 'contended', taskIds: round.changes.map(({ change }) => change.after.id) };
  }
}

function commitOf({ before, after, turns, changes: planned, ...round }: Round): Commit {
  const changes = planned.map(({ change }) => change);
  const bound = ownSlotsMax(after, round.granted);
  if (round.isClaim) {
    return { changes, claim: { gateId: before.id, ownSlotsMax: bound, limitSlots: before.limit.slots } };
  }
  if (!round.isGateChanged) return { changes, ...(round.isHandingOver && { countsBeside: true }) };
  return { changes, gate: { before, after, turns, ...(round.granted > 0 && { ownSlotsMax: bound }) } };
}

interface Round {
  readonly before: Gate;
  readonly after: Gate;
  readonly turns: readonly Turn[];
  /** Accounts whose tasks no longer wait, or whose rows name many queues in which none does. */
  readonly untidy: readonly AccountQueues[];
  readonly granted: number;
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
   * True in four cases. Grants hit their bound while slots were still free, or the queues that were read hold too few.
   * A task took a ticket: its slot may have come free meanwhile, and the round that freed it saw no one waiting.
   * Another invocation gave slots to the head of a queue while it was read: the tasks behind were not seen. Or this
   * round opens the gate further: tasks that queued before its commit saw the gate closed.
   */
  readonly isMoreLikely: boolean;
  /** True when another held the turn. */
  readonly isAnothers: boolean;
  readonly wakeAt?: number | undefined;
}

async function plan(ports: FlowPorts, gateId: string, wanted: Wanted): Promise<Round> {
  const context = decideContext(ports);
  const seen = await lookAtGate(ports, gateId, wanted, context);
  const { before, view, waiting, arrivals, free, isAnothers, isRush, isHandingOver } = seen;
  const { now } = context;
  const candidates = [...[...waiting.values()].map(candidateOf), ...arrivals.map(({ task }) => candidateOf(task))];
  const allocation = allocate(view, candidates, { settings: ports.settings.gate, now, grantsMax: free });
  const granted = allocation.grants.length;
  const { changes, failed } = planChanges(ports, allocation.grants, waiting, arrivals);
  const wakeAt = newWakeAt({ ...view, gate: allocation.gate }, changes, before.wakeAt, now);
  const isGateChanged = view.gate !== before || granted > 0 || wakeAt !== undefined;
  return {
    before,
    after: { ...allocation.gate, ...(wakeAt !== undefined && { wakeAt }), ...rushNoted(wanted, granted, now) },
    turns: allocation.turns,
    // What another's rounds leave behind is the business of the function that has the turn.
    untidy: isAnothers ? [] : untidyQueues({ ...view, gate: allocation.gate }, allocation.turns, now),
    granted,
    changes,
    failed,
    isGateChanged,
    isClaim: view.gate === before && wakeAt === undefined && !wanted.turn.isHeld && isPlainClaim(view, allocation),
    isWorthWriting: isGateChanged || changes.length > 0,
    isHandingOver,
    isRush,
    needsTurn: granted > 0 && !wanted.turn.isHeld && isRushed(before, now),
    isMoreLikely: isMoreLikely(seen, changes, granted),
    isAnothers,
    wakeAt,
  };
}

function isMoreLikely({ free, isLeft, isPart }: Seen, changes: readonly PlannedChange[], granted: number): boolean {
  if (granted === free && free >= limits.grantsMax) return true;
  const isAnyQueued = changes.some(({ change }) => change.after.status === 'waiting');
  return (isAnyQueued && !isLeft) || (isPart && granted < free);
}

/** The function that has the turn notes a rush, and that it goes on. */
function rushNoted({ turn, isContended }: Wanted, granted: number, now: number): Pick<Gate, 'rushedAt'> {
  return turn.isHeld && granted >= (isContended ? 1 : RUSH_GRANTS) ? { rushedAt: now } : {};
}

/** No turn is taken, no probe sent, and slots are left: nothing of the gate is to be written but its counters. */
function isPlainClaim({ gate }: GateView, { gate: after, grants, turns }: Allocation): boolean {
  const isOrdinary = !gate.pause && !gate.operatorPause && after.limit === gate.limit;
  return isOrdinary && grants.length > 0 && turns.length === 0 && grants.every(({ slot }) => !slot.circuitProbe);
}

function untidyQueues(view: GateView, turns: readonly Turn[], now: number): readonly AccountQueues[] {
  const served = turns.flatMap(({ accountId }) => view.queues.get(accountId) ?? []);
  return [...forgettableQueues(view, now), ...served.filter(({ idle }) => idle !== undefined)];
}

/** Rows that are left behind cost each round a read; a failure is logged only, since the next round tries again. */
async function tidyQueues(ports: FlowPorts, gateId: string, queues: readonly AccountQueues[]): Promise<void> {
  if (queues.length === 0) return;
  try {
    await ports.store.tidyQueues(gateId, queues);
  } catch (error) {
    ports.log.warn('Rows of queues in which no task waits could not be tidied', { gateId, error });
  }
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

interface Committed {
  readonly claimed: readonly Task[];
  readonly sent: Promise<unknown>;
}

function afterCommit(ports: FlowPorts, round: Round): Committed {
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
    const delayMs = Math.min(limits.doorbellDelayMsMax, Math.max(0, round.wakeAt - ports.clock.now()));
    outgoing.push({ queue: 'dispatch', doorbell: { kind: 'gate', gateId: round.before.id }, delayMs });
  }
  return { claimed, sent: sendDoorbells(ports, outgoing) };
}

/** Awaited later: a failure is reported then, and is no unhandled one meanwhile. */
function bothOf(one: Promise<unknown>, other: Promise<unknown>): Promise<void> {
  const both = Promise.all([one, other]).then(() => undefined);
  both.catch(() => undefined);
  return both;
}

/** Arrivals as they now are in the table; those that another invocation has changed are dropped. */
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
