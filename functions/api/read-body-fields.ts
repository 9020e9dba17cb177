// Reads what the bodies of operators' and bulk calls have in common: no field but the known ones, and a reason for the audit
// log. Each call gives its own fields their meaning.
import { REASON_CHARS_MAX } from '../../core/domain/audit-entry.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import type { Fields } from '../../core/http/read-json-object.ts';

/** @throws HttpFailure 400. */
export function refuseUnknown(fields: Fields, known: readonly string[], what: string): void {
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalidParameter(`${unknown.join(', ')} is not known in ${what}; it takes ${known.join(', ')}`);
  }
}

/** @throws HttpFailure 400. */
export function readReason(reason: unknown): string | undefined {
  if (reason === undefined || reason === null) return undefined;
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > REASON_CHARS_MAX) {
    throw invalidParameter(`reason must be a text of 1 to ${REASON_CHARS_MAX} characters`);
  }
  return reason.toWellFormed();
}
