// Tasks as a file, the same from the console and from the shell: CSV for spreadsheets, NDJSON for programs. A spreadsheet
// runs a cell that begins like a formula, and a client's text may begin so, so such a cell gets an apostrophe in front.
import type { PublicTask } from './public-task.ts';

export const exportForms = ['csv', 'ndjson'] as const;
export type ExportForm = (typeof exportForms)[number];

const columns: readonly (readonly [name: string, of: (task: PublicTask) => unknown])[] = [
  ['id', ({ id }) => id],
  ['account', ({ account }) => account],
  ['model', ({ model }) => model],
  ['status', ({ status }) => status],
  ['phase', ({ phase }) => phase],
  ['code', ({ code }) => code],
  ['error', ({ error }) => error],
  ['created_at', ({ created_at: at }) => at],
  ['completed_at', ({ completed_at: at }) => at],
  ['attempts', ({ attempts }) => attempts.length],
  ['codes_met', (task) => codesMet(task).join(' ')],
  ['provider_id', ({ attempts }) => attempts.findLast(({ request_id: id }) => id !== null)?.request_id],
  ['correlation_id', ({ correlation_id: id }) => id],
];

/** Each code that attempts met, once, in the order of their first meeting. */
function codesMet({ attempts }: Pick<PublicTask, 'attempts'>): readonly string[] {
  return [...new Set(attempts.flatMap(({ code }) => (code === null || code === 0 ? [] : [String(code)])))];
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

/** The beginning of a file, before its first task. */
export function exportHead(form: ExportForm): string {
  return form === 'csv' ? csvLine(columns.map(([name]) => name)) : '';
}

export function exportLine(form: ExportForm, task: PublicTask): string {
  return form === 'csv' ? csvLine(columns.map(([, of]) => of(task))) : `${JSON.stringify(task)}\n`;
}
