// What webhooks leave in the table expires: every row that an event or a delivery makes carries a time to live,
// so that storage is bounded by thirty days of tasks. What an owner registered stays until the owner removes it.
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveDoorbells } from '../../functions/deliver/flow.ts';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { newSecret } from '../../core/domain/webhook/webhook-secrets.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { MemoryRelay } from '../support/memory-relay.ts';
import { ScriptedReceivers } from '../support/memory/scripted-receivers.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import { endedVersion, newTask } from './store/stored-task.ts';
import type { Dynoxide } from '../support/dynoxide.ts';

const TABLE = 'webhook-expiry';

describe.runIf(hasDynoxide() || process.env['CI'])('what webhooks leave in the table', () => {
  let dynoxide: Dynoxide;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide.stop());

  it('expires thirty days after its last use, except endpoints and secrets', async () => {
    const client = localDynamoClient(dynoxide.endpoint);
    await createRelayTable(client, TABLE);
    const relay = new MemoryRelay();
    const { clock, randomSource, settings } = relay;
    const store = makeDynamoStore({ client, tableName: TABLE, clock, randomSource, settings: settings.gate });
    const task = newTask({ webhookUrl: 'https://app.example/hook' });
    const now = clock.now();
    await store.createEndpoint({
      id: `we_${randomSource.id()}`,
      accountId: task.accountId,
      url: 'https://down.example/hook',
      headers: {},
      shape: 'event',
      secrets: [newSecret('v1', () => randomSource.secret(), now)],
      createdAt: now,
      updatedAt: now,
      version: 1,
    });
    await store.commit({ changes: [{ after: task }] });
    await store.commit({ changes: [{ before: task, after: endedVersion(task, { endedAt: now }) }] });
    const receivers = new ScriptedReceivers(clock);
    receivers.script('https://down.example/hook', 500);
    const event = { accountId: task.accountId, position: now, eventId: `evt_${task.id}_1` };
    const { doorbells, places, metrics, log } = relay;
    await serveDoorbells({ store, caller: receivers, doorbells, places, clock, randomSource, metrics, log, settings }, [
      { messageId: '1', doorbell: { kind: 'event', ...event } },
    ]);
    expect(receivers.calls).toHaveLength(2);

    const { Items: rows = [] } = await client.send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }));
    const kindOf = ({ pk, sk }: { pk?: { S?: string }; sk?: { S?: string } }): string =>
      [pk?.S, sk?.S].map((text = '') => text.replace(/#.*$|^\d.*$/, '')).join(' ');
    const expiring = new Map<string, number | undefined>();
    for (const row of rows) expiring.set(kindOf(row), row['ttl']?.N === undefined ? undefined : Number(row['ttl'].N));
    const made = ['EVENTS ', 'LANE DELIVERY', 'LANE ENTRY', 'LANE LANE', 'TASK EVENT'];
    for (const kind of made) {
      expect(expiring.get(kind), kind).toBeGreaterThanOrEqual((now + settings.retention.eventsMs) / 1_000);
    }
    for (const kind of ['ACCOUNT ENDPOINT', 'ACCOUNT ENDPOINTS', 'ACCOUNT SIGNING']) {
      expect([kind, expiring.has(kind), expiring.get(kind)]).toEqual([kind, true, undefined]);
    }
    client.destroy();
  });
});
