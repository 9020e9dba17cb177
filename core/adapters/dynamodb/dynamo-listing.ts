// An account's tasks, newest first, from an index that holds keys only: filters are applied to the rows. The index lags
// a little behind the tasks, and a filter that few tasks pass must not read the account's whole past.
import { tableIndexes, keyOf, taskIdOf } from '../../contract/items.ts';
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
  const { items, next } = await queryPage(table, {
    IndexName: tableIndexes.byAccount.name,
    KeyConditionExpression: 'account = :account',
    ExpressionAttributeValues: { ':account': { S: query.accountId } },
    ScanIndexForward: false,
    Limit: rows,
    ...(from !== undefined && { ExclusiveStartKey: startKey(query.accountId, from) }),
  });
  const ids = items.map((item) => taskIdOf(item['pk']?.S ?? ''));
  const read = await sortOut(table, await batchGet(table, ids.map(keyOf.task), { consistent: false }));
  const tasks = new Map(read.tasks.map((task) => [task.id, task]));
  return {
    tasks: ids.flatMap((id) => tasks.get(id) ?? []).filter((task) => matchesQuery(task, query)),
    damaged: read.damaged,
    next: next && taskIdOf(next['pk']?.S ?? ''),
  };
}

/** Where a query continues: the keys of the index and of the table, all of which follow from the two ids. */
function startKey(accountId: string, taskId: string): Item {
  return {
    ...keyItem(keyOf.task(taskId)),
    account: { S: accountId },
  };
}
