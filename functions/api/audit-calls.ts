// The call that lists the audit log, for operators: a page of entries, newest first, by account, action and time.
// serve-audited.ts decides which calls it records.
import { auditActions } from '../../core/domain/audit-entry.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { publicAuditEntry } from '../../core/http/public-audit.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { readLimit } from './task-filter.ts';
import type { AuditPorts } from '../../core/flows/audited.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';

export async function listAudit({ audit }: Pick<AuditPorts, 'audit'>, query: Query): Promise<Answer> {
  const { action: asked, account: accountId, cursor, from, to } = query;
  const fromMs = from === undefined ? undefined : readMoment('from', from);
  const toMs = to === undefined ? undefined : readMoment('to', to);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw invalidParameter('from must be before to');
  const action = auditActions.find((known) => known === asked);
  if (asked !== undefined && action === undefined) {
    throw invalidParameter(`action must be one of ${auditActions.join(', ')}`);
  }
  try {
    const page = await audit.read({ limit: readLimit(query['limit']), accountId, action, fromMs, toMs, cursor });
    // An entry has a kilobyte or two: a page of a hundred always fits into an answer.
    const data = page.entries.map(publicAuditEntry);
    return { status: 200, body: { data, next_cursor: page.cursor ?? null } };
  } catch (error) {
    if (error instanceof RelayError && error.code === 'bad-cursor') {
      throw invalidParameter('cursor was not returned by this list');
    }
    throw error;
  }
}
