// Which failures a task met, however it ended: lists filter by them ("any code met"). A code stays even when its
// attempt is no longer kept, as long as it counted against a policy.
import { errorKey } from '../error-catalogue.ts';
import type { Failure, Task } from './task.ts';

/** More would be of no use, and a provider that answers with ever new codes must not fill the row. */
const CODES_MAX = 16;
const CHARS_MAX = 48;

/** Keys of the error catalogue, or of the same form; empty for a task without failures. In a stable order. */
export function codesMet({ attempts, failures, result, status }: Task): readonly string[] {
  const met = attempts.flatMap(({ failure, doubt }) => [failure, doubt?.failure]).flatMap((one) => keyOf(one));
  const code = status === 'failed' ? (result?.code ?? undefined) : undefined;
  const ended = code === undefined ? [] : [errorKey('task', code)];
  const keys = new Set([...Object.keys(failures), ...met, ...ended].map((key) => key.slice(0, CHARS_MAX)));
  return [...keys].sort().slice(0, CODES_MAX);
}

function keyOf(failure: Failure | undefined): readonly string[] {
  return failure ? [errorKey(failure.level, failure.code)] : [];
}
