// What is changed of an account, as a port: its limits, its money and its suspension. A change leaves as it is what it does
// not name; flows/change-account.ts makes changes.
import type { Account } from '../domain/account.ts';
import type { KeepChoice } from '../domain/media/media-settings.ts';

/** What can be changed of an account; null removes a limit, a budget or the balance, absent leaves it unchanged. */
export interface AccountUpdate {
  readonly name?: string | undefined;
  readonly concurrentTasksMax?: number | null | undefined;
  readonly syncWaitsMax?: number | null | undefined;
  readonly requestsPerSecond?: number | null | undefined;
  readonly endpointsMax?: number | null | undefined;
  readonly weight?: number | undefined;
  readonly keep?: KeepChoice | null | undefined;
  readonly isOperator?: boolean | undefined;
  /** Null resumes a suspended account. */
  readonly suspendedAt?: number | null | undefined;
  /** Sets the balance, regardless of what was spent in the meantime. */
  readonly balanceMicros?: number | null | undefined;
  /** Adds to the balance, starting at zero if there is none; not together with `balanceMicros`. */
  readonly addedMicros?: number | undefined;
  readonly dayBudgetMicros?: number | null | undefined;
  readonly monthBudgetMicros?: number | null | undefined;
}

/** A client's key for one change of one account. */
export interface OnceKey {
  readonly key: string;
  /** SHA-256 of the change, hex: whether a key that was used before comes with the same one. */
  readonly digest: string;
  readonly expiresAt: number;
}

export type OnceChanged =
  | { readonly kind: 'changed'; readonly account: Account }
  /** An earlier change has used the key; nothing was written. */
  | { readonly kind: 'used'; readonly digest: string }
  | { readonly kind: 'unknown' };

export interface AccountChanges {
  /** The account as it is afterwards; undefined for an unknown one. */
  updateAccount(accountId: string, update: AccountUpdate): Promise<Account | undefined>;
  /** Makes the change and remembers its key in one write, or neither. */
  updateAccountOnce(accountId: string, update: AccountUpdate, once: OnceKey): Promise<OnceChanged>;
}
