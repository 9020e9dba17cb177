import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { standInCredentials } from '../../../local/services/stand-in-credentials.ts';
import { createTables } from '../../../local/tables/create-tables.ts';
import { startDynamoServer } from '../../../local/tables/dynamo-server.ts';
import { eventually } from '../../support/eventually.ts';
import type { GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import type { TablePlan } from '../../../local/tables/table-plan.ts';

let dataDir: string;
beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'relay-dynamo-'))));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const crashes: string[] = [];

function start() {
  return startDynamoServer({ dataDir, onCrash: (text) => crashes.push(text) });
}

function isUp(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

const byOwner: GlobalSecondaryIndex = {
  IndexName: 'byOwner',
  KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
  Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['size'] },
};

const table: TablePlan = {
  name: 'things',
  ttlAttribute: 'ttl',
  creation: {
    TableName: 'things',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'owner', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [byOwner],
  },
};

describe("DynamoDB's stand-in", () => {
  it('keeps its tables from one start to the next, and empties them on a fresh one', async () => {
    const Key = { pk: { S: 'a' } };
    const first = await start();
    await createTables(first.url, [table], false);
    const client = new DynamoDBClient({ endpoint: first.url, ...standInCredentials });
    await client.send(new PutItemCommand({ TableName: 'things', Item: Key }));
    await first.close();
    const second = await start();
    await createTables(second.url, [table], false);
    const later = new DynamoDBClient({ endpoint: second.url, ...standInCredentials });
    expect((await later.send(new GetItemCommand({ TableName: 'things', Key }))).Item).toEqual(Key);
    await createTables(second.url, [table], true);
    expect((await later.send(new GetItemCommand({ TableName: 'things', Key }))).Item).toBeUndefined();
    await second.close();
    expect(crashes).toEqual([]);
  });

  it('a table of another version is recognised, with what helps', async () => {
    const server = await start();
    await createTables(server.url, [table], false);
    const others = [
      { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' as const }] },
      { GlobalSecondaryIndexes: [{ ...byOwner, Projection: { ProjectionType: 'KEYS_ONLY' as const } }] },
      { GlobalSecondaryIndexes: [byOwner, { ...byOwner, IndexName: 'another' }] },
    ];
    for (const other of others) {
      const changed = { ...table, creation: { ...table.creation, ...other } };
      await expect(createTables(server.url, [changed], false)).rejects.toThrow('start with --fresh');
    }
    await createTables(server.url, [table], false);
    await server.close();
  });

  it('dies with the runtime, however that ends', async () => {
    const modulePath = join(import.meta.dirname, '..', '..', '..', 'local', 'tables', 'dynamo-server.ts');
    const script = `const { startDynamoServer } = await import(${JSON.stringify(modulePath)});
      const { url } = await startDynamoServer({ dataDir: ${JSON.stringify(dataDir)}, onCrash() {} });
      console.log(url); setInterval(() => {}, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    const url = chunk.toString().trim();
    expect(await isUp(url)).toBe(true);
    child.kill('SIGKILL');
    await eventually(() => isUp(url)).toBe(false);
  });
});
