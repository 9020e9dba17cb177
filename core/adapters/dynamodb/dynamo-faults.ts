// The causes of failed messages, one item each in the one table; TTL deletes it when no dead-letter queue can hold the
// message any longer. Of an error it keeps what json-log.ts allows: operators read an item like a log line.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf, tableKeys } from '../../contract/items.ts';
import { batchGet } from './dynamo-reads.ts';
import { loggableError } from '../json-log.ts';
import { keyItem } from './task-item.ts';
import { DAY_MS } from '../../domain/time-ms.ts';
import type { FaultReader, FaultRecorder, MessageFault } from '../../ports/message-faults.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** Four days in a queue and fourteen in its dead-letter queue. */
const KEPT_MS = 18 * DAY_MS;

/** @param service name of the function that records; readers pass none. */
export function faultsOf(table: DynamoTable, service = ''): FaultRecorder & FaultReader {
  return {
    recordFaults: async (faults) => {
      const at = table.now();
      await Promise.all(
        faults.map(({ messageId, receiveCount, error }) => {
          const { name, message: text, code } = loggableError(error);
          const fault: MessageFault = { messageId, service, at, receiveCount, error: { name, code, text } };
          const put = new PutItemCommand({
            TableName: table.name,
            Item: {
              ...keyItem(keyOf.fault(messageId)),
              fault: { S: JSON.stringify(fault) },
              [tableKeys.ttl]: { N: String(Math.ceil((at + KEPT_MS) / 1_000)) },
            },
          });
          return table.call((client) => client.send(put));
        }),
      );
    },
    faultsOf: async (messageIds) => {
      const items = await batchGet(table, messageIds.map(keyOf.fault), { consistent: true });
      return items.flatMap((item) => (item['fault']?.S ? [JSON.parse(item['fault'].S) as MessageFault] : []));
    },
  };
}
