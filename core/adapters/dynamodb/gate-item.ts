// How the gate is stored in the table: what it knows is in attributes that are set together, conditional on its
// version; its counters are attributes that commits of tasks add to without a condition, here or in the rows of
// releases beside it, and are the sum of all. Nothing in these items grows with accounts or models: queue-item.ts and
// model-item.ts define their rows.
import { convertToNative } from '@aws-sdk/util-dynamodb';
import { COUNTER_PREFIX, poolNumberOf } from '../../contract/items.ts';
import { counterName } from '../../domain/task/derived-counts.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Gate } from '../../domain/gate/gate.ts';
import type { SlotPool } from '../../domain/gate/slot-pools.ts';
import type { Item } from './dynamo-table.ts';

/** Attributes that belong to the table and not to the gate. */
const foreign = new Set(['pk', 'sk', 'cid']);

/**
 * Values for attributes that a gate written by an earlier release does not have: a release must read the rows of the
 * one before it.
 */
const addedSince: Partial<Gate['limit']> = {
  loweredAt: 0,
  isProvenLowered: false,
  evidence: 0,
  evidenceRoom: 0,
  unrelatedRefusals: 0,
};

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(gate: Gate): Fields {
  const { counters: _apart, released: _beside, pooled: _aside, ...fields } = gate;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * @param items of the gate's partition: its own and its releases.
 * @returns undefined where they hold counters only: a task was committed before the gate was created.
 */
export function readGate(items: readonly Item[]): Gate | undefined {
  const own = items.find((item) => item['version'] !== undefined);
  if (!own) return undefined;
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(own)) {
    if (foreign.has(name) || name.startsWith(COUNTER_PREFIX)) continue;
    fields[name] = convertToNative(value, { wrapNumbers: Number });
  }
  const stored = fields as unknown as Gate;
  const released = sumOfCounters(items.filter((item) => item !== own))[counterName.inFlight] ?? 0;
  return {
    ...stored,
    limit: { ...addedSince, ...stored.limit },
    ...(released !== 0 && { released }),
    counters: sumOfCounters(items),
  };
}

function sumOfCounters(items: readonly Item[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [name, value] of items.flatMap((item) => Object.entries(item))) {
    if (!name.startsWith(COUNTER_PREFIX)) continue;
    const counter = name.slice(COUNTER_PREFIX.length);
    sums[counter] = (sums[counter] ?? 0) + Number(value.N);
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
}

/** Creates a gate where none exists; counters that exist already stay. */
export function gateCreation(gate: Gate): UpdateExpression {
  const update = new UpdateExpression();
  for (const [name, value] of Object.entries(fieldsOf(gate))) update.set(name, value);
  update.require(`attribute_not_exists(${update.name('version')})`);
  return update;
}

/** A pool as it is stored. */
export function readPool(item: Item): SlotPool {
  const { moves = 0, ...counters } = sumOfCounters([item]);
  return { pool: poolNumberOf(item['sk']?.S ?? ''), counters, moves };
}

export function addCounters(update: UpdateExpression, counters: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(counters)) update.add(COUNTER_PREFIX + name, amount);
}

/** Sets everything but the counters, on condition that no other write did so since `before` was read. */
export function replaceGate(update: UpdateExpression, before: Gate, after: Gate, commitId: string): void {
  const [old, next] = [fieldsOf(before), fieldsOf(after)];
  for (const [name, value] of Object.entries(next)) if (name !== 'version') update.set(name, value);
  for (const name of Object.keys(old)) if (!(name in next)) update.remove(name);
  update.set('version', before.version + 1);
  update.set('cid', commitId);
  update.require(`${update.name('version')} = ${update.value(before.version)}`);
}

/** The condition under which slots are taken. */
export function requireOwnSlots(update: UpdateExpression, ownSlotsMax: number): void {
  const count = update.name(COUNTER_PREFIX + counterName.inFlight);
  update.require(`attribute_not_exists(${count}) OR ${count} <= ${update.value(ownSlotsMax)}`);
}

/** The condition under which slots are taken out of a pool: so many lie in it. */
export function requirePooled(update: UpdateExpression, slots: number): void {
  update.require(`${update.name(COUNTER_PREFIX + counterName.inFlight)} <= ${update.value(-slots)}`);
}

/** The condition under which a pool is filled: no one has filled or emptied it since. */
export function requireUnmoved(update: UpdateExpression, moves: number): void {
  update.requireSame(`${COUNTER_PREFIX}moves`, moves === 0 ? undefined : moves);
}

/** A claim sets nothing of the gate and so does not know its version; it must know of a pause, and of a lower limit. */
export function requireClaimable(update: UpdateExpression, limitSlots: number): void {
  update.require(`${update.name('limit')}.${update.name('slots')} >= ${update.value(limitSlots)}`);
  for (const pause of ['pause', 'operatorPause']) update.require(`attribute_not_exists(${update.name(pause)})`);
}
