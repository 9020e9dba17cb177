// Gives the gate's free slots to the tasks whose turn it is, in one transaction with those tasks. Dispatch and settle
// call it when they free a slot, bring tasks or have learned something of Get3W, and the sweep as a repair. The domain
// decides who is next and what was learned, read-candidates.ts chooses what is read for it; this file commits, and
// repeats when it loses a race.
import { RelayError } from '../domain/relay-error.ts';
import { freeSlots } from '../domain/gate/gate.ts';
import { limits } from '../domain/limits.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { claimFromPool, isStillOpen, returnSlots } from './claim-from-pool.ts';
import { loadWholeGate } from './load-whole-gate.ts';
import { AllocatorTurn } from './allocator-turn.ts';
import { LeavingTickets, ticketsLeft } from './leaving-tickets.ts';
import { isTelling } from './look-at-gate.ts';
import { readAhead } from './read-ahead.ts';
import { reportChange } from './report-change.ts';
import { lookLater } from './look-later.ts';
import { sendDoorbells } from './send-doorbells.ts';
import { RUSH_GRANTS, commitOf, planRound } from './plan-round.ts';
import type { PoolClaimed } from './claim-from-pool.ts';
import type { PoolFill } from '../domain/gate/slot-pools.ts';
import type { Observation } from '../domain/gate/gate-review.ts';
import type { Task } from '../domain/task/task.ts';
import type { AccountQueues } from '../domain/gate/gate-view.ts';
import type { OutgoingDoorbell } from '../contract/messages.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Ahead } from './read-ahead.ts';
import type { Arrival, FailedArrival } from './plan-changes.ts';
import type { CommitResult } from '../ports/ports.ts';
import type { Tried } from '../ports/optimistic-commit.ts';
import type { Round } from './plan-round.ts';

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
/** Consecutive rounds that may find no task to serve in the part of the queues that they read. */
const VAIN_ROUNDS_MAX = 3;

/**
 * @throws RelayError `store-contended` when the gate's version was lost too often, `store-unavailable` from the store;
 *   nothing has changed then, and the arrivals' messages are redelivered.
 */
export async function allocateSlots(ports: FlowPorts, gateId: string, request: AllocationRequest): Promise<Allocated> {
  const { serve, ...wanted } = request;
  const pooled = await claimFromPool(ports, gateId, wanted);
  if (pooled.kind === 'claimed') return servePooled(ports, gateId, pooled, serve);
  const turn = new AllocatorTurn(ports, gateId);
  const own = { turn, leaving: new LeavingTickets(ports, gateId) };
  try {
    const first = await allocateOnce(ports, gateId, { ...wanted, fill: pooled.fill }, own);
    await Promise.all([first.aftermath, serve?.(first), allocateMore(ports, gateId, first, own)]);
    return { claimed: first.claimed, failed: first.failed };
  } finally {
    // Its rounds are used up, or one failed: others may have left slots to it, and it has not looked for the last time.
    if (await turn.end()) await lookLater(ports, gateId);
  }
}

async function servePooled(
  ports: FlowPorts,
  gateId: string,
  pooled: PoolClaimed,
  serve: AllocationRequest['serve'],
): Promise<Allocated> {
  if (!(await isStillOpen(ports, gateId, pooled))) {
    await returnSlots(ports, pooled);
    return allocateSlots(ports, gateId, {});
  }
  const { changes, failed } = pooled;
  const allocated = { claimed: changes.map(({ change }) => change.after), failed };
  await serve?.(allocated);
  return allocated;
}

async function allocateMore(ports: FlowPorts, gateId: string, first: AllocatedOnce, own: OfOneCall): Promise<void> {
  const { turn } = own;
  const aftermaths: Promise<void>[] = [];
  try {
    let last = first;
    for (let rounds = 1, vain = 0; rounds < ROUNDS_MAX && vain <= VAIN_ROUNDS_MAX; rounds += 1) {
      if (!(await isFurtherRoundDue(ports, gateId, { last, turn }))) return;
      await turn.keep();
      if (last.isRush && !(await turn.take())) return;
      const further = { isWide: last.granted === 0, isDeep: last.isStale, ahead: await last.ahead };
      last = await allocateOnce(ports, gateId, further, own);
      aftermaths.push(last.aftermath);
      // One that removes tickets which no task holds comes nearer to those that wait.
      vain = last.granted === 0 && !last.isStale ? vain + 1 : 0;
    }
    if (last.isStale && !turn.isHeld) await lookLater(ports, gateId);
  } catch (error) {
    // What the first round claimed is being submitted; further grants can wait.
    ports.log.warn('A further round of a gate failed; a later look will make it', { gateId, error });
    // One that has the turn asks for it when it gives the turn back.
    if (!turn.isHeld) await lookLater(ports, gateId);
  } finally {
    await Promise.allSettled(aftermaths);
  }
}

