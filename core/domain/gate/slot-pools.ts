// Free slots that lie in pools beside the gate's own row, so that many tasks that arrive at once can each claim one without
// writing that row: how many pools a gate has, how many slots lie in each, when they may be used. The gate's own row counts the
// slots in its pools as taken; a claim that finds its pool empty fills it, and a round takes slots back while tasks wait.
import { counterName } from '../task/derived-counts.ts';
import { counter, freeSlots, inFlight, isRushed, slotLimit } from './gate.ts';
import type { GateSettings } from './gate-settings.ts';
import type { Gate } from './gate.ts';

export interface SlotPool {
  readonly pool: number;
  /** Parts of the gate's counters; for each slot that lies in it, `inFlight` is one below zero. */
  readonly counters: Readonly<Record<string, number>>;
  /** How often it was filled, or slots were taken back: the same in two reads, with the gate read in between, shows that the sum is sound. */
  readonly moves: number;
}

/** Slots that move between the gate's own row and a pool. */
export interface PoolMove {
  readonly pool: number;
  readonly slots: number;
}

/** Slots for a pool, on condition that it was neither filled nor emptied since it was read: many find it empty at once. */
export interface PoolFill extends PoolMove {
  readonly movesSeen: number;
}

/** Slots from which pools are worth their rows: a smaller gate takes few claims a second. */
const POOLED_FROM = 200;
/** One pool for so many slots; more pools than these collide no less. */
const SLOTS_PER_POOL = 50;
const POOLS_MAX = 16;
/** All pools together hold an eighth of the slots at most, and a single one no more than these. */
const POOLED_SHARE = 8;
const POOL_SLOTS_MAX = 32;
/** So large a share of the slots is left in the gate's own row: near its limit a gate hands its slots from task to task. */
const LEFT_SHARE = 0.03;
/** Pools from which one round takes slots back. */
const TAKEN_BACK_FROM = 3;

function poolCount(gate: Gate): number {
  return Math.max(1, Math.min(POOLS_MAX, Math.floor(slotLimit(gate) / SLOTS_PER_POOL)));
}

/** Slots that are put into an empty pool at once. */
export function poolSize(gate: Gate): number {
  const even = Math.floor(slotLimit(gate) / (POOLED_SHARE * poolCount(gate)));
  return Math.max(1, Math.min(POOL_SLOTS_MAX, even));
}

export function slotsIn({ counters }: SlotPool): number {
  return Math.max(0, -(counters[counterName.inFlight] ?? 0));
}

/** The gate with what was read of its pools: its counters are then those of all rows. */
export function withPools(gate: Gate, pools: readonly SlotPool[]): Gate {
  const pooled = pools.reduce((sum, pool) => sum + slotsIn(pool), 0);
  const counters: Record<string, number> = { ...gate.counters };
  for (const [name, amount] of pools.flatMap((pool) => Object.entries(pool.counters))) {
    counters[name] = (counters[name] ?? 0) + amount;
  }
  return { ...gate, counters, ...(pooled > 0 && { pooled }) };
}

/** Free slots that its own row has, without those in pools. */
export function ownFreeSlots(gate: Gate, now: number): number {
  return Math.max(0, freeSlots(gate, now) - (gate.pooled ?? 0));
}

/** The same below zero where the limit has become lower than what the own row counts: what comes back out of pools pays that first. */
export function ownRoom(gate: Gate): number {
  return slotLimit(gate) - inFlight(gate) - (gate.pooled ?? 0);
}

export function hasPools(gate: Gate, { pooledFrom = POOLED_FROM }: Pick<GateSettings, 'pooledFrom'>): boolean {
  return slotLimit(gate) >= pooledFrom;
}

/** True where slots may lie in pools, though it may have become too small for them since. */
export function mayHavePooled(gate: Gate): boolean {
  return counter(gate, counterName.fills) > 0;
}

/** True where pools are worth their rows, and no pause, probe or rush makes the gate's own row decide. */
export function isPooling(gate: Gate, settings: GateSettings, now: number): boolean {
  return hasPools(gate, settings) && !gate.pause && !gate.operatorPause && !isRushed(gate, now);
}

/** True when, after so many grants, enough is free for arrivals to claim for themselves. */
export function isAmple(gate: Gate, free: number): boolean {
  return free >= Math.max(1, slotLimit(gate) * LEFT_SHARE);
}

/** From which pool to claim, or which one a claim of the gate's own row should fill. */
type PoolChoice = { readonly kind: 'claim' | 'fill'; readonly pool: number };

/**
 * @param gate with its pools.
 * @param random uniform in [0, 1): claims spread over the pools.
 * @returns undefined where the gate's own row has to decide.
 */
export function choosePool(
  gate: Gate,
  pools: readonly SlotPool[],
  { wanted, random, now }: { readonly wanted: number; readonly random: number; readonly now: number },
): PoolChoice | undefined {
  // A limit that was lowered is a debt: no slot that lies in a pool is free before it is paid.
  if (freeSlots(gate, now) < wanted || ownRoom(gate) < 0) return undefined;
  const own = Math.floor(random * poolCount(gate));
  const filled = pools.filter((pool) => slotsIn(pool) >= wanted).map(({ pool }) => pool);
  if (filled.includes(own)) return { kind: 'claim', pool: own };
  if (isAmple(gate, ownFreeSlots(gate, now) - wanted - poolSize(gate))) return { kind: 'fill', pool: own };
  const other = filled[Math.floor(random * filled.length)];
  return other === undefined ? undefined : { kind: 'claim', pool: other };
}

/** The fullest pools, from which a round takes back what tasks wait for. */
export function fullestPools(pools: readonly SlotPool[]): readonly PoolMove[] {
  return pools
    .map((pool) => ({ pool: pool.pool, slots: slotsIn(pool) }))
    .filter(({ slots }) => slots > 0)
    .sort((a, b) => b.slots - a.slots)
    .slice(0, TAKEN_BACK_FROM);
}

/** What a round takes of each to have so many slots more. */
export function takenBack(from: readonly PoolMove[], wanted: number): readonly PoolMove[] {
  const taken: PoolMove[] = [];
  let left = wanted;
  for (const { pool, slots } of from) {
    if (left <= 0) break;
    taken.push({ pool, slots: Math.min(slots, left) });
    left -= slots;
  }
  return taken;
}
