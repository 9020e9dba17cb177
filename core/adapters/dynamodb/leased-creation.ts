// The creation of tasks. One that pays does so from its process's lease where that has one, else from its account, with a lease for the
// next tasks where the account is busy. Refusals and thresholds are as exact as without leases: before either, all leases
// of the account are given back.
import { keyOf } from '../../contract/items.ts';
import { accountDeltas } from '../../domain/task/derived-counts.ts';
import { accountMoneyAfter, moneyRefusal } from '../../domain/money/account-money.ts';
import { crossingsOf } from '../../domain/money/budget-threshold.ts';
import { heldMicros } from '../../domain/money/charge.ts';
import { leaseMicros } from '../../domain/money/money-lease.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { shortId } from './compact-row.ts';
import { loadItem } from './listed-items.ts';
import { grantWrite, OwnLeases, reclaimLeases, spendWrite } from './money-leases.ts';
import { createPaid, createTask, reportRefusal } from './task-creation.ts';
import { accountWrite, seenAccount } from './transaction.ts';
import type { AccountMoney } from '../../domain/money/account-money.ts';
import type { Reserve } from '../../domain/money/money-lease.ts';
import type { Task } from '../../domain/task/task.ts';
import type { Creation, CreationResult, TaskCreation } from '../../ports/ports.ts';
import type { DynamoTable } from './dynamo-table.ts';
import type { PlanContext, PlannedWrite, SeenAccount } from './planned-write.ts';

export function creationOf(table: DynamoTable): TaskCreation {
  const leases = new OwnLeases(shortId(table.newId()));
  return {
    createTask: (creation) => {
      const reserve = reserveOf(creation.task);
      return reserve ? createLeased(table, leases, creation, reserve) : createTask(table, creation);
    },

    findRepeat: async (accountId, key) => {
      const item = await loadItem(table, keyOf.idempotency(accountId, key));
      if (!item || Number(item['expiresAt']?.N) <= table.now()) return undefined;
      return { taskId: item['taskOf']?.S ?? '', digest: item['digest']?.S ?? '' };
    },
  };
}

/** A task that pays, of an account that counts no tasks: the account's item need not be written for anything else. */
function reserveOf({ accountId, money, isUncounted }: Task): Reserve | undefined {
  if (!isUncounted || money?.day === undefined || heldMicros(money) === 0) return undefined;
  return { accountId, day: money.day, priceMicros: money.priceMicros };
}

/** A lease of yesterday is in the way, a rival gave it back, a threshold or a refusal is near: each try has met another state. */
const TRIES_MAX = 6;

async function createLeased(
  table: DynamoTable,
  leases: OwnLeases,
  { account, ...creation }: Creation,
  reserve: Reserve,
): Promise<CreationResult> {
  const { accountId } = reserve;
  const tasksAhead = leases.tasksAhead(reserve, table.now());
  let known = account;
  // Whether every lease was given back for this task, so that a threshold or a refusal is what it seems.
  let isReclaimed = false;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const now = table.now();
    const isFromLease = leases.take(reserve, now);
    const payment = isFromLease
      ? undefined
      : new Payment(creation.task, reserve, { leases, tasksAhead, isReclaimed, now });
    const pay = (context: PlanContext): readonly PlannedWrite[] =>
      payment?.writes(context) ?? [spendWrite(reserve, leases.holderId, context.tableName)];
    const made = await createUnlessNear(table, { ...creation, account: known }, pay);
    if (made.kind === 'lease-lost') {
      leases.forget(accountId);
      // It was granted again, and one of another day is in the way.
      if (payment) await reclaimLeases(table, accountId, leases.holderId);
    } else if (made.kind === 'threshold-near') {
      // What was known of the account may be seconds old, and the threshold reported.
      known = await loadSeenAccount(table, accountId);
      if (!isNear(known, reserve)) continue;
      await reclaimLeases(table, accountId);
      isReclaimed = true;
      known = await loadSeenAccount(table, accountId);
    } else if (made.kind !== 'refused') {
      if (made.kind === 'created' && payment) leases.granted(reserve, payment.grantedMicros, now);
      return made;
    } else {
      if (isReclaimed) return reportRefusal(table, creation.task, made);
      await reclaimLeases(table, accountId);
      isReclaimed = true;
      // Not by what came back just now: another may have given the leases back a moment before.
      known = await loadSeenAccount(table, accountId);
      const isRefused = moneyRefusal(known, { [reserve.day]: reserve.priceMicros }) !== undefined;
      if (isRefused) return reportRefusal(table, creation.task, { ...made, seen: new Map([[accountId, known]]) });
    }
  }
  throw new RelayError('store-contended', 'The leases of an account change faster than they can be read', {
    accountId,
  });
}

async function loadSeenAccount(table: DynamoTable, accountId: string): Promise<SeenAccount> {
  return seenAccount((await loadItem(table, keyOf.account(accountId))) ?? {});
}

function isNear(seen: AccountMoney | undefined, { day, priceMicros }: Reserve): boolean {
  return seen !== undefined && crossingsOf(accountMoneyAfter(seen, { [day]: priceMicros })).length > 0;
}

/** Thrown by a plan: with this task a threshold seems reached, perhaps only by what leases hold. */
class ThresholdNear extends Error {}

async function createUnlessNear(
  table: DynamoTable,
  creation: Creation,
  pay: (context: PlanContext) => readonly PlannedWrite[],
): Promise<Awaited<ReturnType<typeof createPaid>> | { readonly kind: 'threshold-near' }> {
  try {
    return await createPaid(table, creation, { pay, patience: 'long' });
  } catch (error) {
    if (error instanceof ThresholdNear) return { kind: 'threshold-near' };
    throw error;
  }
}

interface PaymentOptions {
  readonly leases: OwnLeases;
  /** For how many more tasks it sets money aside: 0 where the account is quiet. */
  readonly tasksAhead: number;
  readonly isReclaimed: boolean;
  readonly now: number;
}

/** What a task takes from its account, with a lease or without. */
class Payment {
  /** Of the last try. */
  grantedMicros = 0;
  readonly #task: Task;
  readonly #reserve: Reserve;
  readonly #options: PaymentOptions;

  constructor(task: Task, reserve: Reserve, options: PaymentOptions) {
    this.#task = task;
    this.#reserve = reserve;
    this.#options = options;
  }

  writes(context: PlanContext): readonly PlannedWrite[] {
    const { leases, now } = this.#options;
    const seen = context.seen.get(this.#reserve.accountId);
    if (!this.#options.isReclaimed && isNear(seen, this.#reserve)) throw new ThresholdNear();
    const micros = this.#micros(seen);
    this.grantedMicros = micros;
    const { day } = this.#reserve;
    const changes = [{ after: this.#task }];
    const lease = micros > 0 ? { day, micros, now } : undefined;
    const account = accountDeltas(changes).flatMap((delta) => accountWrite(delta, changes, context, lease));
    if (!lease) return account;
    return [...account, grantWrite(this.#reserve, { holderId: leases.holderId, ...lease }, context.tableName)];
  }

  #micros(seen: SeenAccount | undefined): number {
    const { tasksAhead, isReclaimed, now } = this.#options;
    if (isReclaimed || (seen?.leasesFrom ?? 0) > now) return 0;
    return leaseMicros(seen, this.#reserve, tasksAhead);
  }
}
