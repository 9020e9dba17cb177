// Turns a commit into writes and their failures back into an answer: what belongs together in one transaction, under
// which conditions, and what a failed condition shows. commit-writer.ts sends the writes.
import { keyOf } from '../../contract/items.ts';
import { accountRefusal } from '../../domain/account.ts';
import { accountDeltas } from '../../domain/task/derived-counts.ts';
import { limits } from '../../domain/limits.ts';
import { newKeepJob } from '../../domain/media/keep-job.ts';
import { isOpenEnd } from '../../domain/task/open-ends.ts';
import { isFinal } from '../../domain/task/task.ts';
import { accountMoneyAfter } from '../../domain/money/account-money.ts';
import { crossingOfRefusal, marksNames, thresholdEvent } from '../../domain/money/budget-threshold.ts';
import { endEvent } from '../../domain/webhook/outbox-event.ts';
import { correctionWrites } from './dynamo-spend.ts';
import { eventItem } from './event-item.ts';
import { keepItem } from './keep-item.ts';
import { gateWrites } from './gate-writes.ts';
import { spendOf } from './account-spend.ts';
import { inputExpiry, keyItem, taskItem, ticketItem, ticketKeyOf } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Commit } from '../../ports/ports.ts';
import type { AccountRefusal } from '../../domain/account.ts';
import type { Task } from '../../domain/task/task.ts';
import type { MoneyRefusal, SpentByDay } from '../../domain/money/account-money.ts';
import type { Crossing } from '../../domain/money/budget-threshold.ts';
import type { LoggedEvent, OutboxEvent } from '../../domain/webhook/outbox-event.ts';
import type { AccountDelta, TaskChange } from '../../domain/task/derived-counts.ts';
import type { Item } from './dynamo-table.ts';
import type { FailedWrite, PlanContext, PlannedWrite, SeenAccount } from './planned-write.ts';

/** @throws Error when the commit is more than one transaction can hold: a mistake in the caller's code. */
export function planCommit(commit: Commit, context: PlanContext): PlannedWrite[] {
  const { changes } = commit;
  const ids = new Set(changes.map(({ after }) => after.id));
  if (ids.size !== changes.length) throw new Error('a commit changes each task once');
  const writes = [
    ...changes.map((change) => taskWrite(change, context)),
    ...changes.flatMap((change) => ticketWrites(change, commit, context)),
    ...changes.flatMap((change) => inputWrites(change, context)),
    ...eventWrites(changes, context),
    ...keepWrites(changes, context),
    ...accountWrites(changes, context),
    ...correctionWrites(changes, context.tableName),
    ...gateWrites(commit, context),
  ];
  if (writes.length > limits.transactionRowsMax) {
    throw new Error(
      `a commit of ${changes.length} tasks needs ${writes.length} writes, a transaction holds ${limits.transactionRowsMax}`,
    );
  }
  return writes;
}

