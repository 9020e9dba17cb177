// Sends a transaction whose refusal is an answer: a condition of it did not hold, so nothing was written. Callers that need
// to know which condition read the reasons themselves, as dynamo-events.ts does.
import { classifyFault } from '../sdk-faults.ts';
import type { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoTable } from './dynamo-table.ts';

/** @returns whether it was written. */
export async function sendUnlessRefused(table: DynamoTable, transaction: TransactWriteItemsCommand): Promise<boolean> {
  try {
    await table.call((client) => client.send(transaction));
    return true;
  } catch (error) {
    if (classifyFault(error).kind === 'transaction-refused') return false;
    throw error;
  }
}
