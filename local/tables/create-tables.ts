// Creates the tables of the template, with their indexes and TTL attribute, in any DynamoDB, and leaves existing ones
// alone. The functions define their contents.
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { standInClient } from '../services/stand-in-client.ts';
import { StartError } from '../start-error.ts';
import type { GlobalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb';
import type { TablePlan } from './table-plan.ts';

/**
 * @param isFresh deletes existing tables first, with all their items.
 * @throws StartError when a table exists with other keys or indexes, or the endpoint does not answer.
 */
export async function createTables(endpoint: string, tables: readonly TablePlan[], isFresh: boolean): Promise<void> {
  const client = standInClient(endpoint, (config) => new DynamoDBClient(config));
  try {
    for (const table of tables) {
      if (isFresh) await deleteTable(client, table.name);
      const existing = await describeTable(client, table.name);
      if (existing === undefined) await client.send(new CreateTableCommand(table.creation));
      else checkSame(table, existing);
      await setExpiry(client, table);
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    const text = error instanceof Error ? error.message || error.name : String(error);
    throw new StartError(`The tables could not be created at ${endpoint}: ${text}`, { cause: error });
  } finally {
    client.destroy();
  }
}

async function describeTable(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function deleteTable(client: DynamoDBClient, name: string): Promise<void> {
  if ((await describeTable(client, name)) === undefined) return;
  await client.send(new DeleteTableCommand({ TableName: name }));
}

async function setExpiry(client: DynamoDBClient, { name, ttlAttribute }: TablePlan): Promise<void> {
  if (ttlAttribute === undefined) return;
  // DynamoDB refuses to switch on TTL that is on already.
  const { TimeToLiveDescription: now } = await client.send(new DescribeTimeToLiveCommand({ TableName: name }));
  if (now?.AttributeName === ttlAttribute) return;
  const TimeToLiveSpecification = { AttributeName: ttlAttribute, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
}

/** A table of an older version cannot hold today's items: an error at the start is better than a failing query. */
function checkSame({ name, creation }: TablePlan, existing: TableDescription): void {
  const indexes = new Map(existing.GlobalSecondaryIndexes?.map((index) => [index.IndexName, shapeOf(index)]));
  const isSame =
    shapeOf(creation) === shapeOf(existing) &&
    (creation.GlobalSecondaryIndexes ?? []).every((index) => indexes.get(index.IndexName) === shapeOf(index));
  if (isSame) return;
  throw new StartError(`The kept data of table ${name} is of another version of the relay: start with --fresh.`);
}

/** The keys of a table; for an index also the attributes that it projects. */
function shapeOf({ KeySchema, Projection }: Pick<GlobalSecondaryIndexDescription, 'KeySchema' | 'Projection'>): string {
  const keys = (KeySchema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`);
  return `${keys.join(', ')}: ${[...(Projection?.NonKeyAttributes ?? [])].sort().join(', ')}`;
}
