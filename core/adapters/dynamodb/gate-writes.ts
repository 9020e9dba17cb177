// What a commit writes of its gates: the gate itself with its counters, or the slots that come free in a row beside it,
// the queues of the accounts whose tasks wait or were served, the probes of models. Each row is in a transaction once,
// however many of its tasks change.
import { keyOf } from '../../contract/items.ts';
import { counterName, gateDelta } from '../../domain/task/derived-counts.ts';
import {
  addCounters,
  replaceGate,
  requireClaimable,
  requireOwnSlots,
  requirePooled,
  requireUnmoved,
} from './gate-item.ts';
import { addProbes } from './model-item.ts';
import { queueUpdate } from './queue-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Key } from '../../contract/items.ts';
import type { GateDelta } from '../../domain/task/derived-counts.ts';
import type { PoolMove } from '../../domain/gate/slot-pools.ts';
import type { Commit } from '../../ports/ports.ts';
import type { QueueChange } from './queue-item.ts';
import type { PlanContext, PlannedWrite, Subject } from './planned-write.ts';

export function gateWrites(
  { changes, gate, claim, poolClaim, countsBeside }: Commit,
  context: PlanContext,
): readonly PlannedWrite[] {
  const byGate = Map.groupBy(
    changes.flatMap((change) => gateDelta(change) ?? []),
    ({ gateId }) => gateId,
  );
  const ids = new Set([...(gate ? [gate.before.id] : []), ...byGate.keys()]);
  return [...ids].flatMap((gateId) => {
    const own = gate?.before.id === gateId ? gate : undefined;
    const deltas = byGate.get(gateId) ?? [];
    return [
      ...coreWrites(
        gateId,
        deltas,
        {
          gate: own,
          claim: claim?.gateId === gateId ? claim : undefined,
          poolClaim: poolClaim?.gateId === gateId ? poolClaim : undefined,
        },
        context,
      ),
      ...queueWrites(gateId, deltas, { gate: own, countsBeside }, context),
      ...probeWrites(gateId, deltas, context),
    ];
  });
}

interface OwnWrites {
  readonly gate: Commit['gate'];
  readonly claim: Commit['claim'];
  readonly poolClaim: Commit['poolClaim'];
}

function coreWrites(
  gateId: string,
  deltas: readonly GateDelta[],
  { gate, claim, poolClaim }: OwnWrites,
  context: PlanContext,
): readonly PlannedWrite[] {
  const moves = poolMoves({ gate, claim });
  const counters = sumOf([...deltas.map((delta) => delta.counters), gate?.correction ?? {}, ownCountsOf(moves)]);
  const inFlight = counters[counterName.inFlight] ?? 0;
  if (poolClaim) return poolWrite(gateId, poolClaim.pool, { counters, taken: inFlight }, context);
  const update = new UpdateExpression();
  addCounters(update, counters);
  // Slots are taken in the gate's own row only. Who has read less freed than there is, takes less, never more.
  if (!gate && !claim && inFlight < 0) {
    return planned({ kind: 'other' }, update, keyOf.slotReleases(gateId, context.commitId), context);
  }
  guardOwnRow(update, { gate, claim }, context);
  return [
    ...planned({ kind: 'gate' }, update, keyOf.gate(gateId), context),
    ...moves.flatMap(({ pool, slots }) => {
      const counters = { [counterName.inFlight]: slots, moves: 1 };
      const movesSeen = slots < 0 ? claim?.fill?.movesSeen : undefined;
      return poolWrite(gateId, pool, { counters, taken: slots, movesSeen }, context);
    }),
  ];
}

/** What is set of the gate's own row, and under which conditions. */
function guardOwnRow(
  update: UpdateExpression,
  { gate, claim }: Pick<OwnWrites, 'gate' | 'claim'>,
  { commitId }: PlanContext,
): void {
  const ownSlotsMax = (gate ?? claim)?.ownSlotsMax;
  if (ownSlotsMax !== undefined) requireOwnSlots(update, ownSlotsMax);
  if (claim) requireClaimable(update, claim.limitSlots);
  if (gate) replaceGate(update, gate.before, gate.after, commitId);
}

