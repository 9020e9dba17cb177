// What one round of allocation knows before it chooses: the gate as it was reviewed, the tasks that may be served, and how
// many slots it may give. Where another function grants the slots, or they go from hand to hand, it gives none.
// plan-round.ts chooses, allocate-slots.ts commits.
import { isClaimable } from '../domain/task/decide.ts';
import { freeSlots, isHeldBack, isRushed } from '../domain/gate/gate.ts';
import { fullestPools, mayHavePooled, ownFreeSlots, ownRoom, slotsIn, withPools } from '../domain/gate/slot-pools.ts';
import { reviewGate } from '../domain/gate/gate-review.ts';
import { isHandingOver, waitingTasks } from '../domain/gate/gate-view.ts';
import { limits } from '../domain/limits.ts';
import { readHeads, readWaiting, unreadQueues } from './read-candidates.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { Observation } from '../domain/gate/gate-review.ts';
import type { GateView } from '../domain/gate/gate-view.ts';
import type { PoolMove, SlotPool } from '../domain/gate/slot-pools.ts';
import type { Task } from '../domain/task/task.ts';
import type { DecideContext } from '../domain/task/task-transitions.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { AllocatorTurn } from './allocator-turn.ts';
import type { LeavingTickets } from './leaving-tickets.ts';
import type { TicketName } from '../ports/ticket-store.ts';
import type { Heads, HeadsWanted } from './read-candidates.ts';
import type { Ahead } from './read-ahead.ts';
import type { Arrival } from './plan-changes.ts';

/** Rows of the gate itself that a round writes. */
const GATE_ROWS = 1;

export interface Wanted {
  readonly observations: readonly Observation[];
  readonly arrivals: readonly Arrival[];
  readonly turn: AllocatorTurn;
  readonly leaving: LeavingTickets;
  /** True after a round that found no task to serve: then more accounts than slots are read. */
  readonly isWide: boolean;
  /** True after a round that met tickets which no task holds: there may be many of them in front of those that wait. */
  readonly isDeep: boolean;
  /** True when its claim met too many others. */
  readonly isContended: boolean;
  /** What was read for it while the round before was being committed. */
  readonly ahead?: Ahead | undefined;
}

export interface Seen {
  readonly before: Gate;
  /** With the gate as it was reviewed. */
  readonly view: GateView;
  /** Tasks at the heads of the queues, by id. */
  readonly waiting: ReadonlyMap<string, Task>;
  readonly arrivals: readonly Arrival[];
  /** Slots that this round may give. */
  readonly free: number;
  /** Pools from which it may take slots back for that. */
  readonly pooled: readonly PoolMove[];
  /** True when more may pass than the gate in the table says. */
  readonly isOpened: boolean;
  /** True when slots lie in further pools. */
  readonly isMorePooled: boolean;
  /** True when another held the turn. */
  readonly isAnothers: boolean;
  /** True when slots are free that are left to those who freed them. */
  readonly isLeft: boolean;
  /** True when tasks come too fast to claim: who arrives takes a ticket, and then the turn, unless another has it. */
  readonly isRush: boolean;
  /** True where slots go from hand to hand: another function grants them meanwhile. */
  readonly isHandingOver: boolean;
  /** True when not all were seen that might be served. */
  readonly isPart: boolean;
  /** True when it may give fewer slots only because the tasks that wait are so large. */
  readonly isCut: boolean;
  /** Tickets that were met, and that no task holds. */
  readonly stale: readonly TicketName[];
}

