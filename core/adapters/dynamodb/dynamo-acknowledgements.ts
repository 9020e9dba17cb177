// The acknowledged alarms in DynamoDB: one row, with an attribute for each alarm, so that two operators at once write
// beside each other. It stays small: the relay has some sixty alarms, and each write removes what is over, as it was read.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { Acknowledgement, Acknowledgements } from '../../ports/acknowledgements.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** Attributes of alarms begin with it: no name of an alarm can be that of a key. */
const PREFIX = 'alarm ';

export function acknowledgementsOf(table: DynamoTable): Acknowledgements {
  return {
    read: async () => {
      const texts = await readTexts(table);
      return Object.fromEntries(
        Object.entries(texts).map(([alarm, text]) => [alarm, JSON.parse(text) as Acknowledgement]),
      );
    },
    write: (alarm, acknowledgement, over) => {
      const seen = Object.entries(over)
        .filter(([name]) => name !== alarm)
        .map(([name, one]): Removal => [name, JSON.stringify(one)]);
      const attempt = async (tries: number): Promise<Tried<void>> => {
        const now = tries === 0 ? undefined : await readTexts(table);
        const removals = now ? seen.filter(([name, text]) => now[name] === text) : seen;
        return (await tryWrite(table, alarm, acknowledgement, removals)) ? { result: undefined } : 'lost';
      };
      const contended = (): Error =>
        new RelayError('store-contended', 'Others acknowledge alarms at the same time; try again');
      return table.optimistically({ policy: tryPolicies.endpoint, attempt, contended });
    },
  };
}

/** Name of an alarm, and its acknowledgement as it is stored. */
type Removal = readonly [name: string, text: string];

function rowOf(table: DynamoTable) {
  return { TableName: table.name, Key: keyItem(keyOf.acknowledgedAlarms()) };
}

async function readTexts(table: DynamoTable): Promise<Readonly<Record<string, string>>> {
  const get = new GetItemCommand({ ...rowOf(table), ConsistentRead: true });
  const { Item = {} } = await table.call((client) => client.send(get));
  return Object.fromEntries(
    Object.entries(Item).flatMap(([name, value]): [string, string][] =>
      name.startsWith(PREFIX) && value.S !== undefined ? [[name.slice(PREFIX.length), value.S]] : [],
    ),
  );
}

/** False when one of those to be removed is no longer as it was read: another operator has acknowledged the alarm since. */
async function tryWrite(
  table: DynamoTable,
  alarm: string,
  acknowledgement: Acknowledgement,
  removals: readonly Removal[],
): Promise<boolean> {
  const update = new UpdateExpression();
  update.set(`${PREFIX}${alarm}`, JSON.stringify(acknowledgement));
  for (const [name, text] of removals) {
    update.remove(`${PREFIX}${name}`);
    update.require(`${update.name(`${PREFIX}${name}`)} = ${update.value(text)}`);
  }
  const command = new UpdateItemCommand(update.toUpdate(table.name, keyOf.acknowledgedAlarms()));
  try {
    await table.call((client) => client.send(command));
    return true;
  } catch (error) {
    if (classifyFault(error).kind === 'condition-failed') return false;
    throw error;
  }
}
