// Errors by code with their names, from the catalogue: whoever looks need not know the codes by heart.
import { errorCatalogue, findError } from '../../../functions/core/domain/error-catalogue.ts';
import type { ErrorEntry, ErrorLevel } from '../../../functions/core/domain/error-catalogue.ts';
import type { JSX } from 'preact';

const byKey = new Map(errorCatalogue.map((entry) => [entry.key, entry]));

/** The catalogue's entry for a metric's `code`; undefined for `other`. */
export const errorOfKey = (key: string): ErrorEntry | undefined => byKey.get(key);

/** Code and name of a metric's `code`, such as `http-429`. */
export const nameOfKey = (key: string): { readonly code: string; readonly name: string } => {
  const entry = errorOfKey(key);
  return entry ? { code: String(entry.code), name: entry.name } : { code: key, name: 'Not in the catalogue' };
};

export interface ErrorNameProps {
  readonly level: string | null;
  readonly code: number | string;
}

export const ErrorName = ({ level, code }: ErrorNameProps): JSX.Element => {
  const entry = findError((level ?? 'task') as ErrorLevel, code);
  return (
    <span class="error-name" title={entry?.sentence}>
      <span class="code">{level === 'transport' ? '—' : code}</span> {entry?.name ?? 'Unknown'}
    </span>
  );
};
