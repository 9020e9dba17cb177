// Damaged task rows: the read that finds one sets it aside, so that it holds up neither a queue nor a sweep, and an
// operator closes it. task-invariants.ts defines what makes a row damaged.
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

/**
 * The sound tasks among the items. Damaged rows that were not known yet are set aside, to be counted by the next sweep.
 */
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

/** Leaves the counts of account and gate alone: closing the row corrects them. */
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
  // In its queue it would be granted a slot in every round, and never use it.
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
    // Another invocation has set it aside, or an operator has closed it.
    if (classifyFault(error).kind !== 'transaction-refused') throw error;
  }
}
