// A data directory whose rows another version wrote: `npm start` must say so at once, and not serve from rows that it misreads.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDataDirectory } from '../../../local/data-directory.ts';
import { seedAccounts } from '../../../local/seed-accounts.ts';
import { startDynamoServer } from '../../../local/tables/dynamo-server.ts';
import { createRelayTable, localDynamoClient } from '../../support/relay-table.ts';

let dataDir: string;
beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'relay-layout-'))));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

it("is refused in one sentence with what helps; this version's own rows are not", async () => {
  const server = await startDynamoServer({ dataDir, onCrash: () => undefined });
  const client = localDynamoClient(server.url);
  await createRelayTable(client, 'old');
  await createRelayTable(client, 'new');
  await client.send(new PutItemCommand({ TableName: 'old', Item: { pk: { S: 'ACCOUNTS' }, sk: { S: 'acc_1' } } }));
  const data = openDataDirectory(join(dataDir, 'data'), false);

  await expect(seedAccounts(data, server.url, 'old')).rejects.toThrow('start with --fresh');
  const keys = await seedAccounts(data, server.url, 'new');
  expect(await seedAccounts(data, server.url, 'new')).toEqual(keys);

  client.destroy();
  await server.close();
});
