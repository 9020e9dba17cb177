// The simulator's view of the one error catalogue: which statuses and task codes exist, and with which texts a task
// reports them. Nothing here lists a code.
import { errorCatalogue, findError } from '../core/domain/error-catalogue.ts';
import type { ErrorEntry } from '../core/domain/error-catalogue.ts';

/** 400 … 500 of Get3W's table: answered with its `{code, error}` body, and no task is created. */
export const refusalStatuses: readonly number[] = codesOf(
  (entry) => entry.level === 'http' && entry.documented && entry.texts.length > 0,
);

/** 502, 503, 504: what a gateway in front of Get3W answers, with HTML. */
export const gatewayStatuses: readonly number[] = codesOf((entry) => entry.level === 'http' && !entry.documented);

/** Every way a task can end, 0 included. */
export const taskCodes: readonly number[] = codesOf((entry) => entry.level === 'task');

/** Text of a failed task: Get3W's own if the catalogue has one, else the code's name and its meaning. */
export function taskErrorText(code: number): string {
  const entry = findError('task', code);
  if (entry === undefined) throw new Error(`task code ${code} is not in the catalogue`);
  const [text] = entry.texts;
  return text === undefined || text === entry.name ? `${entry.name}: ${entry.sentence}` : text;
}

/** Get3W refunds its own failures (5xxx), not those of the request (1xxx). */
export function isRefunded(code: number): boolean {
  return code >= 5000 && code <= 5999;
}

function codesOf(wanted: (entry: ErrorEntry) => boolean): number[] {
  return errorCatalogue.filter(wanted).map((entry) => Number(entry.code));
}
