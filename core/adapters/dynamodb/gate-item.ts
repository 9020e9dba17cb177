// How the gate lies in the table: what it knows are attributes that are set together on its version, its counters are
// attributes of their own that every commit of a task adds to without asking.
// Nothing in this item grows with accounts or models: their rows are queue-item.ts's and model-item.ts's.
import { convertToNative } from '@aws-sdk/util-dynamodb';
import { COUNTER_PREFIX } from '../../contract/items.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Gate } from '../../domain/gate/gate.ts';
import type { Item } from './dynamo-table.ts';

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
  const { counters: _apart, ...fields } = gate;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Undefined for an item that holds counters only: a task was faster than the gate itself. */
export function readGate(item: Item | undefined): Gate | undefined {
  if (item?.['version'] === undefined) return undefined;
  const counters: Record<string, number> = {};
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(item)) {
    if (foreign.has(name)) continue;
    const native: unknown = convertToNative(value, { wrapNumbers: Number });
    if (!name.startsWith(COUNTER_PREFIX)) fields[name] = native;
    else if (native !== 0) counters[name.slice(COUNTER_PREFIX.length)] = native as number;
  }
  const stored = fields as unknown as Gate;
  return { ...stored, limit: { ...addedSince, ...stored.limit }, counters };
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
