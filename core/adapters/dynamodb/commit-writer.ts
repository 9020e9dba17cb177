// Sends the writes of one commit, all or nothing, and reports which of their conditions did not hold. Recognises its
// own earlier send when only the answer was lost, and tries again when an account was merely not as assumed.
import { PutItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { RelayError } from '../../domain/relay-error.ts';
import { shortId } from './compact-row.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { examineAccounts, isOwnWrite } from './transaction.ts';
import type { LoggedEvent } from '../../domain/webhook/outbox-event.ts';
import type { AccountRefusal } from '../../domain/account.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { DynamoTable, Patience } from './dynamo-table.ts';
import type { FailedWrite, PlanContext, PlannedWrite, SeenAccount } from './planned-write.ts';

export interface WriteOutcome {
  /** Writes whose conditions would not hold on a further try either; empty when the commit is written. */
  readonly failures: readonly FailedWrite[];
  /** Set when an account refused the commit. */
  readonly refusal?: AccountRefusal;
  /** Accounts as the failed tries have shown them. */
  readonly seen: ReadonlyMap<string, SeenAccount>;
  /** Events that were written and have doorbells to be sent. */
  readonly logged: readonly LoggedEvent[];
}

interface CommitOptions {
  /** Accounts as they were read, for the first try. */
  readonly known?: ReadonlyMap<string, SeenAccount>;
  readonly patience?: Patience | undefined;
}

/**
 * @param plan makes the writes; called again with what a failed try has shown of an account.
 * @throws RelayError `store-contended` or `store-unavailable`; after either it is unknown whether the commit was
 *   written.
 */
export async function writeCommit(
  table: DynamoTable,
  plan: (context: PlanContext) => readonly PlannedWrite[],
  { known = new Map(), patience = 'usual' }: CommitOptions = {},
): Promise<WriteOutcome> {
  const commitId = shortId(table.newId());
  let seen = known;
  const attempt = async (): Promise<Tried<WriteOutcome>> => {
    const writes = plan({ tableName: table.name, commitId, retention: table.retention, seen });
    const logged = writes.flatMap((write) => write.logged ?? []);
    const failures = writes.length === 0 ? [] : await send(table, writes, patience);
    if (failures.length === 0 || isOwnWrite(failures, commitId)) return { result: { failures: [], seen, logged } };
    // Stale state is reported first: an account's refusal of a stale change means nothing.
    if (failures.some(({ subject }) => subject.kind !== 'account')) return { result: { failures, seen, logged: [] } };
    const accounts = examineAccounts(failures, seen);
    seen = accounts.seen;
    if (accounts.refusal) return { result: { failures, refusal: accounts.refusal, seen, logged: [] } };
    return 'lost';
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'An account changes faster than it can be read', {
      tries: tryPolicies.account.triesMax,
    });
  return table.optimistically({ policy: tryPolicies.account, attempt, contended });
}

async function send(
  table: DynamoTable,
  writes: readonly PlannedWrite[],
  patience: Patience,
): Promise<readonly FailedWrite[]> {
  try {
    await sendAll(table, writes, patience);
    return [];
  } catch (error) {
    const fault = classifyFault(error);
    const [only] = writes;
    if (fault.kind === 'condition-failed' && only) return [{ subject: only.subject, item: fault.item }];
    if (fault.kind !== 'transaction-refused') throw error;
    return writes.flatMap(({ subject }, index) => {
      const reason = fault.reasons[index];
      return reason?.Code === 'ConditionalCheckFailed' ? [{ subject, item: reason.Item }] : [];
    });
  }
}

/**
 * A single write is sent without a transaction, at half the price: its condition on the version also guards a resend.
 */
async function sendAll(table: DynamoTable, writes: readonly PlannedWrite[], patience: Patience): Promise<void> {
  const { Put: put, Update: update } = (writes.length === 1 && writes[0]?.write) || {};
  if (put) {
    await table.call((client) => client.send(new PutItemCommand(put)), patience);
  } else if (update) {
    await table.call((client) => client.send(new UpdateItemCommand(update)), patience);
  } else {
    // The token makes a resend safe for ten minutes: no condition could guard counters that are only added to.
    const transaction = { TransactItems: writes.map(({ write }) => write), ClientRequestToken: table.newId() };
    await table.call((client) => client.send(new TransactWriteItemsCommand(transaction)), patience);
  }
}
