// `relay tasks`: lists, shows and follows tasks, and closes damaged ones. change-tasks.ts cancels and retries them.
import colours from 'picocolors';
import { publicDamagedTask, publicTask, publicWait, taskAsRead } from '../../core/http/public-task.ts';
import { endDamagedTask } from '../../core/domain/task/damaged-task.ts';
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { isFinal } from '../../core/domain/task/task.ts';
import { explainWait } from '../../core/flows/explain-wait.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { CommandFailure } from '../command-failure.ts';
import { duration, readWholeNumber } from '../read-options.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { shortened, tableText, timeText } from '../terminal.ts';
import { addEraseCommand } from './erase-command.ts';
import { accountOf } from './account-of.ts';
import { bindCursor, foreignCursor, unbindCursor } from './bound-cursor.ts';
import { addTaskChanges } from './change-tasks.ts';
import { loadTask, shownTask } from './found-task.ts';
import { addFilterOptions, filterOf } from './task-filter-options.ts';
import { addExport } from './task-export.ts';
import { taskText } from './task-text.ts';
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import { continued, typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { DamagedTask } from '../../core/domain/task/damaged-task.ts';
import type { Effect } from '../../core/domain/task/event.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { TaskCount, TaskPage, TaskQuery } from '../../core/ports/ports.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { ListFilterOptions } from './task-filter-options.ts';
import type { Report } from '../terminal.ts';

interface ListOptions extends ListFilterOptions {
  readonly count?: true;
  readonly limit: number;
  readonly cursor?: string;
}

interface WatchOptions {
  readonly timeout: number;
}

const POLL_MS = 500;

interface ListedTask {
  readonly shown: PublicTask;
  readonly accountId: string;
  readonly attemptCount: number;
}

function listedTask(task: Task): ListedTask {
  return { ...task, shown: taskAsRead(task) };
}

function listedDamaged({ accountId, stored, ...damaged }: DamagedTask): ListedTask {
  return {
    shown: publicDamagedTask({ accountId, stored, ...damaged }),
    accountId,
    attemptCount: stored.attemptCount,
  };
}

/** Closes a damaged row: account and gate no longer count it, and its client learns that the task failed. */
async function endDamaged({ ports }: CommandContext, taskId: string): Promise<Report> {
  const damaged = await ports.store.loadDamaged(taskId);
  if (!damaged) {
    const { status } = await loadTask(ports, taskId);
    throw new CommandFailure(
      `The row of the task is not damaged; the task is ${status}.`,
      `\`${typed(`tasks cancel ${taskId}`)}\` ends an unfinished task.`,
    );
  }
  const after = endDamagedTask(damaged, ports.clock.now());
  const { kind } = await ports.store.commit({ changes: [{ before: damaged.stored, after }] });
  if (kind !== 'committed')
    throw new CommandFailure(
      'The row has changed in the meantime.',
      `Check it again with \`${typed(`tasks show ${taskId}`)}\`.`,
    );
  await performEffects(ports, [announcedEnd(after), { type: 'allocate-slots', gateId: after.gateId }], after);
  return { value: shownTask(after), text: taskText(after) };
}

function announcedEnd({ id: taskId, ends: end, endedAt, updatedAt }: Task): Effect {
  return {
    type: 'announce-end',
    taskId,
    end,
    at: endedAt ?? updatedAt,
  };
}

function listedOf({ tasks, damaged = [] }: TaskPage, sign: number): readonly ListedTask[] {
  return [...tasks.map(listedTask), ...damaged.map(listedDamaged)].sort((one, other) =>
    one.shown.id < other.shown.id ? sign : -sign,
  );
}

/** One page of one account, or of all accounts. */
async function listTasks({ ports }: CommandContext, options: ListOptions): Promise<Report> {
  const { account: idOrName, limit } = options;
  const named = idOrName === undefined ? undefined : await accountOf(ports, idOrName);
  const accounts = named ? [named] : await ports.store.listAccounts();
  const { cursor, ...filter } = unbindCursor(options.cursor, options, filterOf(options, named?.id));
  const [page, count] = await Promise.all([
    pageOf(ports, { ...filter, limit, cursor }),
    options.count ? ports.store.countTasks(filter) : undefined,
  ]);
  const nextCursor = page.cursor === undefined ? null : bindCursor(page.cursor, options, filter);
  const listed = listedOf(page, filter.order === 'oldest' ? -1 : 1);
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  const rows = listed.map(({ shown, accountId, attemptCount }) => [
    shown.id,
    timeText(shown.created_at),
    shortened(names.get(accountId) ?? accountId, 16),
    shortened(shown.model, 44),
    shown.phase,
    String(shown.code ?? shown.attempts.at(-1)?.code ?? '-'),
    String(attemptCount),
  ]);
  const titles = ['Task', 'Made', 'Account', 'Model', 'State', 'Code', 'Attempts'];
  const counted = count ? `\n\n${countText(count)}` : '';
  const table = tableText(titles, rows, 'No tasks match.') + counted;
  const more = nextCursor === null ? '' : `\n\n${colours.dim(`More: ${continued(nextCursor)}`)}`;
  return {
    value: {
      data: listed.map(({ shown, accountId }) => ({ ...shown, account_id: accountId })),
      next_cursor: nextCursor,
      ...(count && { count: { tasks: count.tasks, at_least: count.isAtLeast } }),
    },
    text: table + more,
  };
}

function countText({ tasks, isAtLeast }: TaskCount): string {
  return `${tasks.toLocaleString('en')}${isAtLeast ? '+' : ''} ${tasks === 1 ? 'task matches' : 'tasks match'}.`;
}

/** @throws CommandFailure for a cursor of another list. */
async function pageOf({ store }: CommandPorts, query: TaskQuery): Promise<TaskPage> {
  try {
    return await store.listTasks(query);
  } catch (error) {
    if (!(error instanceof RelayError && error.code === 'bad-cursor')) throw error;
    throw foreignCursor();
  }
}

/** @returns the report of a task that has ended. */
async function watchTask(
  { ports, terminal }: CommandContext,
  taskId: string,
  { timeout: timeoutMs }: WatchOptions,
): Promise<Report> {
  const until = ports.clock.now() + timeoutMs;
  let seen = '';
  for (;;) {
    const task = await loadTask(ports, taskId);
    const { phase, attempts } = publicTask(task);
    const last = attempts.at(-1);
    const state = `${phase}${last ? `, attempt ${last.attempt}: ${last.status}${last.code ? ` ${last.code}` : ''}` : ''}`;
    if (state !== seen) terminal.note(`${colours.dim(timeText(ports.clock.now()))}  ${state}`);
    seen = state;
    if (isFinal(task.status)) return { value: shownTask(task), text: taskText(task) };
    if (ports.clock.now() >= until) {
      const text = `The task is still ${phase} after ${Math.round(timeoutMs / 1_000)} s.`;
      throw new CommandFailure(
        text,
        `Watch it longer with --timeout, or see why with \`${typed(`tasks show ${taskId}`)}\`.`,
      );
    }
    await ports.clock.sleep(POLL_MS);
  }
}

export function addTaskCommands(program: Command): void {
  const tasks = program.command('tasks').description('the tasks of all accounts');
  addList(tasks);
  addExport(tasks);
  addEraseCommand(tasks);

  runAs(
    addCommand(tasks, 'show <task>', 'Shows a task with all its attempts, and why it waits.', [
      'tasks show 01983f4e-…',
    ]),
    async ({ ports }, [taskId = '']) => {
      const task = await loadTask(ports, taskId);
      const waits = publicWait(await explainWait(ports, task));
      return { value: { ...shownTask(task), waits }, text: taskText(task, waits) };
    },
  );

  runAs<WatchOptions>(
    addCommand(tasks, 'watch <task>', 'Follows a task until it has ended.', [
      'tasks watch 01983f4e-…',
      'tasks watch 01983f4e-… --timeout 10m --json',
    ]).option('--timeout <time>', 'gives up after this time (default: 1h)', duration, HOUR_MS),
    (context, [taskId = ''], options) => watchTask(context, taskId, options),
  );

  addTaskChanges(tasks);

  runAs(
    withReason(
      addCommand(tasks, 'end <task>', 'Closes a task whose row is damaged: it ends as failed and may be put back.', [
        'tasks end 01983f4e-…',
      ]),
    ),
    (context, [taskId = '']) => endDamaged(context, taskId),
    'task.end',
  );
}

function addList(tasks: Command): void {
  const list = addCommand(tasks, 'list', 'Lists tasks, newest first, by what is known of them.', [
    'tasks list --status failed --code 5004',
    'tasks list --account studio --status waiting,backoff --limit 100',
    "tasks list --met 429 --model 'vendor/*' --from 2h --oldest --count",
  ]);
  return runAs<ListOptions>(
    addFilterOptions(list)
      .option('--count', 'says how many match, too, up to 10,000')
      .option('--limit <number>', 'how many', readWholeNumber(1, limits.pageSizeMax), limits.pageSizeDefault)
      .option('--cursor <cursor>', 'where an earlier page ended'),
    (context, _args, options) => listTasks(context, options),
  );
}
