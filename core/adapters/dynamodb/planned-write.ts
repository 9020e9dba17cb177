// One write of a commit before it is sent, its subject, and its failure: the types that transaction.ts, which plans
// writes, shares with commit-writer.ts, which sends them.
import type { RetentionSettings } from '../../domain/retention-settings.ts';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Account } from '../../domain/account.ts';
import type { AccountMoney } from '../../domain/money/account-money.ts';
import type { AccountDelta } from '../../domain/task/derived-counts.ts';
import type { LoggedEvent } from '../../domain/webhook/outbox-event.ts';
import type { Item } from './dynamo-table.ts';

/** What a write is about, so that its failure can be reported. */
export type Subject =
  | { readonly kind: 'task'; readonly taskId: string }
  | { readonly kind: 'account'; readonly delta: AccountDelta }
  | { readonly kind: 'gate' }
  | { readonly kind: 'idempotency' }
  /** A process's own lease of money is not as it believes. */
  | { readonly kind: 'lease' }
  /** Written without a condition. */
  | { readonly kind: 'other' };

export interface PlannedWrite {
  readonly subject: Subject;
  readonly write: TransactWriteItem;
  /** The event that it writes, where the caller has a doorbell to send for it. */
  readonly logged?: LoggedEvent;
}

/** A write whose condition did not hold, with the item that was found instead. */
export interface FailedWrite {
  readonly subject: Subject;
  readonly item?: Item | undefined;
}

/** What failed tries have shown of an account; empty at first. */
export type SeenAccount = AccountMoney &
  Partial<Pick<Account, 'concurrentTasksMax' | 'activeTasks'>> & {
    /** Position up to which a reader has read the account's events: no event may be written at or before it. */
    readonly eventFence?: number;
    /** No process may set money aside before this time: the account's money is being changed. */
    readonly leasesFrom?: number;
  };

export interface PlanContext {
  readonly tableName: string;
  readonly commitId: string;
  readonly retention: RetentionSettings;
  readonly seen: ReadonlyMap<string, SeenAccount>;
}
