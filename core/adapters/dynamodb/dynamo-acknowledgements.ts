// The acknowledged alarms in DynamoDB: one row, with an attribute for each alarm, so that two operators at once write
// beside each other. It stays small: the relay has some sixty alarms, and each write removes what is over.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { keyItem } from './task-item.ts';
import type { Acknowledgement, Acknowledgements } from '../../ports/acknowledgements.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** Attributes of alarms begin with it: no name of an alarm can be that of a key. */
const PREFIX = 'alarm ';

export function acknowledgementsOf(table: DynamoTable): Acknowledgements {
  const row = { TableName: table.name, Key: keyItem(keyOf.acknowledgedAlarms()) };
  return {
    read: async () => {
      const get = new GetItemCommand({ ...row, ConsistentRead: true });
      const { Item = {} } = await table.call((client) => client.send(get));
      return Object.fromEntries(
        Object.entries(Item).flatMap(([name, value]): [string, Acknowledgement][] =>
          name.startsWith(PREFIX) && value.S !== undefined
            ? [[name.slice(PREFIX.length), JSON.parse(value.S) as Acknowledgement]]
            : [],
        ),
      );
    },
    write: async (alarm, acknowledgement, over) => {
      const removed = over.filter((name) => name !== alarm);
      const update = new UpdateItemCommand({
        ...row,
        UpdateExpression: `SET #set = :set${removed.length === 0 ? '' : ` REMOVE ${removed.map((_name, index) => `#r${index}`).join(', ')}`}`,
        ExpressionAttributeNames: {
          '#set': `${PREFIX}${alarm}`,
          ...Object.fromEntries(removed.map((name, index) => [`#r${index}`, `${PREFIX}${name}`])),
        },
        ExpressionAttributeValues: { ':set': { S: JSON.stringify(acknowledgement) } },
      });
      await table.call((client) => client.send(update));
    },
  };
}
