// A place for the conformance suite: any DynamoDB that answers at an endpoint, behind a client that demands what an
// emulator does not.
// Each store gets a table of its own, dropped when the next one is opened.
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { makeDynamoStore } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../../core/adapters/system-clock.ts';
import { demanding, named } from './demanding-client.ts';
import { START_TIME } from './stored-task.ts';
import { createRelayTable, localDynamoClient } from '../../support/relay-table.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { StorePlace, StoreWorld } from './store-under-test.ts';

/** @param endpoint of a DynamoDB on this machine. */
export function dynamoPlace(endpoint: string, close?: () => Promise<void>): StorePlace {
  let now = (): number => START_TIME;
  const client = demanding(localDynamoClient(endpoint), () => now());
  let tables = 0;
  const storeOf = ({ clock, randomSource, settings }: StoreWorld): Store => {
    now = () => clock.now();
    return named(
      makeDynamoStore({
        client,
        tableName: `relay-${process.pid}-${tables}`,
        // Time as the test sets it; waits between resends are real.
        clock: { now, sleep: systemClock.sleep },
        randomSource,
        settings,
      }),
    );
  };
  const dropTable = async (): Promise<void> => {
    if (tables > 0) await client.send(new DeleteTableCommand({ TableName: `relay-${process.pid}-${tables}` }));
  };
  return {
    open: async (world) => {
      await dropTable();
      tables += 1;
      await createRelayTable(client, `relay-${process.pid}-${tables}`);
      return storeOf(world);
    },
    reopen: async (world) => storeOf(world),
    close: async () => {
      await dropTable();
      client.destroy();
      await close?.();
    },
  };
}
