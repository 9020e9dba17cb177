// One write of a commit before it is sent, what it is about, and what came of it: the words that those who plan writes and
// those who send them have in common.
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Account } from '../../domain/account.ts';
import type { AccountDelta } from '../../domain/task/derived-counts.ts';
import type { Item } from './dynamo-table.ts';

/** What a write is about, so that its failure can be told. */
export type Subject =
  | { readonly kind: 'task'; readonly taskId: string }
  | { readonly kind: 'account'; readonly delta: AccountDelta }
  | { readonly kind: 'gate' }
  /** Its only condition is that what it tidies up is still idle. */
  | { readonly kind: 'queues' }
  | { readonly kind: 'idempotency' }
  /** Written without a condition. */
  | { readonly kind: 'other' };

export interface PlannedWrite {
  readonly subject: Subject;
  readonly write: TransactWriteItem;
}

/** A write whose condition did not hold, with what is there instead. */
export interface FailedWrite {
  readonly subject: Subject;
  readonly item?: Item | undefined;
}

/** What earlier failures taught about an account; empty at first. */
export type SeenAccount = Partial<Pick<Account, 'concurrentTasksMax' | 'balance' | 'activeTasks'>> & {
  /** Position up to which a reader has read the account's events: nothing may be written there any more. */
  readonly eventFence?: number;
};

export interface PlanContext {
  readonly tableName: string;
  readonly commitId: string;
  readonly seen: ReadonlyMap<string, SeenAccount>;
  /** False once tidying queues up has stood in the way of the commit itself. */
  readonly tidies: boolean;
}
