// The items of one table in memory, by partition and in the order of their sort keys, with the entries of its indexes.
// Everything happens at one instant here; table-physics.ts adds the time it takes.
import { SortedRows } from '../memory/sorted-rows.ts';
import { indexEntry, indexShapes } from './item-units.ts';
import { readCondition } from './condition.ts';
import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from './condition.ts';

export interface Page {
  readonly items: readonly Item[];
  /** Items that were read, filtered ones too: what is billed. */
  readonly read: readonly Item[];
  readonly next: Item | undefined;
}

interface Entry {
  readonly order: string;
  readonly item: Item;
}

/** One query answers no more than this. */
const PAGE_BYTES_MAX = 1_048_576;

export function itemId(key: Item): string {
  return `${key['pk']?.S ?? ''}\u0000${key['sk']?.S ?? ''}`;
}

export class TableRows {
  readonly #partitions = new Map<string, SortedRows<Item>>();
  readonly #byIndex = new Map<string, Map<string, SortedRows<Item>>>();
  items = 0;

  get(key: Item): Item | undefined {
    return this.#partitions.get(key['pk']?.S ?? '')?.get(key['sk']?.S ?? '');
  }

  set(key: Item, after: Item | undefined): void {
    const before = this.get(key);
    const partition = rowsOf(this.#partitions, key['pk']?.S ?? '');
    const sk = key['sk']?.S ?? '';
    if (after) partition.set(sk, after);
    else partition.delete(sk);
    this.items += (after ? 1 : 0) - (before ? 1 : 0);
    for (const shape of indexShapes) {
      const entries = this.#byIndex.get(shape.name) ?? new Map<string, SortedRows<Item>>();
      this.#byIndex.set(shape.name, entries);
      const [old, fresh] = [indexEntry(before, shape), indexEntry(after, shape)];
      if (old) entries.get(text(old[shape.partition]))?.delete(orderIn(old, shape.sort));
      if (fresh) rowsOf(entries, text(fresh[shape.partition])).set(orderIn(fresh, shape.sort), fresh);
    }
  }

  all(): readonly Item[] {
    return [...this.#partitions.values()].flatMap((rows) => [...rows.forwards()]);
  }

  query(input: QueryCommandInput): Page {
    const { IndexName, ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
    const placeholders = { names, values };
    const isWanted = readCondition(input.KeyConditionExpression ?? '');
    const filter = input.FilterExpression === undefined ? () => true : readCondition(input.FilterExpression);
    const shape = indexShapes.find(({ name }) => name === IndexName);
    const sort = shape?.sort ?? 'sk';
    const items: Item[] = [];
    const read: Item[] = [];
    let bytes = 0;
    for (const { order, item } of this.#walk(input, sort)) {
      if (isBeforeStart(order, input, sort)) continue;
      if (!isWanted(item, placeholders)) {
        // Past the wanted stretch nothing more can come; before it, all are passed over without being billed.
        if (read.length > 0 || lowOf(input) !== undefined) break;
        continue;
      }
      if (read.length === (input.Limit ?? Number.POSITIVE_INFINITY) || bytes > PAGE_BYTES_MAX) {
        return { items, read, next: keysOf(read.at(-1), shape) };
      }
      read.push(item);
      bytes += JSON.stringify(item).length;
      if (filter(item, placeholders)) items.push(item);
    }
    // DynamoDB names a next page as soon as the limit is reached, even if that page is empty.
    const isFull = read.length > 0 && read.length === input.Limit;
    return { items, read, next: isFull ? keysOf(read.at(-1), shape) : undefined };
  }

  /** The whole items of the partition that a query goes along, of the table or of an index. */
  along(input: QueryCommandInput): readonly Item[] {
    const entries = [...(this.#rowsAlong(input)?.forwards() ?? [])];
    return entries.map((entry) => this.get(entry)).filter((item) => item !== undefined);
  }

  #rowsAlong(input: QueryCommandInput): SortedRows<Item> | undefined {
    const partition = partitionOf(input);
    if (input.IndexName === undefined) return this.#partitions.get(partition);
    return this.#byIndex.get(input.IndexName)?.get(partition);
  }

  *#walk(input: QueryCommandInput, sort: string): Iterable<Entry> {
    const rows = this.#rowsAlong(input);
    const isForwards = input.ScanIndexForward !== false;
    for (const item of (isForwards ? rows?.forwards(lowOf(input)) : rows?.backwards()) ?? []) {
      yield { order: orderIn(item, sort), item };
    }
  }
}

function isBeforeStart(order: string, { ExclusiveStartKey: start, ScanIndexForward }: QueryCommandInput, sort: string) {
  if (!start) return false;
  const from = orderIn(start, sort);
  return ScanIndexForward === false ? order >= from : order <= from;
}

/** The value that the key condition holds the partition key against: always the first of its terms here. */
function partitionOf({ KeyConditionExpression = '', ExpressionAttributeValues = {} }: QueryCommandInput): string {
  const [, placeholder] = /^\s*\w+ = (:\w+)/.exec(KeyConditionExpression) ?? [];
  return text(ExpressionAttributeValues[placeholder ?? '']);
}

/** Where to begin a walk along a partition of the table; undefined for its beginning. */
function lowOf(input: QueryCommandInput): string | undefined {
  if (input.IndexName !== undefined || input.ScanIndexForward === false) return undefined;
  const [, prefix, low] = /begins_with\(sk, (:\w+)\)|sk BETWEEN (:\w+)/.exec(input.KeyConditionExpression ?? '') ?? [];
  return input.ExpressionAttributeValues?.[prefix ?? low ?? '']?.S;
}

function text(value: AttributeValue | undefined): string {
  return value?.S ?? value?.N ?? '';
}

/** Entries of an index may share their keys: then the table's keys distinguish them. */
function orderIn(item: Item, sort: string): string {
  if (sort === 'sk') return text(item['sk']);
  const value = item[sort];
  const order = value?.N === undefined ? text(value) : value.N.padStart(20, '0');
  return `${order}\u0000${itemId(item)}`;
}

function keysOf(item: Item | undefined, shape: { readonly partition: string; readonly sort: string } | undefined) {
  if (!item) return undefined;
  const names = ['pk', 'sk', ...(shape ? [shape.partition, shape.sort] : [])];
  return Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
}

function rowsOf<Row>(all: Map<string, SortedRows<Row>>, key: string): SortedRows<Row> {
  const known = all.get(key) ?? new SortedRows<Row>();
  all.set(key, known);
  return known;
}
