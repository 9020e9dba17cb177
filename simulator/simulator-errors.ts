// The simulator's view of the one error catalogue: which statuses and task codes there are, and with which words a
// task tells of them. Nothing here lists a code.
import { errorCatalogue, findError } from '../core/domain/error-catalogue.ts';
import type { ErrorEntry } from '../core/domain/error-catalogue.ts';

/** 400 … 500 of Get3W's table: answered with its `{code, error}` body, and no task made. */
export const refusalStatuses: readonly number[] = codesOf(
  (entry) => entry.level === 'http' && entry.documented && entry.texts.length > 0,
);

/** 502, 503, 504: what a gateway in front of Get3W answers, with HTML. */
export const gatewayStatuses: readonly number[] = codesOf((entry) => entry.level === 'http' && !entry.documented);

/** Every way a task can end, 0 included. */
export const taskCodes: readonly number[] = codesOf((entry) => entry.level === 'task');

/** Text of a failed task: Get3W's own where the catalogue has one, else the code's name and what it means. */
export function taskErrorText(code: number): string {
  const entry = findError('task', code);
  if (entry === undefined) throw new Error(`task code ${code} is not in the catalogue`);
  const [text] = entry.texts;
  return text === undefined || text === entry.name ? `${entry.name}: ${entry.sentence}` : text;
}

/** Get3W gives the money back for its own failures (5xxx), not for those of the request (1xxx). */
export function isRefunded(code: number): boolean {
  return code >= 5000 && code <= 5999;
}

function codesOf(wanted: (entry: ErrorEntry) => boolean): number[] {
  return errorCatalogue.filter(wanted).map((entry) => Number(entry.code));
}
