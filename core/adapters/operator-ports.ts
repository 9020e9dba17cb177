// What only operators' calls need beside the store: the audit log and the dead-letter queues. One module, because each that is
// loaded later costs the start of a process the names that it shares with the others.
import { auditLogOf } from './dynamodb/dynamo-audit.ts';
import { DynamoTable } from './dynamodb/dynamo-table.ts';
import { makeLearnedDeadLetters } from './sqs-dead-letters.ts';
import type { Queue } from '../contract/messages.ts';
import type { AuditSettings } from '../domain/audit-entry.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { DeadLetterQueues } from '../ports/dead-letters.ts';
import type { DynamoTableOptions } from './dynamodb/dynamo-table.ts';

export interface OperatorPortsOptions {
  readonly table: DynamoTableOptions;
  readonly audit: AuditSettings;
  readonly queueUrls: Readonly<Record<Queue, string>>;
}

export interface OperatorPorts {
  readonly audit: AuditLog;
  readonly letters: DeadLetterQueues;
}

export function makeOperatorPorts({ table, audit, queueUrls }: OperatorPortsOptions): OperatorPorts {
  return { audit: auditLogOf(new DynamoTable(table), audit), letters: makeLearnedDeadLetters(queueUrls) };
}
