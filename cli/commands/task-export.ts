// `relay tasks export`: all tasks that match, page by page on standard output: CSV for spreadsheets, NDJSON for programs.
// A spreadsheet runs a cell that begins like a formula, and a client's text may begin so, so such a cell gets an
// apostrophe in front: the same file as the console's.
import { once } from 'node:events';
import { publicDamagedTask, publicTask } from '../../core/http/public-task.ts';
import { limits } from '../../core/domain/limits.ts';
import { addCommand, runAs } from '../add-command.ts';
import { oneOf } from '../read-options.ts';
import { accountOf } from './account-of.ts';
import { addFilterOptions, filterOf } from './task-filter-options.ts';
import type { Command } from 'commander';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { CommandContext } from '../add-command.ts';
import type { TaskPage } from '../../core/ports/ports.ts';
import type { FilterOptions } from './task-filter-options.ts';
import type { Report } from '../terminal.ts';

const forms = ['csv', 'ndjson'] as const;

interface ExportOptions extends FilterOptions {
  readonly format: (typeof forms)[number];
}

type ExportedTask = PublicTask & { readonly account_id: string };

const columns: readonly (readonly [name: string, of: (task: ExportedTask) => unknown])[] = [
  ['id', ({ id }) => id],
  ['account', ({ account_id: account }) => account],
  ['model', ({ model }) => model],
  ['status', ({ status }) => status],
  ['phase', ({ phase }) => phase],
  ['code', ({ code }) => code],
  ['error', ({ error }) => error],
  ['created_at', ({ created_at: at }) => at],
  ['completed_at', ({ completed_at: at }) => at],
  ['attempts', ({ attempts }) => attempts.length],
  ['codes_met', codesMet],
  ['provider_id', ({ attempts }) => attempts.findLast(({ request_id: id }) => id !== null)?.request_id],
  ['correlation_id', ({ correlation_id: id }) => id],
];

function codesMet({ attempts }: PublicTask): string {
  const codes = attempts.flatMap(({ code }) => (code === null || code === 0 ? [] : [String(code)]));
  return [...new Set(codes)].join(' ');
}

const formulaStart = /^[=+\-@\t\r]/;

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = formulaStart.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) || harmless !== text ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** By RFC 4180. */
function csvLine(values: readonly unknown[]): string {
  return `${values.map(cell).join(',')}\r\n`;
}

function lineOf(task: ExportedTask, form: ExportOptions['format']): string {
  return form === 'csv' ? csvLine(columns.map(([, of]) => of(task))) : `${JSON.stringify(task)}\n`;
}

function exportedOf({ tasks, damaged = [] }: TaskPage, sign: number): readonly ExportedTask[] {
  return [
    ...tasks.map((task) => ({ ...publicTask(task), account_id: task.accountId })),
    ...damaged.map((row) => ({ ...publicDamagedTask(row), account_id: row.accountId })),
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
  if (format === 'csv') await writeOut(csvLine(columns.map(([name]) => name)));
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await ports.store.listTasks({ ...filter, limit: limits.pageSizeMax, cursor });
    const exported = exportedOf(page, sign);
    await writeOut(exported.map((task) => lineOf(task, format)).join(''));
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
    addFilterOptions(command).option('--format <form>', `one of ${forms.join(', ')}`, oneOf(forms), 'csv'),
    (context, _args, options) => exportTasks(context, options),
  );
}
