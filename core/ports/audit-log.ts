// The audit log as a port: written before and after each act, read newest first. An adapter keeps it in the table, a
// memory double in tests.
import type { AuditAction, AuditEntry } from '../domain/audit-entry.ts';

export interface AuditQuery {
  readonly limit: number;
  /** Only acts on things of this account. */
  readonly accountId?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** At or after, and before: milliseconds since the epoch. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Opaque, from an earlier page. */
  readonly cursor?: string | undefined;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  readonly cursor?: string | undefined;
}

export interface AuditLog {
  /** Writes an entry, or writes it again with its outcome. */
  write(entry: AuditEntry): Promise<void>;
  /** @throws RelayError `bad-cursor`. */
  read(query: AuditQuery): Promise<AuditPage>;
}
