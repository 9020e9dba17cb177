// Finds the task that a person means, by its id, and shows it as its account's owner sees it.
import { publicTask } from '../../core/http/public-task.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { typed } from '../typed-command.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { CommandPorts } from '../command-ports.ts';

/** @throws CommandFailure for a damaged row, or when there is none. */
export async function loadTask({ store }: CommandPorts, taskId: string): Promise<Task> {
  const damaged = await store.loadDamaged(taskId);
  if (damaged) {
    const text = `The row of the task is damaged: ${damaged.broken.join('; ')}.`;
    throw new CommandFailure(text, `\`${typed(`tasks end ${taskId}`)}\` closes it.`);
  }
  const task = await store.loadTask(taskId);
  if (task) return task;
  const advice = `\`${typed('tasks list')}\` shows the latest; finished tasks are removed after their retention.`;
  throw new CommandFailure(`There is no task ${taskId}.`, advice, exitCodes.notFound);
}

export function shownTask(task: Task): object {
  return { ...publicTask(task), account_id: task.accountId };
}
