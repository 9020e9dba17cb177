// The entries of the indexes that lists of tasks are read from: of one account, of all accounts, or of those that met a
// failure. All three are in the order of their ids, which is that of their making; a range of time is a range of ids.
import { tableIndexes, keyOf, taskIdOf, TIME_SHARDS } from '../../contract/items.ts';
import { queryPage } from './dynamo-reads.ts';
import { idPrefixAt, matchesEntry } from './task-query.ts';
import type { TaskFilter } from '../../ports/ports.ts';
import type { TaskEntry } from './task-query.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** An index in place of the one that a filter leads to. */
type IndexName = 'byFailure';

interface Entries {
  /** Those that may match, in order. */
  readonly matching: readonly { readonly id: string; readonly entry: TaskEntry }[];
  /** Of the tasks whose entries may match, in order. */
  readonly ids: readonly string[];
  /** Id of the last entry that was read; undefined at the end of the list. */
  readonly next: string | undefined;
  /** Entries that were read, those that do not match included. */
  readonly read: number;
}

/** More than a shard's even part of the rows, so that most steps need each shard once. */
const SHARD_ROWS_SPARE = 4;

/** Above every key of a task. */
const LAST = '~';

/**
 * The entries of all shards, merged: up to the first of the ids at which a shard with more entries stopped. What other
 * shards have behind it is read again by the next step.
 * @param from the last id that was seen; undefined to begin.
 */
export async function readEntries(
  table: DynamoTable,
  filter: TaskFilter,
  from: string | undefined,
  entriesMax: number,
  indexName?: IndexName,
): Promise<Entries> {
  const isOldestFirst = filter.order === 'oldest';
  const compare = (one: string, other: string): number => (one < other ? -1 : 1) * (isOldestFirst ? 1 : -1);
  const { index, partitions } = placeOf(filter, indexName);
  const [low, high] = rangeOf(filter, from);
  if (low > high) return { matching: [], ids: [], next: undefined, read: 0 };
  const each = partitions.length === 1 ? entriesMax : Math.ceil(entriesMax / partitions.length) + SHARD_ROWS_SPARE;
  const shards = await Promise.all(
    partitions.map((partition) =>
      queryPage(table, {
        IndexName: index.name,
        KeyConditionExpression: `${index.partition} = :partition AND ${index.sort} BETWEEN :low AND :high`,
        ExpressionAttributeValues: { ':partition': { S: partition }, ':low': { S: low }, ':high': { S: high } },
        ScanIndexForward: isOldestFirst,
        // BETWEEN includes the one that was seen last.
        Limit: each + (from === undefined ? 0 : 1),
      }),
    ),
  );
  const [next] = shards.flatMap((shard) => (shard.next ? [idOf(shard.next)] : [])).sort(compare);
  const entries = shards
    .flatMap(({ items }) => items.map((item) => ({ id: idOf(item), entry: entryOf(item) })))
    .filter(({ id }) => id !== from && (next === undefined || compare(id, next) <= 0 || id === next))
    .sort((one, other) => compare(one.id, other.id));
  const matching = entries.filter(({ entry }) => matchesEntry(entry, filter));
  return { matching, ids: matching.map(({ id }) => id), next, read: entries.length };
}

interface Place {
  readonly index: (typeof tableIndexes)['byAccount' | 'byTime' | 'byFailure'];
  readonly partitions: readonly string[];
}

/** Failures are few: they are looked through for one account, too. */
function placeOf({ accountId, met }: TaskFilter, indexName: IndexName | undefined): Place {
  const shards = Array.from({ length: TIME_SHARDS }, (_, shard) => String(shard));
  if (met !== undefined || indexName === 'byFailure') return { index: tableIndexes.byFailure, partitions: shards };
  if (accountId === undefined) return { index: tableIndexes.byTime, partitions: shards };
  return { index: tableIndexes.byAccount, partitions: [accountId] };
}

/** Keys, the first and the last that may be in the list; the one at `from` is among them. */
function rangeOf({ fromMs, toMs, order }: TaskFilter, from: string | undefined): readonly [string, string] {
  const low = fromMs === undefined ? keyOf.task('').pk : keyOf.task(idPrefixAt(fromMs)).pk;
  const high = keyOf.task(toMs === undefined ? LAST : idPrefixAt(toMs)).pk;
  if (from === undefined) return [low, high];
  const { pk } = keyOf.task(from);
  return order === 'oldest' ? [pk > low ? pk : low, high] : [low, pk < high ? pk : high];
}

function idOf(item: Item): string {
  return taskIdOf(item['pk']?.S ?? '');
}

function entryOf({ account, model, ref, codes }: Item): TaskEntry {
  return { accountId: account?.S, model: model?.S, correlationId: ref?.S, codes: codes?.SS };
}
