// How the queues of one account are stored in the table: a counter for each of its queues, which every commit of a
// waiting task adds to without a condition, and the account's next turn. While slots go from hand to hand, new tickets are
// counted in rows beside the account's own, and a counter is the sum of all. The rows exist while tasks wait, and shortly
// after.
import { QUEUE_PREFIX } from '../../contract/items.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Key } from '../../contract/items.ts';
import type { AccountQueues } from '../../domain/gate/gate-view.ts';
import type { QueueDelta } from '../../domain/task/derived-counts.ts';
import type { Turn } from '../../domain/gate/fair-queue.ts';
import type { Item } from './dynamo-table.ts';

/**
 * A queue whose count is back at zero stays as an attribute, one for each model that the account ever had waiting.
 * Above this number some are removed: no sooner, since each removal is a write of its own.
 */
const IDLE_KEPT = 20;
const IDLE_TAKEN = 10;

/** @param items rows of one account, with their keys included. */
export function readQueues(items: readonly Item[]): AccountQueues {
  const counts = new Map<string, number>();
  for (const [name, value] of items.flatMap((item) => Object.entries(item))) {
    if (!name.startsWith(QUEUE_PREFIX)) continue;
    const queue = name.slice(QUEUE_PREFIX.length);
    counts.set(queue, (counts.get(queue) ?? 0) + Number(value.N));
  }
  const idle = [...counts].flatMap(([queue, tasks]) => (tasks === 0 ? [queue] : []));
  const [first = {}] = items;
  const own = items.find((item) => item['finishTime']);
  return {
    accountId: accountOf(first),
    weight: Number(first['weight']?.N ?? 1),
    ...(own && { finishTime: Number(own['finishTime']?.N) }),
    ...(own?.['servedAt'] && { servedAt: Number(own['servedAt'].N) }),
    waiting: Object.fromEntries([...counts].filter(([, tasks]) => tasks !== 0)),
    ...(idle.length > IDLE_KEPT && { idle }),
  };
}

/** Rows in the order of their keys, by account. */
export function byAccount(items: readonly Item[]): readonly (readonly Item[])[] {
  return [...Map.groupBy(items, accountOf).values()];
}

/** The sort key is the account's place, its id, and the number of a row beside its own. */
function accountOf(item: Item): string {
  return item['sk']?.S?.split('#')[1] ?? '';
}

export interface QueueChange {
  readonly delta?: QueueDelta | undefined;
  readonly turn?: Turn | undefined;
}

/** What a commit changes of one of an account's rows. */
export function queueUpdate({ delta, turn }: QueueChange, commitId: string): UpdateExpression {
  const update = new UpdateExpression();
  for (const [name, amount] of Object.entries(delta?.waiting ?? {})) update.add(QUEUE_PREFIX + name, amount);
  if (turn) {
    update.set('finishTime', turn.finishTime);
    update.set('servedAt', turn.servedAt);
  }
  if (update.isEmpty) return update;
  update.set('weight', (turn ?? delta)?.weight ?? 1);
  update.set('cid', commitId);
  return update;
}

/** The condition under which a row may be deleted: no commit has written it since it was read. */
export function requireUnwritten(update: UpdateExpression, item: Item): void {
  update.require(`${update.name('cid')} = ${update.value(item['cid']?.S)}`);
}

interface RowUpdate {
  readonly key: Key;
  readonly update: UpdateExpression;
}

/** Removes some idle queues from an account's rows, on condition that they are still idle. */
export function idleRemovals(items: readonly Item[], idle: readonly string[]): readonly RowUpdate[] {
  const names = idle.slice(0, IDLE_TAKEN).map((queue) => QUEUE_PREFIX + queue);
  return items.flatMap((item) => {
    const update = new UpdateExpression();
    for (const name of names.filter((one) => item[one])) {
      update.remove(name);
      update.require(`${update.name(name)} = ${update.value(Number(item[name]?.N))}`);
    }
    return update.isEmpty ? [] : [{ key: { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' }, update }];
  });
}