/** What the rounds of one call share. */
interface OfOneCall {
  readonly turn: AllocatorTurn;
  readonly leaving: LeavingTickets;
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
  const gate = await loadWholeGate(store, gateId);
  // Who takes a ticket unseen while a pause comes leaves it to this look to wake the gate at its end.
  return freeSlots(gate, clock.now()) > 0 || gate.pause !== undefined || gate.operatorPause !== undefined;
}

interface RoundRequest extends Omit<AllocationRequest, 'serve'> {
  /** True after a round that found no task to serve. */
  readonly isWide?: boolean;
  /** True after a round that met tickets which no task holds. */
  readonly isDeep?: boolean;
  readonly ahead?: Ahead | undefined;
  /** The pool that a claim of the gate's own row should fill. */
  readonly fill?: PoolFill | undefined;
}

interface AllocatedOnce extends Allocated {
  readonly granted: number;
  readonly isMoreLikely: boolean;
  /** True when another held the turn. */
  readonly isAnothers: boolean;
  readonly isRush: boolean;
  /** True when it met tickets that no task holds. */
  readonly isStale: boolean;
  /** Doorbells and tidying, which the next round need not wait for. */
  readonly aftermath: Promise<void>;
  /** What has been read for the next round. */
  readonly ahead?: Promise<Ahead | undefined> | undefined;
}

/** One round: committed, or found not worth writing; repeated while other invocations are faster. */
async function allocateOnce(
  ports: FlowPorts,
  gateId: string,
  {
    observations: observed = [],
    arrivals: arriving = [],
    isWide = false,
    isDeep = false,
    ahead: known,
    fill,
  }: RoundRequest,
  { turn, leaving }: OfOneCall,
): Promise<AllocatedOnce> {
  let arrivals = arriving;
  let observations = observed;
  let isContended = false;
  const attempt = async (tries: number): Promise<Tried<AllocatedOnce>> => {
    const seenAhead = tries === 0 ? known : undefined;
    const wanted = {
      observations,
      arrivals,
      turn,
      leaving,
      isWide,
      isDeep,
      isContended,
      ahead: seenAhead,
      fill: tries === 0 ? fill : undefined,
    };
    const round = await planRound(ports, gateId, wanted);
    const { failed, isMoreLikely, granted, isAnothers, isRush } = round;
    const made = { failed, isMoreLikely, granted, isAnothers, isRush, isStale: round.stale.length > 0 };
    if (!round.isWorthWriting) {
      const tidied = allOf(tidyQueues(ports, gateId, round.untidy), leaving.remove(round.stale));
      return { result: { ...made, claimed: [], aftermath: tidied } };
    }
    // Two that grant so many at once would mostly lose to each other.
    if (round.needsTurn && !(await turn.take())) return 'lost';
    const ahead = readNext(ports, round, { turn, leaving });
    const committed = await commitRound(ports, round);
    if (committed.kind === 'committed') {
      const { claimed, sent } = afterCommit(ports, round);
      // Claimed tasks are submitted before anything is tidied up.
      const untidy = claimed.length === 0 ? round.untidy : [];
      const removed = leaving.remove([...ticketsLeft(round.changes.map(({ change }) => change)), ...round.stale]);
      const aftermath = allOf(sent, tidyQueues(ports, gateId, untidy), removed);
      return { result: { ...made, claimed, aftermath, ahead } };
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
function readNext(
  ports: FlowPorts,
  round: Round,
  { turn, leaving }: OfOneCall,
): Promise<Ahead | undefined> | undefined {
  const { granted } = round;
  if (!turn.isHeld || granted < RUSH_GRANTS) return undefined;
  return readAhead(ports, { ...round, leaving, grantsMax: granted * 2 });
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

/** Rows that are left behind cost each round a read; a failure is logged only, since the next round tries again. */
async function tidyQueues(ports: FlowPorts, gateId: string, queues: readonly AccountQueues[]): Promise<void> {
  if (queues.length === 0) return;
  try {
    await ports.store.tidyQueues(gateId, queues);
  } catch (error) {
    ports.log.warn('Rows of queues in which no task waits could not be tidied', { gateId, error });
  }
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
function allOf(...parts: readonly Promise<unknown>[]): Promise<void> {
  const all = Promise.all(parts).then(() => undefined);
  all.catch(() => undefined);
  return all;
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
