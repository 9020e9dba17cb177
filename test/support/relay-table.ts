// Makes the relay's table in any DynamoDB that answers.
// Keys, indexes and names are the contract's, as they are in the stack.
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { tableIndexes, tableKeys } from '../../core/contract/items.ts';
import type { AttributeDefinition, KeySchemaElement } from '@aws-sdk/client-dynamodb';

function keySchema(partition: string, sort: string): KeySchemaElement[] {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
}

function attribute(name: string, type: 'S' | 'N' = 'S'): AttributeDefinition {
  return { AttributeName: name, AttributeType: type };
}

export async function createRelayTable(client: DynamoDBClient, tableName: string): Promise<void> {
  const create = new CreateTableCommand({
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(tableKeys.partition, tableKeys.sort),
    AttributeDefinitions: [
      attribute(tableKeys.partition),
      attribute(tableKeys.sort),
      attribute(tableIndexes.due.sort, 'N'),
      ...Object.values(tableIndexes).map(({ partition }) => attribute(partition)),
    ],
    GlobalSecondaryIndexes: Object.values(tableIndexes).map(({ name, partition, sort, includes }) => ({
      IndexName: name,
      KeySchema: keySchema(partition, sort),
      Projection:
        includes.length === 0
          ? { ProjectionType: 'KEYS_ONLY' }
          : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...includes] },
    })),
  });
  await client.send(create);
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 }, { TableName: tableName });
}

/** A client for a stand-in on this machine: any keys will do, and none of the caller's own are ever sent. */
export function localDynamoClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 4,
    // Long enough for a machine that is busy with other tests; only a server that is stuck takes longer.
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
}
