// How the gate lies in the table: what it knows are attributes that are set together on its version, its counters are
// attributes of their own that every commit of a task adds to without asking.
import { convertToNative } from '@aws-sdk/util-dynamodb';
import { COUNTER_PREFIX } from '../../contract/items.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Gate } from '../../domain/gate/gate.ts';
import type { Item } from './dynamo-table.ts';

/**
 * A counter that has come back to zero stays as an attribute, one for each account and model that ever waited, and an
 * item holds 400 KB. From so many on, commits of the gate take some away.
 */
const IDLE_COUNTERS_KEPT = 100;
/** A few at a time: each is one more condition that a busy account may break. */
const IDLE_COUNTERS_TAKEN = 25;

/** Attributes that are the table's, not the gate's. */
const foreign = new Set(['pk', 'sk', 'commitId']);

/** What a gate that was written by an earlier release does not know: a release reads what the one before it wrote. */
const addedSince: Partial<Gate['limit']> = {
  loweredAt: 0,
  isProvenLowered: false,
  evidence: 0,
  evidenceRoom: 0,
  unrelatedRefusals: 0,
};

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(gate: Gate): Fields {
  const { counters: _apart, idleCounters: _read, ...fields } = gate;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Undefined for an item that holds counters only: a task was faster than the gate itself. */
export function readGate(item: Item | undefined): Gate | undefined {
  if (item?.['version'] === undefined) return undefined;
  const counters: Record<string, number> = {};
  const idle: string[] = [];
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(item)) {
    if (foreign.has(name)) continue;
    const native: unknown = convertToNative(value, { wrapNumbers: Number });
    const counter = name.startsWith(COUNTER_PREFIX) ? name.slice(COUNTER_PREFIX.length) : undefined;
    if (counter === undefined) fields[name] = native;
    else if (native === 0) idle.push(counter);
    else counters[counter] = native as number;
  }
  const stored = fields as unknown as Gate;
  const gate: Gate = { ...stored, limit: { ...addedSince, ...stored.limit }, counters };
  return idle.length > IDLE_COUNTERS_KEPT ? { ...gate, idleCounters: idle } : gate;
}

/** Makes a gate where there is none; counters that are there already stay. */
export function gateCreation(gate: Gate): UpdateExpression {
  const update = new UpdateExpression();
  for (const [name, value] of Object.entries(fieldsOf(gate))) update.set(name, value);
  update.require(`attribute_not_exists(${update.name('version')})`);
  return update;
}

export function addCounters(update: UpdateExpression, counters: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(counters)) update.add(COUNTER_PREFIX + name, amount);
}

/** Sets everything but the counters, if nobody else did so since `before` was read. */
export function replaceGate(update: UpdateExpression, before: Gate, after: Gate, commitId: string): void {
  const [old, next] = [fieldsOf(before), fieldsOf(after)];
  for (const [name, value] of Object.entries(next)) if (name !== 'version') update.set(name, value);
  for (const name of Object.keys(old)) if (!(name in next)) update.remove(name);
  update.set('version', before.version + 1);
  update.set('commitId', commitId);
  update.require(`${update.name('version')} = ${update.value(before.version)}`);
}

/** By how much the caller has moved the counters of the gate that it read. */
export function counterMoves(before: Gate, after: Gate): Record<string, number> {
  const moves: Record<string, number> = {};
  for (const name of new Set([...Object.keys(before.counters), ...Object.keys(after.counters)])) {
    moves[name] = (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
  }
  return moves;
}

/**
 * Takes away counters that were at zero when the gate was read, unless this very write moves them.
 * One that has been moved meanwhile breaks the update's condition; see isBrokenByTidying.
 */
export function removeIdleCounters(
  update: UpdateExpression,
  before: Gate,
  moved: Readonly<Record<string, number>>,
): void {
  const idle = (before.idleCounters ?? []).filter((name) => !moved[name]);
  for (const name of idle.slice(0, IDLE_COUNTERS_TAKEN)) {
    update.remove(COUNTER_PREFIX + name);
    update.require(`${update.name(COUNTER_PREFIX + name)} = ${update.value(0)}`);
  }
}

/** True when a gate is still at the version that was read: only the tidying stood in the way of the write. */
export function isBrokenByTidying(before: Gate, item: Item | undefined): boolean {
  return Number(item?.['version']?.N) === before.version;
}
