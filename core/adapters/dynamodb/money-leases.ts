// Leases of money in DynamoDB: a row for each process and account, made in the write that takes its amount from the account,
// spent from in the transactions of tasks, and given back in one that deletes it. Every step holds by the row's conditions:
// what a process remembers only decides which of them it tries.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { LEASE_MS, tasksAhead } from '../../domain/money/money-lease.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { MINUTE_MS } from '../../domain/time-ms.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { writeCommit } from './commit-writer.ts';
import { queryPartition } from './dynamo-reads.ts';
import { dueAttributes } from './event-item.ts';
import { deleteRow, loadItem } from './listed-items.ts';
import { keyItem } from './task-item.ts';
import { accountWrite } from './transaction.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Reserve } from '../../domain/money/money-lease.ts';
import type { LeaseStore } from '../../ports/lease-store.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import type { PlanContext, PlannedWrite, SeenAccount } from './planned-write.ts';

interface Belief {
  day: number;
  leftMicros: number;
  lastAt: number;
  hadLease: boolean;
}

/** Accounts that one process remembers; forgetting one costs a lease that is given back unused. */
const ACCOUNTS_MAX = 1_000;

/** What this process believes of its own leases. */
export class OwnLeases {
  readonly holderId: string;
  readonly #beliefs = new Map<string, Belief>();

  constructor(holderId: string) {
    this.holderId = holderId;
  }

  /** Takes a price from what is believed to be left, before it is written: a death in between loses nothing of the row. */
  take({ accountId, day, priceMicros }: Reserve, now: number): boolean {
    const known = this.#beliefs.get(accountId);
    if (!known || known.day !== day || known.leftMicros < priceMicros) return false;
    known.leftMicros -= priceMicros;
    known.lastAt = now;
    return true;
  }

  tasksAhead({ accountId }: Reserve, now: number): number {
    const known = this.#beliefs.get(accountId);
    return tasksAhead(known?.lastAt, known?.hadLease ?? false, now);
  }

