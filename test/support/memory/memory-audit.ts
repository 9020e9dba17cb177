// The audit log in memory. Its pages are those of the table; it keeps everything.
import { RelayError } from '../../../core/domain/relay-error.ts';
import type { AuditEntry } from '../../../core/domain/audit-entry.ts';
import type { AuditLog, AuditPage, AuditQuery } from '../../../core/ports/audit-log.ts';

export class MemoryAudit implements AuditLog {
  readonly #entries = new Map<string, AuditEntry>();
  /** Every write, in order: what was begun, and what came of it. */
  readonly written: AuditEntry[] = [];

  async write(entry: AuditEntry): Promise<void> {
    this.written.push(entry);
    this.#entries.set(entry.id, Object.freeze({ ...entry }));
  }

  async read({ limit, accountId, action, cursor, fromMs = 0, toMs = Infinity }: AuditQuery): Promise<AuditPage> {
    if (cursor !== undefined && !this.#entries.has(cursor)) throw new RelayError('bad-cursor', 'of another list');
    const left = [...this.#entries.values()]
      .filter(
        (entry) =>
          (accountId === undefined || entry.accountId === accountId) && (action ?? entry.action) === entry.action,
      )
      .filter(({ at }) => at >= fromMs && at < toMs)
      .filter(({ id }) => cursor === undefined || id < cursor)
      .sort((one, other) => (one.id < other.id ? 1 : -1));
    const entries = left.slice(0, limit);
    return { entries, ...(left.length > limit && { cursor: entries.at(-1)?.id }) };
  }
}
