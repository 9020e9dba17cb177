// An entry of the audit log as operators see it, through the API or the command line. Names use Get3W's spelling, times
// ISO 8601. Pure.
import { auditActions } from '../domain/audit-entry.ts';
import { dollarText } from '../domain/money/shown-money.ts';
import type { AuditActor, AuditEntry } from '../domain/audit-entry.ts';

/** Every action, for those who choose one. */
export const shownActions: readonly string[] = auditActions;

export interface PublicAuditEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: {
    readonly kind: 'key' | 'command-line';
    /** Account of the key. */
    readonly account: string | null;
    readonly key_id: string | null;
    readonly key_hint: string | null;
    readonly key_name: string | null;
    /** User and machine at the command line. */
    readonly principal: string | null;
  };
  readonly action: string;
  readonly target: string | null;
  /** Whose the target is. */
  readonly account: string | null;
  /** New values of an account's change; null for every other act. */
  readonly changes: Readonly<Record<string, number | string | boolean | null>> | null;
  readonly reason: string | null;
  readonly outcome: string;
  readonly error: string | null;
}

const MICROS = '_micros';

/** For a person: `weight 4, add $5.00, unfinished tasks removed`; empty where nothing was changed of an account. */
export function changesText({ changes }: Pick<PublicAuditEntry, 'changes'>): string {
  return Object.entries(changes ?? {})
    .map(([name, value]) => `${name.replace(MICROS, '').replaceAll('_', ' ')} ${valueText(name, value)}`)
    .join(', ');
}

function valueText(name: string, value: number | string | boolean | null): string {
  if (value === null) return 'removed';
  return typeof value === 'number' && name.endsWith(MICROS) ? dollarText(value) : String(value);
}

export function publicActor(actor: AuditActor): PublicAuditEntry['actor'] {
  const none = { account: null, key_id: null, key_hint: null, key_name: null, principal: null };
  return actor.kind === 'command-line'
    ? { ...none, kind: actor.kind, principal: actor.principal }
    : {
        ...none,
        kind: actor.kind,
        account: actor.accountId,
        key_id: actor.keyId,
        key_hint: actor.hint,
        key_name: actor.name ?? null,
      };
}

export function publicAuditEntry(entry: AuditEntry): PublicAuditEntry {
  return {
    id: entry.id,
    at: new Date(entry.at).toISOString(),
    actor: publicActor(entry.actor),
    action: entry.action,
    target: entry.target ?? null,
    account: entry.accountId ?? null,
    changes: entry.changes ?? null,
    reason: entry.reason ?? null,
    outcome: entry.outcome,
    error: entry.error ?? null,
  };
}
