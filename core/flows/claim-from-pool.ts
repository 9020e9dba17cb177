// The quickest way of a task that arrives: while slots are ample, it claims one of those that lie in a pool, in one
// transaction with the task, and neither the gate's own row nor its queues are read or written for it. Where that cannot
// be, allocate-slots.ts decides as for every other task.
import { isClaimable } from '../domain/task/decide.ts';
import { inFlight, isPausedFor } from '../domain/gate/gate.ts';
import { choosePool, isPooling, poolSize, withPools } from '../domain/gate/slot-pools.ts';
import { slotKindOf } from '../domain/task/task.ts';
import { RelayError } from '../domain/relay-error.ts';
import { applyEvents } from './apply-events.ts';
import { candidateOf, planChanges } from './plan-changes.ts';
import { reportChange } from './report-change.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { PoolFill, SlotPool } from '../domain/gate/slot-pools.ts';
import type { Observation } from '../domain/gate/gate-review.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Commit, CommitResult, ModelListing } from '../ports/ports.ts';
import type { Arrival, PlannedChanges } from './plan-changes.ts';

/** Models that fail, in one read: where there are more, the usual look finds those of its arrivals. */
const MODELS_READ_MAX = 50;
const POOLS_TRIED = 2;

export interface PoolClaimed extends PlannedChanges {
  readonly kind: 'claimed';
  /** When the gate was read: a pause that came since is not known. */
  readonly seenAt: number;
}

type PoolAnswer = PoolClaimed | { readonly kind: 'none'; readonly fill?: PoolFill | undefined };

interface PoolRequest {
  readonly arrivals?: readonly Arrival[];
  /** What was learned is written to the gate's own row. */
  readonly observations?: readonly Observation[];
}

const none: PoolAnswer = { kind: 'none' };

/** @returns what was committed; or nothing, with the pool that a claim of the gate's own row should fill. */
export async function claimFromPool(
  ports: FlowPorts,
  gateId: string,
  { arrivals = [], observations = [] }: PoolRequest,
): Promise<PoolAnswer> {
  if (arrivals.length === 0 || observations.length > 0) return none;
  const known = ports.store.recallGate?.(gateId);
  if (!known || !isPooling(known, ports.settings.gate, ports.clock.now())) return none;
  for (let tries = 1; tries <= POOLS_TRIED; tries += 1) {
    const answer = await claimOnce(ports, gateId, arrivals);
    if (answer !== 'lost') return answer;
  }
  return none;
}

async function claimOnce(ports: FlowPorts, gateId: string, arrivals: readonly Arrival[]): Promise<PoolAnswer | 'lost'> {
  const { store, clock, randomSource, settings } = ports;
  const seenAt = clock.now();
  const [own, pools, listing] = await Promise.all([
    store.loadGate(gateId),
    store.loadPools(gateId),
    store.listModels(gateId, MODELS_READ_MAX),
  ]);
  const gate = withPools(own, pools);
  const now = clock.now();
  if (!isPooling(gate, settings.gate, now) || !areSound(arrivals, listing, now)) return none;
  const choice = choosePool(gate, pools, { wanted: arrivals.length, random: randomSource.random(), now });
  if (choice?.kind === 'fill') return { kind: 'none', fill: fillOf(gate, pools, choice.pool, arrivals.length) };
  if (!choice) return none;
  return claimIn(ports, { gate, pool: choice.pool, arrivals, seenAt });
}

interface Claiming {
  /** With its pools. */
  readonly gate: Gate;
  readonly pool: number;
  readonly arrivals: readonly Arrival[];
  readonly seenAt: number;
}

async function claimIn(ports: FlowPorts, { gate, pool, arrivals, seenAt }: Claiming): Promise<PoolAnswer | 'lost'> {
  const planned = planClaims(ports, gate, arrivals);
  if (planned.failed.length > 0 || planned.changes.length < arrivals.length) return none;
  const changes = planned.changes.map(({ change }) => change);
  const committed = await tryCommit(ports, { changes, poolClaim: { gateId: gate.id, pool } });
  if (committed.kind === 'committed') {
    for (const { change } of planned.changes) reportChange(ports, change);
    return { kind: 'claimed', seenAt, ...planned };
  }
  if (committed.kind !== 'lost' || committed.taskIds.length === 0) return 'lost';
  return (await ownClaim(ports, arrivals, seenAt)) ?? none;
}

