// Rows of tasks that cannot be: found by whoever reads them, set aside so that they hold up neither a queue nor a sweep,
// and left to an operator, who closes them. What makes a row damaged is task-invariants.ts's.
import { GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { dueShardOf, keyOf } from '../../contract/items.ts';
import { classifyFault } from '../sdk-faults.ts';
import { keyItem, readTask, ticketKeyOf } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { DamagedTaskStore } from '../../ports/ports.ts';
import type { DamagedTask } from '../../domain/task/damaged-task.ts';
import type { Task } from '../../domain/task/task.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import type { ReadTask } from './task-item.ts';

export function damagedTasksOf(table: DynamoTable): DamagedTaskStore {
  return {
    loadDamaged: async (taskId) => {
      const get = new GetItemCommand({ TableName: table.name, Key: keyItem(keyOf.task(taskId)), ConsistentRead: true });
      const read = readTask((await table.call((client) => client.send(get))).Item);
      return read?.kind === 'damaged' ? read.damaged : undefined;
    },
    setAside: (damaged, until) => setAside(table, damaged, until, 'again'),
  };
}

/** The tasks among the items that may be; of the others, each that is new is set aside, to be counted by the next sweep. */
export async function sortOut(
  table: DynamoTable,
  items: readonly (Item | undefined)[],
): Promise<{ readonly tasks: readonly Task[]; readonly damaged: readonly DamagedTask[] }> {
  const read = items.flatMap((item): (ReadTask & { readonly isKnown: boolean })[] => {
    const one = readTask(item);
    return one ? [{ ...one, isKnown: item?.['setAsideAt'] !== undefined }] : [];
  });
  const damaged = read.flatMap((one) => (one.kind === 'damaged' ? [one] : []));
  const news = damaged.filter(({ isKnown }) => !isKnown);
  await Promise.all(news.map((one) => setAside(table, one.damaged, table.now(), 'first')));
  return {
    tasks: read.flatMap((one) => (one.kind === 'sound' ? [one.task] : [])),
    damaged: damaged.map((one) => one.damaged),
  };
}

/** Takes nothing from the counts of account and gate: they are right again once the row is closed. */
async function setAside(
  table: DynamoTable,
  damaged: DamagedTask,
  until: number,
  time: 'first' | 'again',
): Promise<void> {
  const update = new UpdateExpression();
  update.setIfAbsent('setAsideAt', table.now());
  update.set('dueShard', dueShardOf(damaged.id));
  update.set('dueAt', Math.round(until));
  update.require(`${update.name('version')} = ${update.value(damaged.version)}`);
  if (time === 'first') update.require(`attribute_not_exists(${update.name('setAsideAt')})`);
  // In its queue it would be granted a slot at every hand-over, and never take it.
  const ticket = ticketKeyOf(damaged.stored);
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [
      { Update: update.toUpdate(table.name, keyOf.task(damaged.id)) },
      ...(ticket ? [{ Delete: { TableName: table.name, Key: keyItem(ticket) } }] : []),
    ],
    ClientRequestToken: table.newId(),
  });
  try {
    await table.call((client) => client.send(transaction));
  } catch (error) {
    // Somebody else has set it aside, or closed it.
    if (classifyFault(error).kind !== 'transaction-refused') throw error;
  }
}
