// A DynamoDB of its own with an empty relay table, and the store over it on a stopped clock: for tests that read
// the items themselves, which no port shows.
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { startDynoxide } from './dynoxide.ts';
import { FixedRandomSource } from './memory/fixed-random-source.ts';
import { createRelayTable, localDynamoClient } from './relay-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';

interface RealTable {
  readonly client: DynamoDBClient;
  readonly store: Store;
  readonly stop: () => Promise<void>;
}

/** @param now what the store's clock always says; @param seed of the ids that it draws. */
export async function openRealTable(tableName: string, now: number, seed: number): Promise<RealTable> {
  const dynoxide = await startDynoxide();
  const client = localDynamoClient(dynoxide.endpoint);
  await createRelayTable(client, tableName);
  const clock = { now: () => now, sleep: systemClock.sleep };
  const randomSource = new FixedRandomSource(seed, clock);
  return {
    client,
    store: makeDynamoStore({ client, tableName, clock, randomSource, settings: defaultSettings.gate }),
    stop: async () => {
      client.destroy();
      await dynoxide.stop();
    },
  };
}
