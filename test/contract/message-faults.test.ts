// The causes of failed messages in a real table: the latest is found, nothing of an error is stored that a log may not
// contain, and the item expires.
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from '../../core/adapters/dynamodb/dynamo-faults.ts';
import { DynamoTable } from '../../core/adapters/dynamodb/dynamo-table.ts';
import { systemRandomSource } from '../../core/adapters/system-random-source.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { FaultReader, FaultRecorder } from '../../core/ports/message-faults.ts';

const DAY_SECONDS = 86_400;
const TABLE_NAME = 'faults';

describe.runIf(hasDynoxide() || process.env['CI'])('the causes of failed messages', () => {
  let dynoxide: Awaited<ReturnType<typeof startDynoxide>>;
  let client: DynamoDBClient;
  let faults: FaultRecorder & FaultReader;

  beforeAll(async () => {
    dynoxide = await startDynoxide();
    client = localDynamoClient(dynoxide.endpoint);
    await createRelayTable(client, TABLE_NAME);
    const clock = { now: () => 1_000_000, sleep: () => Promise.resolve() };
    faults = faultsOf(
      new DynamoTable({ tableName: TABLE_NAME, client, clock, randomSource: systemRandomSource }),
      'relay',
    );
  });
  afterAll(async () => {
    client.destroy();
    await dynoxide.stop();
  });

  it('are found by message, the latest of each, and unknown messages are left out', async () => {
    const [first, last] = ['store-contended', 'store-unavailable'] as const;
    await faults.recordFaults([{ messageId: 'a', receiveCount: 1, error: new RelayError(first, 'first') }]);
    await faults.recordFaults([{ messageId: 'a', receiveCount: 2, error: new RelayError(last, 'last') }]);
    expect(await faults.faultsOf(['a', 'unknown'])).toEqual([
      {
        ...{ messageId: 'a', service: 'relay', at: 1_000_000, receiveCount: 2 },
        error: { name: 'RelayError', code: last, text: 'last' },
      },
    ]);
  });

  it('contain no quote of a parser and no key', async () => {
    const quoting = new SyntaxError('Unexpected token in "a secret prompt"');
    const telling = new Error('refused Bearer sk_1234567890abcdef');
    await faults.recordFaults([
      { messageId: 'b', receiveCount: 1, error: quoting },
      { messageId: 'c', receiveCount: 1, error: telling },
    ]);
    const texts = (await faults.faultsOf(['b', 'c'])).map(({ error }) => error.text).join();
    expect(texts).not.toMatch(/prompt|1234567890/);
  });

  it('expire when no queue can hold the message any longer', async () => {
    await faults.recordFaults([{ messageId: 'd', receiveCount: 1, error: 'no error at all' }]);
    const Key = { pk: { S: 'FAULT#d' }, sk: { S: 'FAULT' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: TABLE_NAME, Key }));
    expect(Number(Item?.['ttl']?.N)).toBeGreaterThan(1_000 + 18 * DAY_SECONDS - 1);
  });
});
