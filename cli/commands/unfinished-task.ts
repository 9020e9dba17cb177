// Whether an account has a task that has not ended. Its count says so only of tasks that count: an account without limit and
// balance has none, so its tasks themselves are looked through.
import { isFinal, taskStatuses } from '../../core/domain/task/task.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { TaskListing } from '../../core/ports/ports.ts';

const unfinished = taskStatuses.filter((status) => !isFinal(status));

/** The newest of them; undefined when all have ended. Reads every task that the account still has, if need be. */
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
