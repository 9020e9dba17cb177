// An account's tasks, newest first, from the index that holds what lists filter by. The index lags a little behind
// the tasks, so each is looked at again once it is loaded.
import { accountKeyOf, INDEXES, keyOf } from '../../contract/items.ts';
import { sortOut } from './dynamo-damaged.ts';
import { batchGet, queryPage } from './dynamo-reads.ts';
import { keyItem } from './task-item.ts';
import { matchesQuery, readCursor, writeCursor } from './task-query.ts';
import type { TaskListing, TaskPage, TaskQuery } from '../../ports/ports.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** Index entries looked at for one answer: a filter that hardly anything passes must not read an account's whole past. */
const QUERIES_MAX = 10;
const FILTERED_ENTRIES = 500;

export const listingOf = (table: DynamoTable): TaskListing => ({
  listTasks: async (query) => {
    const { taskIds, cursor } = await findIds(table, query);
    const items = await batchGet(table, taskIds.map(keyOf.task), { consistent: false });
    const read = await sortOut(table, items);
    const tasks = new Map(read.tasks.map((task) => [task.id, task]));
    const page: TaskPage = {
      tasks: taskIds.flatMap((id) => tasks.get(id) ?? []).filter((task) => matchesQuery(task, query)),
      ...(read.damaged.length > 0 && { damaged: read.damaged }),
    };
    return cursor === undefined ? page : { ...page, cursor };
  },

  cursorAfter: writeCursor,
});

const findIds = async (table: DynamoTable, query: TaskQuery): Promise<{ taskIds: string[]; cursor?: string }> => {
  const filter = filterOf(query);
  const found: string[] = [];
  let from = readCursor(query.accountId, query.cursor);
  for (let queries = 0; queries < QUERIES_MAX; queries += 1) {
    const { items, next } = await queryPage(table, {
      IndexName: INDEXES.byAccount.name,
      KeyConditionExpression: 'accountKey = :account',
      ...filter.expressions,
      ExpressionAttributeValues: { ':account': { S: accountKeyOf(query.accountId) }, ...filter.values },
      ScanIndexForward: false,
      // One more than is wanted tells whether there is another page.
      Limit: filter.isEmpty ? query.limit + 1 : FILTERED_ENTRIES,
      ...(from !== undefined && { ExclusiveStartKey: startKey(query.accountId, from) }),
    });
    found.push(...items.map((item) => item['taskId']?.S ?? ''));
    if (found.length > query.limit) {
      const taskIds = found.slice(0, query.limit);
      return { taskIds, cursor: writeCursor(query.accountId, taskIds.at(-1) ?? '') };
    }
    from = next?.['taskId']?.S;
    if (from === undefined) return { taskIds: found };
  }
  return { taskIds: found, cursor: writeCursor(query.accountId, from ?? '') };
};

/** Where a query goes on: the keys of the index and of the table, all of which follow from the two ids. */
const startKey = (accountId: string, taskId: string): Item => ({
  ...keyItem(keyOf.task(taskId)),
  accountKey: { S: accountKeyOf(accountId) },
  taskId: { S: taskId },
});

interface Filter {
  readonly isEmpty: boolean;
  readonly expressions: { FilterExpression?: string; ExpressionAttributeNames?: Record<string, string> };
  readonly values: Item;
}

const filterOf = ({ status, code, model }: TaskQuery): Filter => {
  const parts: string[] = [];
  const names: Record<string, string> = {};
  const values: Item = {};
  if (status) {
    status.forEach((one, index) => (values[`:status${index}`] = { S: one }));
    // IN takes no empty list: no status at all means no task at all.
    parts.push(
      status.length > 0
        ? `#status IN (${status.map((_, index) => `:status${index}`).join(', ')})`
        : 'attribute_not_exists(#status)',
    );
    names['#status'] = 'status';
  }
  if (code !== undefined) {
    parts.push('#code = :code');
    names['#code'] = 'code';
    values[':code'] = { N: String(code) };
  }
  if (model !== undefined) {
    parts.push('#model = :model');
    names['#model'] = 'model';
    values[':model'] = { S: model };
  }
  if (parts.length === 0) return { isEmpty: true, expressions: {}, values };
  return {
    isEmpty: false,
    expressions: { FilterExpression: parts.join(' AND '), ExpressionAttributeNames: names },
    values,
  };
};