/** Slots that leave a pool, or below zero come into it. */
function poolMoves({ gate, claim }: Pick<OwnWrites, 'gate' | 'claim'>): readonly PoolMove[] {
  const { fill } = claim ?? {};
  return [...(gate?.takenBack ?? []), ...(fill ? [{ pool: fill.pool, slots: -fill.slots }] : [])];
}

/** The gate's own row counts the slots in its pools as taken. */
function ownCountsOf(moves: readonly PoolMove[]): Readonly<Record<string, number>> {
  const fills = moves.filter(({ slots }) => slots < 0).length;
  return { [counterName.inFlight]: -moves.reduce((sum, { slots }) => sum + slots, 0), [counterName.fills]: fills };
}

interface PoolCounts {
  readonly counters: Readonly<Record<string, number>>;
  /** Slots that leave it. */
  readonly taken: number;
  readonly movesSeen?: number | undefined;
}

function poolWrite(
  gateId: string,
  pool: number,
  { counters, taken, movesSeen }: PoolCounts,
  context: PlanContext,
): readonly PlannedWrite[] {
  const update = new UpdateExpression();
  addCounters(update, counters);
  if (taken > 0) requirePooled(update, taken);
  if (movesSeen !== undefined) requireUnmoved(update, movesSeen);
  return planned({ kind: 'gate' }, update, keyOf.slotPool(gateId, pool), context);
}

function queueWrites(
  gateId: string,
  deltas: readonly GateDelta[],
  { gate, countsBeside = false }: { readonly gate: Commit['gate']; readonly countsBeside: Commit['countsBeside'] },
  context: PlanContext,
): readonly PlannedWrite[] {
  const { commitId } = context;
  const changes = new Map<string, QueueChange>();
  for (const [accountId, of] of Map.groupBy(
    deltas.flatMap(({ queues }) => queues ?? []),
    (delta) => delta.accountId,
  )) {
    const weight = of.at(-1)?.weight ?? 1;
    changes.set(accountId, { delta: { accountId, weight, waiting: sumOf(of.map(({ waiting }) => waiting)) } });
  }
  for (const turn of gate?.turns ?? []) changes.set(turn.accountId, { ...changes.get(turn.accountId), turn });
  return [...changes].flatMap(([accountId, change]) => {
    const key =
      countsBeside && isJoin(change) ? keyOf.joins(gateId, accountId, commitId) : keyOf.queues(gateId, accountId);
    return planned({ kind: 'other' }, queueUpdate(change, commitId), key, context);
  });
}

/** Who leaves a queue is always counted in the account's own row, which is read before the others. */
function isJoin({ delta, turn }: QueueChange): boolean {
  return !turn && Object.values(delta?.waiting ?? {}).every((tasks) => tasks >= 0);
}

function probeWrites(gateId: string, deltas: readonly GateDelta[], context: PlanContext): readonly PlannedWrite[] {
  const probes = sumOf(deltas.flatMap(({ circuitProbes: of }) => (of ? [{ [of.model]: of.inFlight }] : [])));
  return Object.entries(probes).flatMap(([model, inFlight]) => {
    const update = new UpdateExpression();
    addProbes(update, inFlight);
    return planned({ kind: 'other' }, update, keyOf.model(gateId, model), context);
  });
}

function planned(
  subject: Subject,
  update: UpdateExpression,
  key: Key,
  { tableName }: PlanContext,
): readonly PlannedWrite[] {
  return update.isEmpty ? [] : [{ subject, write: { Update: update.toUpdate(tableName, key) } }];
}

function sumOf(parts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const part of parts) {
    for (const [name, amount] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + amount;
  }
  return sums;
}
