// What it costs to read what an event is fanned out by: one unit of a usual account, and never more than once the long
// rows that lie between an account's endpoints and its secrets.
import { describe, expect, it } from 'vitest';
import { makeDynamoStore } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { limits } from '../../../core/domain/limits.ts';
import { newAccount } from '../../contract/store/stored-task.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { SteppedClock } from '../../support/memory/stepped-clock.ts';
import { NOW } from '../../support/sample-task.ts';
import { TableMeter } from '../../support/table/table-meter.ts';
import { TableModel } from '../../support/table/table-model.ts';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function accountOf(endpoints: number) {
  const clock = new SteppedClock(NOW);
  const meter = new TableMeter();
  const table = new TableModel({ time: clock, random: Math.random, meter, lockMs: 5, isTimed: false });
  const store = makeDynamoStore({
    client: table.client(() => 'test'),
    tableName: 'relay',
    clock,
    randomSource: new FixedRandomSource(1, clock),
    settings: defaultSettings.gate,
  });
  const account = newAccount();
  await store.putAccount(account);
  const secrets = [{ secret: `whsec_${'a'.repeat(44)}`, createdAt: NOW }];
  await store.saveSigning({ accountId: account.id, secrets, version: 1 });
  for (const index of many(endpoints)) {
    const times = { createdAt: NOW, updatedAt: NOW, version: 1 };
    const url = `https://receiver.example/${'p'.repeat(100)}`;
    const endpoint = { id: `we_${index}`, accountId: account.id, url, headers: {}, shape: 'event', secrets, ...times };
    await store.createEndpoint({ ...endpoint, shape: 'event' });
  }
  const unitsOf = async (act: () => Promise<unknown>): Promise<number> => {
    meter.clear();
    await act();
    return meter.sum('readUnits');
  };
  return { store, accountId: account.id, unitsOf };
}

describe('what an event is fanned out by', () => {
  it.each([
    [0, 1],
    [5, 1],
    [limits.webhookEndpointsMax, 6],
  ])('is one query, of an account with %i endpoints of %i units', async (endpoints, units) => {
    const { store, accountId, unitsOf } = await accountOf(endpoints);
    const read = async (): Promise<void> => {
      const { signing, endpoints: found } = await store.loadReceivers(accountId);
      expect(found).toHaveLength(endpoints);
      expect(signing).toBeDefined();
    };
    expect(await unitsOf(read)).toBe(units);
  });

  it('reads long mutes of an account once, and its secrets alone from then on', async () => {
    const { store, accountId, unitsOf } = await accountOf(2);
    const by = { kind: 'command-line', principal: 'ada@desk' } as const;
    const mute = { key: 'http-429', model: '*', accountId, until: NOW + 1, reason: 'r'.repeat(500), by, at: NOW };
    const mutes = many(limits.mutesMax).map(() => mute);
    await store.saveMutes({ side: 'own', accountId, mutes, version: 0 });
    const read = async (): Promise<void> => {
      const { signing, endpoints } = await store.loadReceivers(accountId);
      expect(endpoints).toHaveLength(2);
      expect(signing ?? (await store.loadSigning(accountId))).toBeDefined();
    };
    expect(await unitsOf(read)).toBeGreaterThan(10);
    expect(await unitsOf(read)).toBe(2);
    expect(await unitsOf(read)).toBe(2);
  });
});
