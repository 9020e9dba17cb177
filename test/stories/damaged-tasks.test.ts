// A row of the table that was damaged by hand: what clients and operators see of its task, and that
// `relay tasks end` closes it, with everything that account and gate counted for it.
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyOf } from '../../core/contract/items.ts';
import { readRuntimeFile } from '../../local/runtime-file.ts';
import { RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { ErrorBody } from '../support/relay-client.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

describe.runIf(isLocalTarget)('a task whose row is damaged', () => {
  let relay: RelayProcess;
  let commands: RelayCommands;
  let client: RelayClient;

  beforeAll(async () => {
    relay = await startRelay();
    commands = relayCommands(relay.commandLineTarget);
    await commands.json(['accounts', 'create', 'studio', '--limit', '5']);
    const { key } = await commands.json<{ key: string }>(['keys', 'create', 'studio']);
    client = new RelayClient(relay.url, key);
  });
  afterAll(() => relay.stop());

  /** What no decision would write: half of its text. */
  async function spoil(taskId: string): Promise<void> {
    const runtime = readRuntimeFile(relay.dataDir);
    if (!runtime) throw new Error('the relay does not run');
    const { endpoints, outputs, region } = runtime;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const dynamo = new DynamoDBClient({ endpoint: endpoints.dynamoDb, region, credentials });
    const { pk, sk } = keyOf.task(taskId);
    const update = new UpdateItemCommand({
      TableName: outputs['TableName'],
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: 'SET t = :half',
      ExpressionAttributeValues: { ':half': { S: '{"c":' } },
    });
    await dynamo.send(update);
    dynamo.destroy();
  }

  it('is shown as damaged to its client and to operators, and `relay tasks end` closes it and frees what it held', async () => {
    const id = await client.submit('simulator/never/text-to-image');
    await client.reached(id, ({ phase }) => phase === 'running');
    expect(await commands.json(['gate', 'show'])).toMatchObject({ in_flight: 1 });
    await spoil(id);

    expect(await client.get(id)).toMatchObject({ id, status: 'damaged', error: expect.stringContaining('damaged') });
    const refused = await client.call<ErrorBody>('DELETE', `/v1/requests/${id}`);
    expect(refused).toMatchObject({ status: 409, body: { details: expect.stringContaining('relay tasks end') } });
    const { exitCode, stderr } = await commands.run(['tasks', 'show', id]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`tasks end ${id}`)]);

    expect(await commands.json(['tasks', 'end', id])).toMatchObject({ id, status: 'failed', code: 5000 });
    expect(await client.get(id)).toMatchObject({ status: 'failed', code: 5000 });
    expect(await commands.json(['accounts', 'show', 'studio'])).toMatchObject({ active_tasks: 0 });
    expect(await commands.json(['gate', 'show'])).toMatchObject({ in_flight: 0 });
    const told = async () => (await client.call<{ data: { type: string }[] }>('GET', '/v1/events')).body.data;
    await expect.poll(told).toMatchObject([{ type: 'task.failed' }]);
  });

  it('is refused to be ended so while its row is sound, and may be put back once it was ended', async () => {
    const id = await client.submit('simulator/1403.0/text-to-image');
    await client.ended(id);
    const sound = await commands.run(['tasks', 'end', id]);
    expect([sound.exitCode, sound.stderr]).toEqual([1, expect.stringContaining('The row of the task is not damaged')]);
    await spoil(id);
    await commands.json(['tasks', 'end', id]);
    await commands.json(['tasks', 'retry', id]);
    expect(await client.ended(id)).toMatchObject({ status: 'completed' });
  });
});
