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
    const gone = { by: 'Ada', at: 0, since: 0 };
    await kept.write('Settle/Spend', { by: 'Ada', at: 1, since: 0 }, {});
    await Promise.all([
      kept.write('Api/Slow', { by: 'Bob', at: 2, since: 1, reason: 'on it' }, {}),
      kept.write('Settle/Spend', { by: 'Bob', at: 3, since: 0 }, { 'Gate/Paused': gone }),
    ]);
    const slow = { by: 'Bob', at: 2, since: 1, reason: 'on it' };
    expect(await kept.read()).toEqual({ 'Api/Slow': slow, 'Settle/Spend': { by: 'Bob', at: 3, since: 0 } });
    await kept.write('Api/Slow', slow, { 'Settle/Spend': { by: 'Bob', at: 3, since: 0 }, 'Gate/Paused': gone });
    expect(await kept.read()).toEqual({ 'Api/Slow': slow });
  });

  it('removes none that was written since those that are over were read', async () => {
    const kept = await make();
    const [old, anew] = [
      { by: 'Ada', at: 1, since: 0 },
      { by: 'Bob', at: 5, since: 4 },
    ];
    for (const name of ['Settle/Spend', 'Gate/Paused', 'Sweep/Late']) await kept.write(name, old, {});
    const over = await kept.read();
    await Promise.all([kept.write('Gate/Paused', anew, {}), kept.write('Api/Slow', anew, {})]);
    await kept.write('Deliver/Late', anew, over);
    expect(await kept.read()).toEqual({ 'Gate/Paused': anew, 'Api/Slow': anew, 'Deliver/Late': anew });
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

  let tables = 0;
  keepsThem(async () => {
    const tableName = `acknowledgements-${(tables += 1)}`;
    await createRelayTable(client, tableName);
    const randomSource = new FixedRandomSource(3, clock);
    return acknowledgementsOf(new DynamoTable({ tableName, client, clock, randomSource }));
  });
});