export function taskWrite(
  { before, after }: TaskChange,
  { tableName, commitId, retention }: PlanContext,
): PlannedWrite {
  return {
    subject: { kind: 'task', taskId: after.id },
    write: {
      Put: {
        TableName: tableName,
        Item: taskItem(after, commitId, retention),
        ...(before
          ? {
              ConditionExpression: '#version = :before',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':before': { N: String(before.version) } },
            }
          : { ConditionExpression: 'attribute_not_exists(pk)' }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    },
  };
}

/** The ticket's item exists while the task holds a ticket, because both are written together; and a moment longer where it is left. */
function ticketWrites(
  { before, after }: TaskChange,
  { leavesTickets }: Commit,
  { tableName }: PlanContext,
): PlannedWrite[] {
  const [old, next] = [before && ticketKeyOf(before), ticketKeyOf(after)];
  if (old?.pk === next?.pk && old?.sk === next?.sk) return [];
  const writes: PlannedWrite[] = [];
  const subject = { kind: 'other' } as const;
  if (old && !leavesTickets) writes.push({ subject, write: { Delete: { TableName: tableName, Key: keyItem(old) } } });
  if (next) writes.push({ subject, write: { Put: { TableName: tableName, Item: ticketItem(after, next) } } });
  return writes;
}

/** A task that is retried needs its input for longer than was planned at its creation. */
function inputWrites({ before, after }: TaskChange, { tableName, retention }: PlanContext): PlannedWrite[] {
  if (
    !before ||
    after.input !== undefined ||
    after.inputId !== undefined ||
    !isFinal(before.status) ||
    isFinal(after.status)
  )
    return [];
  const update = new UpdateExpression();
  update.set('ttl', inputExpiry(after, retention));
  return [{ subject: { kind: 'other' }, write: { Update: update.toUpdate(tableName, keyOf.input(after.id)) } }];
}

/** One write for each account, however many of its tasks change: a transaction may write an item only once. */
export function accountWrites(changes: readonly TaskChange[], context: PlanContext): PlannedWrite[] {
  return accountDeltas(changes).flatMap((delta) => accountWrite(delta, changes, context));
}

/** @param lease what a process sets aside beside what its task reserves; a refusal is judged without it. */
export function accountWrite(
  delta: AccountDelta,
  changes: readonly TaskChange[],
  context: PlanContext,
  lease?: Lease,
): PlannedWrite[] {
  const seen = context.seen.get(delta.accountId);
  const update = new UpdateExpression();
  // An update makes an item that is not there: a reserve must not bring a deleted account back.
  if (delta.isReserve) update.require(`attribute_exists(${update.name('id')})`);
  const spent = lease ? addLease(update, delta.spent, lease) : delta.spent;
  update.add('activeTasks', delta.activeTasks);
  if (delta.activeTasks > 0) requireRoom(update, delta.activeTasks, seen);
  const events = thresholdEvents(changes, delta, spendOf(update, { ...delta, spent }, seen));
  const logged = events.map((event) => ({ event, position: eventPosition(event.at, seen) }));
  const positions = logged.map(({ position }) => position);
  requireUnread(update, [...eventPositions(changes, delta.accountId, seen), ...positions]);
  if (update.isEmpty) return [];
  const write = { Update: update.toUpdate(context.tableName, keyOf.account(delta.accountId)) };
  return [{ subject: { kind: 'account', delta } as const, write }, ...logged.map((one) => loggedWrite(one, context))];
}

/** An amount that a process sets aside of an account's day. */
interface Lease {
  readonly day: number;
  readonly micros: number;
  readonly now: number;
}

function addLease(update: UpdateExpression, spent: SpentByDay, { day, micros, now }: Lease): SpentByDay {
  // The writer of an account's money sees by this number that no lease has begun meanwhile.
  update.add('leaseGrants', 1);
  const from = update.name('leasesFrom');
  update.require(`attribute_not_exists(${from}) OR ${from} <= ${update.value(now)}`);
  return { ...spent, [day]: (spent[day] ?? 0) + micros };
}

function loggedWrite(logged: LoggedEvent, { tableName, retention }: PlanContext): PlannedWrite {
  return {
    subject: { kind: 'other' },
    write: { Put: { TableName: tableName, Item: eventItem(logged, retention) } },
    logged,
  };
}

function thresholdEvents(
  changes: readonly TaskChange[],
  { accountId }: AccountDelta,
  crossings: readonly Crossing[],
): readonly OutboxEvent[] {
  const first = changes.find(({ after }) => after.accountId === accountId)?.after;
  if (!first) return [];
  // A task changes once to each version, so that no other write has the same id.
  const occasion = { accountId, at: first.updatedAt, id: `${first.id}_${first.version}` };
  return crossings.map((crossing) => thresholdEvent(occasion, crossing));
}

/** Reports a budget that refuses a task, once in its period; nothing when that is done, or no longer so. */
export function refusalWrites(
  { accountId, createdAt: at, money }: Pick<Task, 'accountId' | 'createdAt' | 'money'>,
  refusal: MoneyRefusal,
  context: PlanContext,
): PlannedWrite[] {
  const seen = context.seen.get(accountId);
  // It spends nothing, but may be the first task of its day.
  const spent = { [money?.day ?? 0]: 0 };
  const crossing = seen && crossingOfRefusal(accountMoneyAfter(seen, spent), refusal);
  if (!crossing) return [];
  const update = new UpdateExpression();
  spendOf(update, { spent, isReserve: false }, seen, [crossing]);
  const marks = marksNames[crossing.kind];
  for (const name of [marks, 'balanceBaseMicros'] as const) update.requireSame(name, seen[name]);
  const event = thresholdEvent({ accountId, at, id: context.commitId }, crossing);
  const logged = { event, position: eventPosition(at, seen) };
  requireUnread(update, [logged.position]);
  const delta = { accountId, activeTasks: 0, spent: {}, isReserve: false };
  const write = { Update: update.toUpdate(context.tableName, keyOf.account(accountId)) };
  return [{ subject: { kind: 'account', delta }, write }, loggedWrite(logged, context)];
}

/**
 * Conditions cannot calculate: several tasks at once are checked against the limit that was read, provided it is
 * unchanged.
 */
function requireRoom(update: UpdateExpression, tasks: number, seen: SeenAccount | undefined): void {
  const [max, active] = [update.name('concurrentTasksMax'), update.name('activeTasks')];
  const seenMax = seen?.concurrentTasksMax;
  if (tasks === 1) update.require(`attribute_not_exists(${max}) OR ${active} < ${max}`);
  else if (seenMax === undefined) update.require(`attribute_not_exists(${max})`);
  else update.require(`${max} = ${update.value(seenMax)} AND ${active} <= ${update.value(seenMax - tasks)}`);
}

/** The event of each end, in the same transaction: no crash can lose it. */
function eventWrites(changes: readonly TaskChange[], { tableName, seen, retention }: PlanContext): PlannedWrite[] {
  return changes.flatMap((change) => {
    const event = endEvent(change);
    if (!event) return [];
    const position = eventPosition(event.at, seen.get(event.accountId));
    // Without the account in the transaction its fence cannot be checked: deliver checks it before it hands the event
    // on.
    const isUnguarded = change.after.isUncounted === true;
    // Its task finds it at the time of its end; elsewhere it needs a due of its own.
    const isDueWithTask = position === event.at && isOpenEnd(change.after, change.after.ends);
    const item = eventItem({ event, position }, { ...retention, isUnguarded, isDueWithTask });
    const put = { TableName: tableName, Item: item };
    return [{ subject: { kind: 'other' } as const, write: { Put: put } }];
  });
}

/** The keeping of a task's outputs begins with its end, in the same transaction: no crash can forget it. */
function keepWrites(changes: readonly TaskChange[], { tableName }: PlanContext): PlannedWrite[] {
  return changes.flatMap((change) => {
    const job = newKeepJob(change);
    if (!job) return [];
    return [{ subject: { kind: 'other' } as const, write: { Put: { TableName: tableName, Item: keepItem(job) } } }];
  });
}

/** An event's position is its own time, or just behind the fence of a reader that has already passed it. */
function eventPosition(at: number, seen: SeenAccount | undefined): number {
  return Math.max(at, (seen?.eventFence ?? -1) + 1);
}

function eventPositions(
  changes: readonly TaskChange[],
  accountId: string,
  seen: SeenAccount | undefined,
): readonly number[] {
  return changes.flatMap((change) => {
    const event = change.after.accountId === accountId ? endEvent(change) : undefined;
    return event ? [eventPosition(event.at, seen)] : [];
  });
}

/** The account is in the transaction of every end anyway, so its fence is checked there too. */
function requireUnread(update: UpdateExpression, positions: readonly number[]): void {
  if (positions.length === 0) return;
  const fence = update.name('eventFence');
  update.require(`attribute_not_exists(${fence}) OR ${fence} < ${update.value(Math.min(...positions))}`);
}

/** True when the failure is our own earlier write: all of it took effect, only its answer was lost. */
export function isOwnWrite(failures: readonly FailedWrite[], commitId: string): boolean {
  return failures.some(({ item }) => item?.['cid']?.S === commitId);
}

interface AccountFailures {
  readonly refusal?: AccountRefusal;
  readonly seen: ReadonlyMap<string, SeenAccount>;
}

/** Finds out from the stored accounts why a write of one failed; without a refusal, the next try may succeed. */
export function examineAccounts(
  failures: readonly FailedWrite[],
  known: ReadonlyMap<string, SeenAccount>,
): AccountFailures {
  const seen = new Map(known);
  for (const { subject, item } of failures) {
    if (subject.kind !== 'account') continue;
    const account = seenAccount(item ?? {});
    seen.set(subject.delta.accountId, account);
    const refusal = accountRefusal(account, subject.delta);
    if (refusal) return { refusal, seen };
  }
  return { seen };
}

/** What commits need to know of an account. */
export function seenAccount(item: Item): SeenAccount {
  const numbers = {
    concurrentTasksMax: item['concurrentTasksMax'],
    activeTasks: item['activeTasks'],
    balanceMicros: item['balanceMicros'],
    dayBudgetMicros: item['dayBudgetMicros'],
    monthBudgetMicros: item['monthBudgetMicros'],
    budgetDay: item['budgetDay'],
    daySpentMicros: item['daySpentMicros'],
    monthSpentMicros: item['monthSpentMicros'],
    balanceBaseMicros: item['balanceBaseMicros'],
    balanceMarks: item['balanceMarks'],
    dayMarks: item['dayMarks'],
    monthMarks: item['monthMarks'],
    eventFence: item['eventFence'],
    leasesFrom: item['leasesFrom'],
  };
  return Object.fromEntries(
    Object.entries(numbers).flatMap(([name, value]) => (value?.N === undefined ? [] : [[name, Number(value.N)]])),
  );
}