/**
 * What an earlier try has written whose answer was lost: its leases are known by their ids. Undefined where one of the tasks has changed
 * otherwise: the usual way reads them again.
 */
async function ownClaim(
  ports: FlowPorts,
  arrivals: readonly Arrival[],
  seenAt: number,
): Promise<PoolClaimed | undefined> {
  const tasks = new Map(
    (await ports.store.loadTasks(arrivals.map(({ task }) => task.id))).map((task) => [task.id, task]),
  );
  const changes = arrivals.flatMap(({ task: before, leaseId }) => {
    const after = tasks.get(before.id);
    return after?.lease?.id === leaseId ? [{ change: { before, after }, effects: [], isArrival: true }] : [];
  });
  if (changes.length < arrivals.length) return undefined;
  for (const { change } of changes) reportChange(ports, change);
  return { kind: 'claimed', seenAt, changes, failed: [] };
}

/** As many as a pool holds, or as many as are wanted at once. */
function fillOf(gate: Gate, pools: readonly SlotPool[], pool: number, wanted: number): PoolFill {
  const movesSeen = pools.find((one) => one.pool === pool)?.moves ?? 0;
  return { pool, slots: Math.max(poolSize(gate), wanted), movesSeen };
}

/** None past its deadline, and none of a model that fails. */
function areSound(arrivals: readonly Arrival[], { models, isWhole }: ModelListing, now: number): boolean {
  return isWhole && arrivals.every(({ task }) => isClaimable(task, now) && !models.has(task.model));
}

/** A pause that was committed so long ago must hold back every POST that has not begun. */
const PAUSE_KNOWN_MS = 60;

/** A claim from a pool does not ask the gate's own row: where it took long, the gate is looked at once more before the POST. */
export async function isStillOpen(
  { store, clock, log }: FlowPorts,
  gateId: string,
  { seenAt }: PoolClaimed,
): Promise<boolean> {
  if (clock.now() - seenAt < PAUSE_KNOWN_MS) return true;
  try {
    const gate = await store.loadGate(gateId);
    return !isPausedFor(undefined, gate, clock.now());
  } catch (error) {
    log.warn('Whether the gate was paused meanwhile could not be read; its slots are given back', { gateId, error });
    return false;
  }
}

/** Nothing was sent for them: they wait as if they had not been claimed. One whose return fails keeps its lease, which runs out. */
export async function returnSlots(ports: FlowPorts, { changes }: PoolClaimed): Promise<void> {
  const returned = await applyEvents(
    ports,
    changes.map(({ change: { after } }) => ({
      taskId: after.id,
      event: { type: 'slot-returned', ...(after.lease && { leaseId: after.lease.id }) },
      known: after,
    })),
  );
  for (const one of returned) {
    if (one.kind === 'failed')
      ports.log.warn('A slot could not be given back while the gate is paused', { error: one.error });
  }
}

/** A pool that others are writing just now is left to them. */
async function tryCommit({ store }: FlowPorts, commit: Commit): Promise<CommitResult | { readonly kind: 'busy' }> {
  try {
    return await store.commit(commit);
  } catch (error) {
    if (error instanceof RelayError && ['store-contended', 'store-unavailable'].includes(error.code))
      return { kind: 'busy' };
    throw error;
  }
}

function planClaims(ports: FlowPorts, gate: Gate, arrivals: readonly Arrival[]): PlannedChanges {
  const now = ports.clock.now();
  // Slots that moved while gate and pools were read may be counted twice: a rank too high would prove room that is not there.
  const rank = Math.max(0, inFlight(gate) - poolSize(gate));
  const grants = arrivals.map(({ task }, index) => ({
    candidate: candidateOf(task),
    slot: {
      kind: slotKindOf(task),
      circuitProbe: false,
      accountProbe: false,
      rank: rank + index + 1,
      grantedAt: now,
    },
  }));
  return planChanges(ports, grants, new Map(), arrivals);
}
