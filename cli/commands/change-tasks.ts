// `relay tasks cancel` and `retry`: of one task, named by its id, or of all that a filter matches, as a bulk job.
// The domain decides what a cancel or a retry does, in the same flow that the API uses.
import { budgetDayOf, isMetered } from '../../core/domain/money/account-money.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { renewInput } from '../../core/flows/renew-input.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { auditedCommand } from '../audited-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { addBulkOptions, namesTasks, runTaskJob } from './bulk-jobs.ts';
import { loadTask, shownTask } from './found-task.ts';
import { addTaskFilter } from './task-filter-options.ts';
import { taskText } from './task-text.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { TaskEvent } from '../../core/domain/task/event.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { CommandContext } from '../add-command.ts';
import type { Report } from '../terminal.ts';
import type { TaskFilterOptions } from './bulk-jobs.ts';

interface Change {
  readonly action: 'cancel' | 'retry';
  readonly eventOf: (context: CommandContext, task: Task) => TaskEvent | Promise<TaskEvent>;
  /** For a task that it does not fit. */
  readonly refusal: { readonly text: string; readonly adviceOf: (taskId: string) => string };
}

const cancel: Change = {
  action: 'cancel',
  eventOf: () => ({ type: 'cancel-requested' }),
  refusal: {
    text: 'The task has already ended.',
    adviceOf: (taskId) => `\`${typed(`tasks show ${taskId}`)}\` shows how.`,
  },
};

const retry: Change = {
  action: 'retry',
  eventOf: retryEvent,
  refusal: {
    text: 'Only a failed task can be put back.',
    adviceOf: () => 'Wait until it has ended, or submit a new one.',
  },
};

async function changeTask(context: CommandContext, change: Change, taskId: string): Promise<Report> {
  const { ports } = context;
  const task = await loadTask(ports, taskId);
  const applied = await applyEvent(ports, taskId, await change.eventOf(context, task), task);
  switch (applied.kind) {
    case 'changed':
      await performEffects(ports, applied.effects, applied.after);
      return { value: shownTask(applied.after), text: taskText(applied.after) };
    case 'refused':
      throw new CommandFailure(`${change.refusal.text} It is ${applied.task.status}.`, change.refusal.adviceOf(taskId));
    case 'unknown':
      throw new CommandFailure('The task is gone.', 'Its retention has ended.', exitCodes.notFound);
    case 'account-full':
      throw new CommandFailure(
        'The account has no room for one more task.',
        `Raise it: \`${typed(`accounts set ${task.accountId} --limit N`)}\`.`,
      );
    default:
      throw new CommandFailure(
        'The account has no money left.',
        `Add some: \`${typed(`accounts set ${task.accountId} --add 10`)}\`, or raise its budget.`,
      );
  }
}

/** Put back, a task reserves its price again; one that had no price at its submit has none now either. */
async function retryEvent({ ports }: CommandContext, task: Task): Promise<TaskEvent> {
  const { accountId, money } = task;
  await renewInput(ports, task);
  const account = await ports.store.loadAccount(accountId);
  const day = budgetDayOf(ports.clock.now());
  return {
    type: 'retry-requested',
    isCounted: account?.concurrentTasksMax !== undefined,
    ...(account && money && isMetered(account) && { reserve: { priceMicros: money.priceMicros, day } }),
  };
}

/** One task is changed on its own record; a job has one, and its tasks none. */
function changeTasks(
  context: CommandContext,
  change: Change,
  taskId: string | undefined,
  options: TaskFilterOptions,
): Promise<Report> {
  const { action } = change;
  if (taskId === undefined) return runTaskJob(context, action, options);
  if (namesTasks(options) || options.account !== undefined || options.dryRun) {
    const text = 'A task was named, and options that are for many.';
    const advice = 'Leave out the id to change all tasks that the filter matches, or leave out the options.';
    throw new CommandFailure(text, advice, exitCodes.usage);
  }
  const act = { action: `task.${action}`, target: taskId, reason: options.reason } as const;
  return auditedCommand(context.ports, act, () => changeTask(context, change, taskId));
}

function addChange(tasks: Command, change: Change, description: string, examples: readonly string[]): void {
  const command = withReason(addCommand(tasks, `${change.action} [task]`, description, examples));
  runAs<TaskFilterOptions>(addBulkOptions(addTaskFilter(command)), (context, [taskId], options) =>
    changeTasks(context, change, taskId, options),
  );
}

export function addTaskChanges(tasks: Command): void {
  addChange(tasks, retry, 'Puts a failed task back, or all that match; each is charged like a new one.', [
    'tasks retry 01983f4e-…',
    "tasks retry --code 5004 --model 'vendor/*' --since 2h --dry-run",
    'tasks retry --code 5004 --since 2h --yes',
  ]);
  addChange(tasks, cancel, 'Ends a task now, or all that match. A later result of Get3W is recorded, not delivered.', [
    'tasks cancel 01983f4e-…',
    "tasks cancel --status waiting --model 'vendor/*' --yes",
  ]);
}
