// What DynamoDB bills for: the size of an item, and from it the units of a write and of a read, of the table and of
// each index. Knows the relay's indexes from the contract, and nothing of what the items mean.
// Source: "DynamoDB item sizes and formats" and "Read and write operations" in the DynamoDB developer guide.
import { tableIndexes } from '../../../core/contract/items.ts';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { TableIndex } from '../../../core/contract/items.ts';
import type { Item } from './condition.ts';

export const ITEM_BYTES_MAX = 400 * 1024;
const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;

export const indexShapes: readonly TableIndex[] = Object.values(tableIndexes);

export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  // About one byte for two digits, and one for sign and length.
  if (value.N !== undefined) return Math.ceil(value.N.replace(/^-?0*|\./g, '').length / 2) + 1;
  if (value.B !== undefined) return value.B.byteLength;
  if (value.L !== undefined) return 3 + value.L.reduce((sum, entry) => sum + 1 + valueBytes(entry), 0);
  if (value.M !== undefined) return 3 + itemBytes(value.M) + Object.keys(value.M).length;
  if (value.SS !== undefined) return value.SS.reduce((sum, entry) => sum + Buffer.byteLength(entry), 0);
  return 1;
}

/** The entry of an index, or undefined where the item is not in it. */
export function indexEntry(item: Item | undefined, { partition, sort, includes }: TableIndex): Item | undefined {
  if (item?.[partition] === undefined || item[sort] === undefined) return undefined;
  const names = new Set(['pk', 'sk', partition, sort, ...includes]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
}

function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

export function readUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
}

/** Units against one partition of the table or of an index. */
export interface Charge {
  readonly partition: string;
  readonly where: 'table' | 'index';
  readonly units: number;
}

function keyText(value: AttributeValue | undefined): string {
  return value?.S ?? value?.N ?? '';
}

function isSame(a: Item, b: Item): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(item: Item): readonly unknown[] {
  return Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * What a write is billed: the larger of the item before and after, whole; and for each index one entry written, one
 * removed, or both where its key moves; a refused write of an item that is not there is billed to its key's partition.
 * A transaction doubles the table's part; indexes follow once it is committed.
 */
export function writeCharges(
  before: Item | undefined,
  after: Item | undefined,
  isTransactional: boolean,
  key: Item | undefined = after ?? before,
): readonly Charge[] {
  const bytes = Math.max(before ? itemBytes(before) : 0, after ? itemBytes(after) : 0);
  const pk = keyText(key?.['pk']);
  const charges: Charge[] = [{ partition: pk, where: 'table', units: writeUnits(bytes) * (isTransactional ? 2 : 1) }];
  for (const shape of indexShapes) {
    const [old, fresh] = [indexEntry(before, shape), indexEntry(after, shape)];
    const isMoved = old && fresh && (!isEqual(old, fresh, shape.partition) || !isEqual(old, fresh, shape.sort));
    if (old && fresh && !isMoved) {
      const same = isSame(old, fresh);
      if (!same) charges.push(chargeOf(shape, fresh, Math.max(itemBytes(old), itemBytes(fresh))));
      continue;
    }
    if (old) charges.push(chargeOf(shape, old, itemBytes(old)));
    if (fresh) charges.push(chargeOf(shape, fresh, itemBytes(fresh)));
  }
  return charges;
}

function isEqual(a: Item, b: Item, name: string): boolean {
  return keyText(a[name]) === keyText(b[name]);
}

function chargeOf({ name, partition }: TableIndex, entry: Item, bytes: number): Charge {
  return { partition: `${name}:${keyText(entry[partition])}`, where: 'index', units: writeUnits(bytes) };
}
