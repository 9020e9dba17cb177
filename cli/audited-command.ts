// Acts of the command line on the record: the same audit log as the API's, with the person whom the operating system
// names: not proven, because a person with AWS credentials for the table can write there whatever they like. CloudTrail's
import { audited } from '../core/flows/audited.ts';
// data events show which credentials were used.
import { KEY_PREFIX } from '../core/domain/api-key.ts';
import { principal } from './principal.ts';
import type { AuditAction, AuditEntry } from '../core/domain/audit-entry.ts';
import type { ActResult, AuditPorts } from '../core/flows/audited.ts';
import type { CommandPorts } from './command-ports.ts';
import type { Report } from './terminal.ts';

interface CommandAct {
  readonly action: AuditAction;
  /** As it was typed: an id, a name, a queue. */
  readonly target?: string | undefined;
  readonly reason?: string | undefined;
  readonly changes?: AuditEntry['changes'] | undefined;
}

/** Does something on the record. @param resultOf what is known of its target only afterwards. */
export function onRecord<Value>(
  ports: AuditPorts,
  { action, target, reason, changes }: CommandAct,
  work: () => Promise<Value>,
  resultOf: (value: Value) => ActResult,
): Promise<Value> {
  const act = {
    actor: { kind: 'command-line', principal: principal() } as const,
    action,
    // A key that was typed whole stays out of the log.
    ...(target !== undefined && { target: target.startsWith(KEY_PREFIX) ? `${KEY_PREFIX}…` : target }),
    ...(reason !== undefined && { reason }),
    ...(changes && { changes }),
  };
  return audited(ports, act, work, resultOf);
}

/** A command as an act: its report shows what it was done to. */
export function auditedCommand(ports: CommandPorts, act: CommandAct, work: () => Promise<Report>): Promise<Report> {
  return onRecord(ports, act, work, ({ value, act: result }) => ({
    ...subjectIn(value, act.action),
    ...result,
  }));
}

/** Every report about one thing has its `id`, and `account_id` where it is an account's. */
function subjectIn(value: unknown, action: AuditAction): { readonly target?: string; readonly accountId?: string } {
  if (typeof value !== 'object' || value === null) return {};
  const { id, account_id: owner } = value as { readonly id?: unknown; readonly account_id?: unknown };
  const accountId = action.startsWith('account.') ? id : owner;
  return {
    ...(typeof id === 'string' && { target: id }),
    ...(typeof accountId === 'string' && { accountId }),
  };
}
