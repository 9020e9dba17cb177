// The acknowledged alarms, in a real table and in memory: the newest counts, what is over goes, nothing else is touched.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acknowledgementsOf } from '../../core/adapters/dynamodb/dynamo-acknowledgements.ts';
import { DynamoTable } from '../../core/adapters/dynamodb/dynamo-table.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { MemoryAcknowledgements } from '../support/memory/memory-acknowledgements.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Acknowledgements } from '../../core/ports/acknowledgements.ts';
import type { Dynoxide } from '../support/dynoxide.ts';

const clock = { now: () => 1, sleep: () => Promise.resolve() };

function keepsThem(make: () => Promise<Acknowledgements>): void {
  it('keeps one for each alarm, and removes those that are over', async () => {
    const kept = await make();
    expect(await kept.read()).toEqual({});
    await kept.write('Settle/Spend', { by: 'Ada', at: 1, since: 0 }, []);
    await Promise.all([
      kept.write('Api/Slow', { by: 'Bob', at: 2, since: 1, reason: 'on it' }, []),
      kept.write('Settle/Spend', { by: 'Bob', at: 3, since: 0 }, ['Gate/Paused']),
    ]);
    const slow = { by: 'Bob', at: 2, since: 1, reason: 'on it' };
    expect(await kept.read()).toEqual({ 'Api/Slow': slow, 'Settle/Spend': { by: 'Bob', at: 3, since: 0 } });
    await kept.write('Api/Slow', slow, ['Settle/Spend', 'Gate/Paused']);
    expect(await kept.read()).toEqual({ 'Api/Slow': slow });
  });
}

describe('acknowledged alarms in memory', () => keepsThem(() => Promise.resolve(new MemoryAcknowledgements())));

describe.runIf(hasDynoxide() || process.env['CI'])('acknowledged alarms in the table', () => {
  let dynoxide: Dynoxide;
  let client: DynamoDBClient;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
    client = localDynamoClient(dynoxide.endpoint);
  });
  afterAll(async () => {
    client.destroy();
    await dynoxide.stop();
  });

  keepsThem(async () => {
    await createRelayTable(client, 'acknowledgements');
    const randomSource = new FixedRandomSource(3, clock);
    return acknowledgementsOf(new DynamoTable({ tableName: 'acknowledgements', client, clock, randomSource }));
  });
});