  /** A task has reserved from the account, which granted this much beside its price. */
  granted({ accountId, day }: Reserve, micros: number, now: number): void {
    if (this.#beliefs.size >= ACCOUNTS_MAX) this.#beliefs.clear();
    const known = this.#beliefs.get(accountId);
    const before = known?.day === day ? known.leftMicros : 0;
    const hadLease = micros > 0 || (known?.hadLease ?? false);
    this.#beliefs.set(accountId, { day, leftMicros: before + micros, lastAt: now, hadLease });
  }

  /** The row has less than was believed, or is gone; that the account is busy stays known. */
  forget(accountId: string): void {
    const known = this.#beliefs.get(accountId);
    if (known) known.leftMicros = 0;
  }
}

/** Spends from a lease: fails where the row is gone, of another day, or has less. */
export function spendWrite(
  { accountId, day, priceMicros }: Reserve,
  holderId: string,
  tableName: string,
): PlannedWrite {
  const update = new UpdateExpression();
  update.add('leftMicros', -priceMicros);
  update.requireSame('leaseDay', day);
  update.require(`${update.name('leftMicros')} >= ${update.value(priceMicros)}`);
  return {
    subject: { kind: 'lease' },
    write: { Update: update.toUpdate(tableName, keyOf.lease(accountId, holderId)) },
  };
}

/** Puts an amount into a lease, in the transaction that takes it from the account: fails where one of another day is left. */
export function grantWrite(
  { accountId, day }: Reserve,
  { holderId, micros, now }: { readonly holderId: string; readonly micros: number; readonly now: number },
  tableName: string,
): PlannedWrite {
  const update = new UpdateExpression();
  update.add('leftMicros', micros);
  update.set('leaseDay', day);
  const { dueShard, dueAt, dueBy } = dueAttributes(`${accountId}#${holderId}`, now + LEASE_MS, 'sweep');
  update.set('dueShard', dueShard?.S);
  update.set('dueAt', Number(dueAt?.N));
  update.set('dueBy', dueBy?.S);
  const held = update.name('leaseDay');
  update.require(`attribute_not_exists(${held}) OR ${held} = ${update.value(day)}`);
  return {
    subject: { kind: 'lease' },
    write: { Update: update.toUpdate(tableName, keyOf.lease(accountId, holderId)) },
  };
}

export function leasesOf(table: DynamoTable): LeaseStore {
  return {
    leased: async (accountId) => {
      const leased: Record<string, number> = {};
      for (const row of await leaseRows(table, accountId)) leased[dayOf(row)] = (leased[dayOf(row)] ?? 0) + leftOf(row);
      return leased;
    },

    returnLease: async (accountId, holderId) => {
      const row = await loadItem(table, keyOf.lease(accountId, holderId));
      const isDue = row !== undefined && Number(row['dueAt']?.N) <= table.now();
      return isDue && (await giveBack(table, accountId, row));
    },
  };
}

/**
 * Gives back every lease of an account, or one process's, also where it lives: it meets a row that is gone, and reserves from the account.
 * @returns false when a process spent from its lease faster than it could be given back.
 */
export async function reclaimLeases(table: DynamoTable, accountId: string, holderId?: string): Promise<boolean> {
  const all = await leaseRows(table, accountId);
  const rows = all.filter((row) => holderId === undefined || row['sk']?.S === holderId);
  const returned = await Promise.all(rows.map((row) => giveBackSoon(table, accountId, row)));
  return returned.every(Boolean);
}

/** Of several accounts. */
export async function returnToAccounts(table: DynamoTable, accountIds: readonly string[]): Promise<void> {
  await Promise.all(accountIds.map((accountId) => reclaimLeases(table, accountId)));
}

/** Its process may spend from it between the read and the write. */
const RETURN_TRIES = 5;

/** False when it still exists after all tries. */
async function giveBackSoon(table: DynamoTable, accountId: string, first: Item): Promise<boolean> {
  let row: Item | undefined = first;
  for (let tries = 0; row && tries < RETURN_TRIES; tries += 1) {
    if (await giveBack(table, accountId, row)) return true;
    row = await loadItem(table, keyOf.lease(accountId, first['sk']?.S ?? ''));
  }
  return row === undefined;
}

/** The row and its amount, all or nothing; false when its process has spent from it since it was read. */
async function giveBack(table: DynamoTable, accountId: string, row: Item): Promise<boolean> {
  const [leftMicros, day] = [leftOf(row), dayOf(row)];
  const remove = {
    TableName: table.name,
    Key: keyItem(keyOf.lease(accountId, row['sk']?.S ?? '')),
    ConditionExpression: 'leftMicros = :left AND leaseDay = :day',
    ExpressionAttributeValues: { ':left': { N: String(leftMicros) }, ':day': { N: String(day) } },
  };
  const delta = { accountId, activeTasks: 0, spent: { [day]: -leftMicros }, isReserve: false };
  const plan = (context: PlanContext): PlannedWrite[] => [
    { subject: { kind: 'lease' }, write: { Delete: remove } },
    ...(leftMicros === 0 || isGone(context.seen.get(accountId)) ? [] : accountWrite(delta, [], context)),
  ];
  return (await writeCommit(table, plan)).failures.length === 0;
}

/**
 * New leases are forbidden for so long, or until the money is set. Longer than two clocks differ: AWS refuses requests of a clock
 * that is wrong by more than five minutes. A writer that dies leaves the account without leases until then.
 */
const HOLD_MS = 6 * MINUTE_MS;

/**
 * Changes an account's money while it has no lease: what was set aside of an old balance must neither be spent beyond a new
 * one nor come back to it.
 * @param write changes the account under one more condition; undefined when it does not hold or there is no such account.
 */
export function whileUnleased<Changed>(
  table: DynamoTable,
  accountId: string,
  write: (require: (update: UpdateExpression) => void) => Promise<Changed | undefined>,
): Promise<Changed | undefined> {
  const attempt = async (): Promise<Tried<Changed | undefined>> => {
    const grants = await holdLeases(table, accountId);
    if (grants === 'unknown-account') return { result: undefined };
    if (!(await reclaimLeases(table, accountId))) return 'lost';
    const changed = await write((update) => {
      update.requireSame('leaseGrants', grants);
      update.remove('leasesFrom');
    });
    return changed === undefined ? 'lost' : { result: changed };
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'The account submits faster than its money can be set; try again', { accountId });
  return table.optimistically({ policy: tryPolicies.account, attempt, contended });
}

/** @returns how many leases ever began, by which a later write sees that none has begun since. */
async function holdLeases(table: DynamoTable, accountId: string): Promise<number | undefined | 'unknown-account'> {
  const update = new UpdateExpression();
  update.set('leasesFrom', table.now() + HOLD_MS);
  update.require(`attribute_exists(${update.name('id')})`);
  const command = new UpdateItemCommand({
    ...update.toUpdate(table.name, keyOf.account(accountId)),
    ReturnValues: 'ALL_NEW',
  });
  try {
    const grants = (await table.call((client) => client.send(command))).Attributes?.['leaseGrants']?.N;
    return grants === undefined ? undefined : Number(grants);
  } catch (error) {
    if (classifyFault(error).kind === 'condition-failed') return 'unknown-account';
    throw error;
  }
}

/** Without giving anything back: their account is gone. */
export async function deleteLeases(table: DynamoTable, accountId: string): Promise<void> {
  for (const row of await leaseRows(table, accountId)) {
    await deleteRow(table, keyOf.lease(accountId, row['sk']?.S ?? ''));
  }
}

/** Its row was looked at and is not there: it was deleted with what processes had set aside of it. */
function isGone(seen: SeenAccount | undefined): boolean {
  return seen !== undefined && Object.keys(seen).length === 0;
}

function leaseRows(table: DynamoTable, accountId: string): Promise<Item[]> {
  return queryPartition(table, keyOf.lease(accountId, '').pk);
}

function leftOf(row: Item): number {
  return Number(row['leftMicros']?.N ?? 0);
}

function dayOf(row: Item): number {
  return Number(row['leaseDay']?.N);
}
