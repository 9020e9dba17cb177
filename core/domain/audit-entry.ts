// What people did to a relay: an entry of the audit log for each act of an operator, and for each change of an account, a
// key or the gate. Pure; flows/audited.ts writes entries, the store keeps them for `audit.keepMs`.

/** Every act that is recorded: what it is done to, then what is done. */
export const auditActions = [
  'account.create',
  'account.change',
  'account.suspend',
  'account.resume',
  'account.delete',
  'account.rotate-secret',
  'key.create',
  'key.revoke',
  'gate.pause',
  'gate.resume',
  'gate.recount',
  'task.cancel',
  'task.retry',
  'task.end',
  'task.erase',
  'task.keep',
  'delivery.replay',
  'endpoint.create',
  'endpoint.change',
  'endpoint.delete',
  'endpoint.rotate-secret',
  'endpoint.test',
  'endpoint.recover',
  'job.create',
  'job.stop',
  'failures.mute',
  'failures.unmute',
  'alarm.acknowledge',
  'dead-letters.redrive',
  'secret.set',
] as const;

export type AuditAction = (typeof auditActions)[number];

/** Who did it: a key, or a person at the command line, who is named by the operating system and not proven. */
export type AuditActor =
  | {
      readonly kind: 'key';
      readonly accountId: string;
      readonly keyId: string;
      readonly hint: string;
      readonly name?: string;
    }
  | { readonly kind: 'command-line'; readonly principal: string };

/**
 * `begun`: written before the act, and the last word where the relay died in it. `refused`: it was not allowed or not
 * possible. `unchanged`: it was so already. `partly`: some of it was not done, `error` says what. `failed`: a fault of the relay; the act may have happened.
 */
export const auditOutcomes = ['begun', 'done', 'unchanged', 'partly', 'refused', 'failed'] as const;

export interface AuditEntry {
  /** A UUIDv7, by which entries sort in the order of their time. */
  readonly id: string;
  readonly at: number;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  /** Id of what it is done to: a task, a delivery, an endpoint, a key, an account, a gate, a queue, an alarm. */
  readonly target?: string;
  /** The account whose it is, once known. */
  readonly accountId?: string;
  /** New values, by the names of the API; null for what was removed. Of changes of an account. */
  readonly changes?: Readonly<Record<string, number | string | boolean | null>>;
  /** Why, in the words of the person. */
  readonly reason?: string;
  readonly outcome: (typeof auditOutcomes)[number];
  /** Why it was refused, or what was left undone. */
  readonly error?: string;
}

export interface AuditSettings {
  /**
   * How long an entry of the audit log is kept.
   * @change longer where a rule of your trade demands it; entries are rows of a few hundred bytes.
   */
  readonly keepMs: number;
}

/** Text of a reason; a paragraph is enough. */
export const REASON_CHARS_MAX = 500;
