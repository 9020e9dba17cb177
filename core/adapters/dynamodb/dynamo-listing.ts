// Tasks of an account or of all accounts, in the order of their making, and how many there are: an index shows ids and
// models, what it does not show is filtered by the rows. The index lags a little behind the tasks, and a filter that
// few tasks pass must not read the whole past.
import { keyOf } from '../../contract/items.ts';
import { sortOut } from './dynamo-damaged.ts';
import { batchGet } from './dynamo-reads.ts';
import { readEntries } from './listing-entries.ts';
import { isRowFilter, matchesQuery, readCursor, writeCursor } from './task-query.ts';
import type { DamagedTask } from '../../domain/task/damaged-task.ts';
import type { Task } from '../../domain/task/task.ts';
import type { FailedTask } from '../../domain/task/failure-groups.ts';
import type {
  FailedFilter,
  FailedTasks,
  TaskCount,
  TaskFilter,
  TaskListing,
  TaskPage,
  TaskQuery,
} from '../../ports/ports.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** Rows read in one step of a list that is filtered by them: with the steps, 500 read units at most for small rows. */
const FILTERED_ROWS = 100;
/** Entries read in one step of a list that is filtered by what its index shows: a unit reads twenty and more. */
const FILTERED_ENTRIES = 1_000;
const STEPS_MAX = 10;
/** Tasks that a count or a list of failures comes to; what is behind them is "and more". */
const COUNTED_MAX = 10_000;
/** Entries that are read for it: of failures those of all accounts, so that a neighbour's flood hides no account's own. */
const readMax = { own: COUNTED_MAX, amongAll: 5 * COUNTED_MAX } as const;

export function listingOf(table: DynamoTable): TaskListing {
  return {
    listTasks: async (query) => {
      const found: Task[] = [];
      const damaged: DamagedTask[] = [];
      let from = readCursor(query);
      for (let steps = 0; steps < STEPS_MAX; steps += 1) {
        const step = await readStep(table, query, from);
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

    countTasks: (filter) => countTasks(table, filter),
    listFailed: (filter) => listFailed(table, filter),

    cursorAfter: writeCursor,
  };
}

/**
 * @param last where the page ends; undefined when it ends with the list. Damaged rows behind it belong to the next
 *   page.
 */
function pageOf(
  query: TaskQuery,
  tasks: readonly Task[],
  damaged: readonly DamagedTask[],
  last: string | undefined,
): TaskPage {
  const isOldestFirst = query.order === 'oldest';
  const shown = damaged.filter(({ id }) => last === undefined || (isOldestFirst ? id <= last : id >= last));
  return {
    tasks,
    ...(shown.length > 0 && { damaged: shown }),
    ...(last !== undefined && { cursor: writeCursor(query, last) }),
  };
}

interface Step {
  /** Those that match. */
  readonly tasks: readonly Task[];
  readonly damaged: readonly DamagedTask[];
  /** Id of the last task that was looked at; undefined at the end of the list. */
  readonly next: string | undefined;
}

async function readStep(table: DynamoTable, query: TaskQuery, from: string | undefined): Promise<Step> {
  const isByRow = isRowFilter(query);
  const isByEntry = [query.model, query.modelPrefix, query.correlationId, query.met].some((one) => one !== undefined);
  // One more than the page holds shows whether there is another page.
  const rowsMax = isByRow ? FILTERED_ROWS : query.limit + 1;
  const entriesMax = isByEntry ? FILTERED_ENTRIES : rowsMax;
  const { ids, next } = await readEntries(table, query, from, entriesMax);
  const looked = ids.slice(0, rowsMax);
  const { tasks, damaged } = await loadRows(table, looked);
  return {
    tasks: tasks.filter((task) => matchesQuery(task, query)),
    damaged,
    next: looked.length < ids.length ? looked.at(-1) : next,
  };
}

async function loadRows(
  table: DynamoTable,
  ids: readonly string[],
): Promise<{ readonly tasks: readonly Task[]; readonly damaged: readonly DamagedTask[] }> {
  const read = await sortOut(table, await batchGet(table, ids.map(keyOf.task), { consistent: false }));
  const tasks = new Map(read.tasks.map((task) => [task.id, task]));
  return { tasks: ids.flatMap((id) => tasks.get(id) ?? []), damaged: read.damaged };
}

/** Reads no row where the index shows enough. */
async function countTasks(table: DynamoTable, filter: TaskFilter): Promise<TaskCount> {
  let tasks = 0;
  let read = 0;
  let from: string | undefined;
  do {
    const entries = await readEntries(table, filter, from, FILTERED_ENTRIES);
    tasks += isRowFilter(filter) ? await countRows(table, entries.ids, filter) : entries.ids.length;
    read += entries.read;
    from = entries.next;
  } while (from !== undefined && tasks < COUNTED_MAX && read < readMaxOf(filter));
  // The shards give a step a little more than it asks for.
  return { tasks: Math.min(tasks, COUNTED_MAX), isAtLeast: from !== undefined || tasks > COUNTED_MAX };
}

async function listFailed(table: DynamoTable, filter: FailedFilter): Promise<FailedTasks> {
  const tasks: FailedTask[] = [];
  let read = 0;
  let from: string | undefined;
  do {
    const entries = await readEntries(table, filter, from, FILTERED_ENTRIES, 'byFailure');
    for (const { id, entry } of entries.matching) {
      const { accountId = '', model = '', codes = [] } = entry;
      tasks.push({ id, accountId, model, codes });
    }
    read += entries.read;
    from = entries.next;
  } while (from !== undefined && tasks.length < COUNTED_MAX && read < readMaxOf({ ...filter, met: [] }));
  return { tasks, isAtLeast: from !== undefined };
}

function readMaxOf({ accountId, met }: TaskFilter): number {
  return accountId !== undefined && met !== undefined ? readMax.amongAll : readMax.own;
}

async function countRows(table: DynamoTable, ids: readonly string[], filter: TaskFilter): Promise<number> {
  const parts = Array.from({ length: Math.ceil(ids.length / FILTERED_ROWS) }, (_, part) =>
    ids.slice(part * FILTERED_ROWS, (part + 1) * FILTERED_ROWS),
  );
  const counts = await Promise.all(
    parts.map(async (part) => {
      const { tasks } = await loadRows(table, part);
      return tasks.filter((task) => matchesQuery(task, filter)).length;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
