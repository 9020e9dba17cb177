// The audit log of the table, loaded with its first entry: most processes serve only calls that are not on the record.
// dynamodb/dynamo-audit.ts reads and writes it.
import { DynamoTable } from './dynamodb/dynamo-table.ts';
import type { AuditSettings } from '../domain/audit-entry.ts';
import type { AuditLog } from '../ports/audit-log.ts';

type TableOptions = ConstructorParameters<typeof DynamoTable>[0];

/** {@link AuditLog} whose module is loaded by the first call. */
export function makeAuditWhenUsed(options: TableOptions, settings: AuditSettings): AuditLog {
  let loading: Promise<AuditLog> | undefined;
  const loaded = (): Promise<AuditLog> =>
    (loading ??= import('./dynamodb/dynamo-audit.ts').then(({ auditLogOf }) =>
      auditLogOf(new DynamoTable(options), settings),
    ));
  return {
    write: async (entry) => (await loaded()).write(entry),
    read: async (query) => (await loaded()).read(query),
  };
}
