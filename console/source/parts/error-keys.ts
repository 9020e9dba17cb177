// The catalogue by its keys, which are also the values of a metric's `code`: users need not know codes by heart.
import { errorCatalogue, findError } from '../../../core/domain/error-catalogue.ts';
import type { ErrorEntry, ErrorLevel } from '../../../core/domain/error-catalogue.ts';

const byKey = new Map(errorCatalogue.map((entry) => [entry.key, entry]));

/** Undefined for `other`. */
export function errorOfKey(key: string): ErrorEntry | undefined {
  return byKey.get(key);
}

/** Code and name of a metric's `code`, such as `http-429`. */
export function nameOfKey(key: string): { readonly code: string; readonly name: string } {
  const entry = errorOfKey(key);
  return entry ? { code: String(entry.code), name: entry.name } : { code: key, name: 'Not in the catalogue' };
}

/** The entry of an error as the API shows it; without a level it is a task's. */
export function errorOf(level: string | null, code: number | string): ErrorEntry | undefined {
  return findError((level ?? 'task') as ErrorLevel, code);
}

/** Whether Get3W's own text says more than the catalogue. */
export function isOwnWords(text: string, level: string | null, code: number | string): boolean {
  const entry = errorOf(level, code);
  return ![entry?.name, ...(entry?.texts ?? []), `${entry?.name}: ${entry?.sentence}`].includes(text);
}