export async function lookAtGate(
  ports: FlowPorts,
  gateId: string,
  wanted: Wanted,
  context: DecideContext,
): Promise<Seen> {
  const { now, random } = context;
  const { seen, pools, isAnothers, isRush, arriving } = await readPooled(ports, gateId, wanted, now);
  // Where another function grants the slots, it takes them back.
  const pooled = isAnothers ? [] : fullestPools(pools);
  const { gate: before } = seen;
  const observations = worthLearning(wanted, before, { isAnothers, now });
  const gate = reviewGate(before, observations, { settings: ports.settings.gate, now, random });
  const isRoomy = isAnothers && !isRush && isRoomForAll(seen, ownFreeSlots(gate, now), wanted.arrivals.length);
  // Where another function grants the slots, an arrival takes a ticket, unless there are more of them than it can want.
  const isClosed = isAnothers || isRush;
  const heads = await headsOf(ports, seen, wanted, {
    free: isClosed ? 0 : grantsMaxOf(gate, wanted, { ...seen, models: new Map(), pooled }, now),
    arriving,
  });
  const { models, tasks: waiting } = heads;
  // A slot given to a task that was cancelled in the meantime would be idle while others wait for it; and a task that
  // has taken a ticket since it was read would be a candidate twice, and the ticket is the truth.
  const arrivals = wanted.arrivals.filter(({ task }) => isClaimable(task, now) && !waiting.has(task.id));
  // An arrival takes a ticket too while slots go from hand to hand: a race for the slot that has just come free would cost
  // all who race more than it is worth.
  const isLeft = arrivals.length > 0 && isHandingOver({ ...seen, models }, now);
  const isAskedOnly = isClosed || isLeft;
  const grantsMax = isAskedOnly ? 0 : grantsMaxOf(gate, wanted, { ...seen, models, pooled }, now);
  const fitting = grantsFitting([...waiting.values(), ...arrivals.map(({ task }) => task)]);
  return {
    before,
    // Those that wait are the other function's; beside them arrivals take turns from no one.
    view: { ...seen, gate, models, ...(isRoomy && { queues: new Map() }) },
    waiting,
    arrivals,
    free: isRoomy ? arrivals.length : Math.min(grantsMax, fitting),
    isCut: fitting < grantsMax,
    pooled,
    isAnothers,
    isLeft,
    isRush,
    isHandingOver: isAskedOnly,
    isPart: heads.isPart,
    stale: heads.stale,
    isOpened: isOpened(before, gate, now),
    isMorePooled: !isAnothers && isMorePooled(pools, pooled),
  };
}

interface ViewRead {
  readonly seen: GateView;
  readonly isAnothers: boolean;
  readonly isRush: boolean;
  /** Models of the arrivals that are to be read; none where only the gate's own rows were. */
  readonly arriving: readonly string[];
  /** The gate's pools, where they have been read. */
  readonly pools?: readonly SlotPool[];
}

/** With the slots in pools, where these were read. */
async function readPooled(ports: FlowPorts, gateId: string, wanted: Wanted, now: number): Promise<Required<ViewRead>> {
  const read = await readView(ports, gateId, wanted, now);
  const pools = read.pools ?? (await poolsBehind(ports, wanted, read, now));
  return { ...read, pools, seen: { ...read.seen, gate: withPools(read.seen.gate, pools) } };
}

/**
 * Where another function grants the slots and tasks come too fast to claim, all that an arrival can do is to take a ticket. It
 * leaves the queues unread: hundreds of looks a second would use up what their partitions can be read, and the one who has the
 * turn would wait for it too. Ends come no faster than the slots allow: they read all at once, which is a step less.
 */
async function readView(ports: FlowPorts, gateId: string, wanted: Wanted, now: number): Promise<ViewRead> {
  const arriving = wanted.arrivals.map(({ task }) => task.model);
  if (wanted.ahead) {
    const { store } = ports;
    const known = store.recallGate?.(gateId);
    // By what this process saw of it the round before, beside this read: filled since, they are read the next time.
    const isPoolless = known !== undefined && !mayHavePooled(known);
    const [gate, pools] = await Promise.all([store.loadGate(gateId), isPoolless ? [] : store.loadPools(gateId)]);
    return { seen: { ...wanted.ahead.waiting, gate }, isAnothers: false, isRush: false, arriving, pools };
  }
  if (wanted.turn.isHeld || arriving.length === 0) {
    const [gate, waiting, isAnothers] = await Promise.all([
      ports.store.loadGate(gateId),
      readWaiting(ports, gateId),
      wanted.turn.isAnothers(),
    ]);
    return { seen: { ...waiting, gate }, isAnothers, isRush: false, arriving };
  }
  const [gate, isAnothers] = await Promise.all([ports.store.loadGate(gateId), wanted.turn.isAnothers()]);
  const isRush = isInRush(gate, wanted, now);
  if (isAnothers && isRush) return { seen: { ...unreadQueues, gate }, isAnothers, isRush, arriving: [] };
  const waiting = await readWaiting(ports, gateId);
  return { seen: { ...waiting, gate }, isAnothers, isRush, arriving };
}

