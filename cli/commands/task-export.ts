// `relay tasks export`: all tasks that match, page by page on standard output: CSV for spreadsheets, NDJSON for programs.
// core/http/task-export.ts writes the lines, the same as in the console's file.
import { once } from 'node:events';
import { publicDamagedTask, taskAsRead } from '../../core/http/public-task.ts';
import { exportForms, exportHead, exportLine } from '../../core/http/task-export.ts';
import { limits } from '../../core/domain/limits.ts';
import { addCommand, runAs } from '../add-command.ts';
import { oneOf } from '../read-options.ts';
import { accountOf } from './account-of.ts';
import { addFilterOptions, filterOf } from './task-filter-options.ts';
import type { Command } from 'commander';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { ExportForm } from '../../core/http/task-export.ts';
import type { CommandContext } from '../add-command.ts';
import type { TaskPage } from '../../core/ports/ports.ts';
import type { ListFilterOptions } from './task-filter-options.ts';
import type { Report } from '../terminal.ts';

interface ExportOptions extends ListFilterOptions {
  readonly format: ExportForm;
}

type ExportedTask = PublicTask & { readonly account: string };

function exportedOf({ tasks, damaged = [] }: TaskPage, sign: number): readonly ExportedTask[] {
  return [
    ...tasks.map((task) => ({ ...taskAsRead(task), account: task.accountId })),
    ...damaged.map((row) => ({ ...publicDamagedTask(row), account: row.accountId })),
  ].sort((one, other) => (one.id < other.id ? sign : -sign));
}

/** Waits for a slow reader, so that a long list is not held in memory. */
async function writeOut(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function exportTasks({ ports, terminal }: CommandContext, options: ExportOptions): Promise<Report> {
  const { account, format } = options;
  const accountId = account === undefined ? undefined : (await accountOf(ports, account)).id;
  const filter = filterOf(options, accountId);
  const sign = filter.order === 'oldest' ? -1 : 1;
  await writeOut(exportHead(format));
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await ports.store.listTasks({ ...filter, limit: limits.pageSizeMax, cursor });
    const exported = exportedOf(page, sign);
    await writeOut(exported.map((task) => exportLine(format, task)).join(''));
    count += exported.length;
    ({ cursor } = page);
    terminal.note(
      `${count.toLocaleString('en')} ${count === 1 ? 'task' : 'tasks'}${cursor === undefined ? '' : ' so far'}`,
    );
  } while (cursor !== undefined);
  return { value: undefined, text: '', isPrinted: true };
}

export function addExport(tasks: Command): void {
  const command = addCommand(tasks, 'export', 'Prints all tasks that match as CSV or NDJSON, with every page.', [
    'tasks export --status failed --from 24h > failed.csv',
    "tasks export --met 5003 --model 'vendor/*' --format ndjson | jq -r .id",
  ]);
  return runAs<ExportOptions>(
    addFilterOptions(command).option('--format <form>', `one of ${exportForms.join(', ')}`, oneOf(exportForms), 'csv'),
    (context, _args, options) => exportTasks(context, options),
  );
}
