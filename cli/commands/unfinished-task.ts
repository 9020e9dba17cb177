// Whether an account has an unfinished task. An account without limit and balance has no count of them, so this reads
// the tasks themselves.
import { isFinal, taskStatuses } from '../../core/domain/task/task.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { TaskListing } from '../../core/ports/ports.ts';

const unfinished = taskStatuses.filter((status) => !isFinal(status));

/** The newest one; undefined when all have ended. May have to read every task of the account. */
export async function unfinishedTask(store: TaskListing, accountId: string): Promise<Task | undefined> {
  let cursor: string | undefined;
  do {
    const page = await store.listTasks({ accountId, limit: 1, status: unfinished, ...(cursor && { cursor }) });
    const [task] = page.tasks;
    if (task) return task;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}