/**
 * Only where slots may be given: rounds take them back where the gate's own row has too few, and the rank of a slot must not
 * count those that lie in pools as taken.
 */
async function poolsBehind(
  { store }: FlowPorts,
  { arrivals, observations }: Wanted,
  { seen, isAnothers, isRush }: ViewRead,
  now: number,
): Promise<readonly SlotPool[]> {
  const { gate } = seen;
  // What a 429 shows is how many hold a slot, and none of those that lie in pools.
  if (observations.some(({ type }) => type === 'limited') && mayHavePooled(gate)) return store.loadPools(gate.id);
  const isAnyWanted = arrivals.length > 0 ? !(isAnothers && isRush) : !isAnothers && isAnyWaiting(seen);
  if (!isAnyWanted || !mayHavePooled(gate) || isHeldBack(gate, now)) return [];
  return store.loadPools(gate.id);
}

function isAnyWaiting(view: GateView): boolean {
  return !view.isWhole || waitingTasks(view) > 0;
}

function headsOf(
  ports: FlowPorts,
  view: GateView,
  { ahead, isWide, isDeep, leaving }: Wanted,
  reads: Pick<HeadsWanted, 'free' | 'arriving'>,
): Promise<Heads> | Heads {
  return ahead ? ahead.heads : readHeads(ports, view, { ...reads, isWide, isDeep, served: leaving.known });
}

/** While another grants slots in rounds, writing what tells nothing would only cost it a round. */
function worthLearning(
  { observations }: Wanted,
  gate: Gate,
  { isAnothers, now }: { readonly isAnothers: boolean; readonly now: number },
): readonly Observation[] {
  return isAnothers && isRushed(gate, now) ? observations.filter(isTelling) : observations;
}

/** Of many successes one more or less tells nothing of the limit. */
export function isTelling(observation: Observation): boolean {
  return observation.type !== 'accepted' || observation.accountProbe;
}

/** The one who has the turn grants slots to arrivals too; all others leave theirs to that one. */
function isInRush(gate: Gate, { arrivals, turn, isContended }: Wanted, now: number): boolean {
  return arrivals.length > 0 && !turn.isHeld && (isContended || isRushed(gate, now));
}

/** As many slots as are free and one transaction can grant. */
function grantsMaxOf(
  gate: Gate,
  { arrivals }: Wanted,
  { models, queues, pooled }: Omit<GateView, 'gate'> & Pick<Seen, 'pooled'>,
  now: number,
): number {
  const isAnyFailing = [...models.values()].some(({ circuit }) => circuit !== undefined);
  const alone = isAnyFailing ? limits.grantsAloneMax : healthyGrantsMax(queues.size, pooled.length);
  const free = ownRoom(gate) + pooled.reduce((sum, { slots }) => sum + slots, 0);
  return Math.min(freeSlots(gate, now), Math.max(0, free), arrivals.length > 0 ? limits.grantsMax : alone);
}

/** Each grant writes its task and counts at its account, whose row is written once; its ticket is removed later. */
function healthyGrantsMax(accounts: number, pools: number): number {
  const rows = limits.transactionRowsMax - GATE_ROWS - pools;
  return Math.max(Math.floor(rows / 2), rows - accounts);
}

/** As many of these tasks, whichever they are, as fit into one transaction: at least one, which alone does. */
function grantsFitting(tasks: readonly Task[]): number {
  const sizes = tasks.map((task) => Buffer.byteLength(JSON.stringify(task))).sort((one, other) => other - one);
  let bytes = 0;
  const fitting = sizes.findIndex((size) => (bytes += size) > limits.grantedBytesMax);
  return fitting < 0 ? Number.POSITIVE_INFINITY : Math.max(1, fitting);
}

/** True when all that wait and all that arrive get a slot, and one is left. */
function isRoomForAll(view: GateView, free: number, arriving: number): boolean {
  return view.isWhole && arriving > 0 && waitingTasks(view) + arriving < free;
}

function isOpened(before: Gate, reviewed: Gate, now: number): boolean {
  return freeSlots(reviewed, now) > freeSlots(before, now);
}

function isMorePooled(pools: readonly SlotPool[], taken: readonly PoolMove[]): boolean {
  return pools.filter((pool) => slotsIn(pool) > 0).length > taken.length;
}
