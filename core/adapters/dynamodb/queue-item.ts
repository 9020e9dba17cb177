// How the queues of one account are stored in the table: a counter for each of its queues, which every commit of a
// waiting task adds to without a condition, and the account's next turn. The row exists while tasks wait, and shortly
// after.
import { QUEUE_PREFIX } from '../../contract/items.ts';
import { UpdateExpression } from './update-expression.ts';
import type { AccountQueues } from '../../domain/gate/gate-view.ts';
import type { QueueDelta } from '../../domain/task/derived-counts.ts';
import type { TakenTurn } from '../../ports/ports.ts';
import type { Item } from './dynamo-table.ts';

/** Number of all waiting tasks of the account: at 0 the row may be deleted, whichever queues it names. */
const TASKS = 'tasks';

/**
 * A queue whose count is back at zero stays as an attribute, one for each model that the account ever had waiting.
 * Above this number the account's turns remove some: no sooner, since each removal is a condition that a busy account
 * may break.
 */
const IDLE_KEPT = 20;
const IDLE_TAKEN = 10;

/** @param item with its keys included. */
export function readQueues(item: Item): AccountQueues {
  const waiting: Record<string, number> = {};
  const idle: string[] = [];
  for (const [name, value] of Object.entries(item)) {
    if (!name.startsWith(QUEUE_PREFIX)) continue;
    const tasks = Number(value.N);
    if (tasks === 0) idle.push(name.slice(QUEUE_PREFIX.length));
    else waiting[name.slice(QUEUE_PREFIX.length)] = tasks;
  }
  const sk = item['sk']?.S ?? '';
  return {
    accountId: sk.slice(sk.indexOf('#') + 1),
    weight: Number(item['weight']?.N ?? 1),
    ...(item['finishTime'] && { finishTime: Number(item['finishTime'].N) }),
    ...(item['servedAt'] && { servedAt: Number(item['servedAt'].N) }),
    waiting,
    ...(idle.length > IDLE_KEPT && { idle }),
  };
}

export interface QueueChange {
  readonly delta?: QueueDelta | undefined;
  readonly turn?: TakenTurn | undefined;
}

/**
 * What a commit changes of one account's queues.
 * @param tidies whether to remove idle queues too. A queue that is no longer idle breaks the update's condition.
 */
export function queueUpdate({ delta, turn }: QueueChange, tidies: boolean): UpdateExpression {
  const update = new UpdateExpression();
  const waiting = delta?.waiting ?? {};
  for (const [name, amount] of Object.entries(waiting)) update.add(QUEUE_PREFIX + name, amount);
  update.add(
    TASKS,
    Object.values(waiting).reduce((sum, amount) => sum + amount, 0),
  );
  if (turn) {
    update.set('finishTime', turn.finishTime);
    update.set('servedAt', turn.servedAt);
  }
  if (!update.isEmpty) update.set('weight', (turn ?? delta)?.weight ?? 1);
  if (tidies && turn?.idle) takeIdle(update, turn.idle, waiting);
  return update;
}

function takeIdle(update: UpdateExpression, idle: readonly string[], moved: QueueDelta['waiting']): void {
  for (const name of idle.filter((one) => !moved[one]).slice(0, IDLE_TAKEN)) {
    update.remove(QUEUE_PREFIX + name);
    update.require(`${update.name(QUEUE_PREFIX + name)} = ${update.value(0)}`);
  }
}

/** The condition under which a row may be deleted: no task waits, and none was served since the row was read. */
export function requireForgettable(update: UpdateExpression, { finishTime }: AccountQueues): void {
  const [tasks, finish] = [update.name(TASKS), update.name('finishTime')];
  update.require(`attribute_not_exists(${tasks}) OR ${tasks} = ${update.value(0)}`);
  update.require(
    finishTime === undefined ? `attribute_not_exists(${finish})` : `${finish} = ${update.value(finishTime)}`,
  );
}
