// Leases of places, over memory and a real table alike: never more than exist, whatever arrives at the same time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placesOf } from '../../core/adapters/dynamodb/dynamo-places.ts';
import { DynamoTable } from '../../core/adapters/dynamodb/dynamo-table.ts';
import { systemRandomSource } from '../../core/adapters/system-random-source.ts';
import { takeShare } from '../../core/flows/take-share.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { MemoryPlaces } from '../support/memory/memory-places.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Places } from '../../core/ports/places.ts';

const TABLE_NAME = 'places';
const START = 1_764_000_000_000;
const LEASE_MS = 30_000;

class SetClock {
  time = START;
  now = (): number => this.time;
  sleep = (): Promise<void> => Promise.resolve();
}

function describePlaces(open: (clock: SetClock) => Places): void {
  it('are as many as there are, though sixty come at the same time', async () => {
    const places = open(new SetClock());
    const taken = await Promise.all(Array.from({ length: 60 }, () => places.take('many', 5, LEASE_MS)));
    expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(5);
    const [refused] = taken.filter((one) => one.kind === 'full');
    expect(refused?.freeAt).toBeGreaterThanOrEqual(START + LEASE_MS);
    expect(refused?.freeAt).toBeLessThan(START + LEASE_MS + 1);
  });

  it('report how many others are held, and are free again once returned', async () => {
    const places = open(new SetClock());
    const first = await places.take('back', 2, LEASE_MS);
    const second = await places.take('back', 2, LEASE_MS);
    expect([first, second]).toMatchObject([{ others: 0 }, { others: 1 }]);
    if (first.kind === 'taken') await places.giveBack(first.place);
    expect(await places.take('back', 2, LEASE_MS)).toMatchObject({ kind: 'taken', others: 1 });
    expect(await places.take('back', 2, LEASE_MS)).toMatchObject({ kind: 'full' });
  });

  it('of a holder that died come free with the lease, and giving back late takes nothing from the next', async () => {
    const clock = new SetClock();
    const places = open(clock);
    const late = await places.take('late', 1, LEASE_MS);
    clock.time += LEASE_MS - 1;
    expect(await places.take('late', 1, LEASE_MS)).toMatchObject({ kind: 'full' });
    clock.time += 2;
    expect(await places.take('late', 1, LEASE_MS)).toMatchObject({ kind: 'taken', others: 0 });
    if (late.kind === 'taken') await places.giveBack(late.place);
    expect(await places.take('late', 1, LEASE_MS)).toMatchObject({ kind: 'full' });
  });

  it('are held on by their holder, not by one that has lost its place', async () => {
    const clock = new SetClock();
    const places = open(clock);
    const first = await places.take('renewed', 1, LEASE_MS);
    if (first.kind !== 'taken') throw new Error('the first place is free');
    clock.time += LEASE_MS - 1;
    const renewed = await places.renew(first.place, LEASE_MS);
    expect(renewed).toEqual({ ...first.place, until: clock.time + LEASE_MS });
    clock.time += LEASE_MS - 1;
    expect(await places.isFull('renewed', 1)).toBe(true);
    clock.time += 2;
    const second = await places.take('renewed', 1, LEASE_MS);
    expect(await places.renew(first.place, LEASE_MS)).toBeUndefined();
    if (second.kind === 'taken') await places.giveBack(second.place);
    if (second.kind === 'taken') expect(await places.renew(second.place, LEASE_MS)).toBeUndefined();
    expect(await places.isFull('renewed', 1)).toBe(false);
  });

  it('of the relay stay free when an account has used up its own', async () => {
    const places = open(new SetClock());
    const bounds = { resource: 'share', accountMax: 2, relayMax: 3, relayMaxForFirst: 4, leaseMs: LEASE_MS };
    const kinds = async (accountId: string, count: number): Promise<readonly string[]> => {
      const all: string[] = [];
      for (let one = 0; one < count; one += 1) all.push((await takeShare(places, accountId, bounds)).kind);
      return all;
    };
    expect(await kinds('greedy', 4)).toEqual(['taken', 'taken', 'full', 'full']);
    // A newcomer finds room that an account which holds something already does not get.
    expect(await kinds('second', 2)).toEqual(['taken', 'full']);
    expect(await kinds('third', 1)).toEqual(['taken']);
    expect(await kinds('fourth', 1)).toEqual(['full']);
  });
}

describe('places in memory', () => describePlaces((clock) => new MemoryPlaces(clock)));

describe.runIf(hasDynoxide() || process.env['CI'])('places in a table', () => {
  let dynoxide: Awaited<ReturnType<typeof startDynoxide>>;
  let client: DynamoDBClient;

  beforeAll(async () => {
    dynoxide = await startDynoxide();
    client = localDynamoClient(dynoxide.endpoint);
    await createRelayTable(client, TABLE_NAME);
  });
  afterAll(async () => {
    client.destroy();
    await dynoxide.stop();
  });

  describePlaces((clock) =>
    placesOf(new DynamoTable({ tableName: TABLE_NAME, client, clock, randomSource: systemRandomSource })),
  );

  it('go to one holder each, even if two requests in one millisecond draw nearly the same number', async () => {
    let drawn = 0;
    // Alike in the first six digits: all draw the same place, and only the rest of the number distinguishes them.
    const random = (): number => 0.5 + (drawn += 1) * 1e-9;
    const randomSource = { random, id: () => systemRandomSource.id() };
    const places = placesOf(new DynamoTable({ tableName: TABLE_NAME, client, clock: new SetClock(), randomSource }));
    const taken = await Promise.all(Array.from({ length: 8 }, () => places.take('alike', 3, LEASE_MS)));
    expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(3);
  });
});
