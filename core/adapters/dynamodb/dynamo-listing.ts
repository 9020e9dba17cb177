// Tasks, newest first, of an account or of all accounts: the index shows ids and models, other filters are applied to the
// rows. The index lags a little behind the tasks, and a filter that few tasks pass must not read the whole past.
import { tableIndexes, keyOf, taskIdOf, TIME_SHARDS } from '../../contract/items.ts';
import { sortOut } from './dynamo-damaged.ts';
import { batchGet, queryPage } from './dynamo-reads.ts';
import { keyItem } from './task-item.ts';
import { matchesQuery, readCursor, writeCursor } from './task-query.ts';
import type { DamagedTask } from '../../domain/task/damaged-task.ts';
import type { Task } from '../../domain/task/task.ts';
import type { TaskListing, TaskPage, TaskQuery } from '../../ports/ports.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** Rows read in one step of a filtered list, and the steps of one answer: 500 read units at most for small rows. */
const FILTERED_ROWS = 100;
const STEPS_MAX = 10;

export function listingOf(table: DynamoTable): TaskListing {
  return {
    listTasks: async (query) => {
      const isFiltered = query.status !== undefined || query.code !== undefined || query.model !== undefined;
      const found: Task[] = [];
      const damaged: DamagedTask[] = [];
      let from = readCursor(query.accountId, query.cursor);
      for (let steps = 0; steps < STEPS_MAX; steps += 1) {
        // One more than the page holds shows whether there is another page.
        const step = await readStep(table, query, from, isFiltered ? FILTERED_ROWS : query.limit + 1);
        damaged.push(...step.damaged);
        for (const task of step.tasks) {
          if (found.length === query.limit) return pageOf(query, found, damaged, found.at(-1)?.id);
          found.push(task);
        }
        from = step.next;
        if (from === undefined) break;
      }
      return pageOf(query, found, damaged, from);
    },

    cursorAfter: writeCursor,
  };
}

/**
 * @param last where the page ends; undefined when it ends with the list. Damaged rows behind it belong to the next
 *   page.
 */
function pageOf(
  { accountId }: TaskQuery,
  tasks: readonly Task[],
  damaged: readonly DamagedTask[],
  last: string | undefined,
): TaskPage {
  const shown = damaged.filter(({ id }) => last === undefined || id >= last);
  return {
    tasks,
    ...(shown.length > 0 && { damaged: shown }),
    ...(last !== undefined && { cursor: writeCursor(accountId, last) }),
  };
}

interface Step {
  /** Those that match. */
  readonly tasks: readonly Task[];
  readonly damaged: readonly DamagedTask[];
  /** Id of the last row that was read; undefined at the end of the list. */
  readonly next: string | undefined;
}

async function readStep(table: DynamoTable, query: TaskQuery, from: string | undefined, rows: number): Promise<Step> {
  const { accountId, model } = query;
  const { entries, next } =
    accountId === undefined ? await readAll(table, from, rows) : await readOwn(table, accountId, from, rows);
  const ids = entries.filter((entry) => model === undefined || entry['model']?.S === model).map(idOfEntry);
  const read = await sortOut(table, await batchGet(table, ids.map(keyOf.task), { consistent: false }));
  const tasks = new Map(read.tasks.map((task) => [task.id, task]));
  return {
    tasks: ids.flatMap((id) => tasks.get(id) ?? []).filter((task) => matchesQuery(task, query)),
    damaged: read.damaged,
    next,
  };
}

function idOfEntry(entry: Item): string {
  return taskIdOf(entry['pk']?.S ?? '');
}

/** Entries of an index, newest first, and the last id that was read; undefined at the end of the list. */
interface Entries {
  readonly entries: readonly Item[];
  readonly next: string | undefined;
}

async function readOwn(
  table: DynamoTable,
  accountId: string,
  from: string | undefined,
  rows: number,
): Promise<Entries> {
  const { items, next } = await queryPage(table, {
    IndexName: tableIndexes.byAccount.name,
    KeyConditionExpression: 'account = :account',
    ExpressionAttributeValues: { ':account': { S: accountId } },
    ScanIndexForward: false,
    Limit: rows,
    ...(from !== undefined && { ExclusiveStartKey: startKey(accountId, from) }),
  });
  return { entries: items, next: next && idOfEntry(next) };
}

/** More than a shard's even part of the rows, so that most steps need each shard once. */
const SHARD_ROWS_SPARE = 4;

/**
 * The entries of all shards, merged: down to the newest of the ids at which a shard with more entries stopped. What other
 * shards have below it is read again by the next step.
 */
async function readAll(table: DynamoTable, from: string | undefined, rows: number): Promise<Entries> {
  const shards = await Promise.all(
    Array.from({ length: TIME_SHARDS }, (_, shard) =>
      queryPage(table, {
        IndexName: tableIndexes.byTime.name,
        KeyConditionExpression: `ts = :shard${from === undefined ? '' : ' AND pk < :from'}`,
        ExpressionAttributeValues: {
          ':shard': { S: String(shard) },
          ...(from !== undefined && { ':from': { S: keyOf.task(from).pk } }),
        },
        ScanIndexForward: false,
        Limit: Math.ceil(rows / TIME_SHARDS) + SHARD_ROWS_SPARE,
      }),
    ),
  );
  const [next] = shards
    .flatMap((shard) => (shard.next ? [idOfEntry(shard.next)] : []))
    .sort()
    .reverse();
  const entries = shards
    .flatMap(({ items }) => items)
    .filter((entry) => next === undefined || idOfEntry(entry) >= next)
    .sort((one, other) => (idOfEntry(one) < idOfEntry(other) ? 1 : -1));
  return { entries, next };
}

/** Where a query continues: the keys of the index and of the table, all of which follow from the two ids. */
function startKey(accountId: string, taskId: string): Item {
  return {
    ...keyItem(keyOf.task(taskId)),
    account: { S: accountId },
  };
}
