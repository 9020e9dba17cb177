// The physics of the table model: what DynamoDB does to those who write at once, too much or too large.
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { GetItemCommandOutput, QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { VirtualTime } from '../../simulation/virtual-time.ts';
import { TableMeter } from '../../support/table/table-meter.ts';
import { TableModel } from '../../support/table/table-model.ts';

const TABLE_NAME = 'relay';

function key(pk: string) {
  return { pk: { S: pk }, sk: { S: 'ROW' } };
}

function put(pk: string, bytes: number = 10) {
  return { TableName: TABLE_NAME, Item: { ...key(pk), text: { S: 'a'.repeat(bytes) } } };
}

class Table {
  readonly time = new VirtualTime(0, { isWhole: false });
  readonly meter = new TableMeter();
  readonly model: TableModel;

  constructor(lockMs: number = 5) {
    const source = new FixedRandomSource(1, this.time);
    const random = (): number => source.random();
    this.model = new TableModel({ time: this.time, random, meter: this.meter, lockMs, isTimed: true });
  }

  send(command: unknown): Promise<unknown> {
    const sent = this.model.client(() => 'test').send(command as never) as unknown as Promise<unknown>;
    // Checked after time has moved on: until then no caller has received a failure.
    sent.catch(() => undefined);
    return sent;
  }

  transact(...pks: readonly string[]): Promise<unknown> {
    return this.send(new TransactWriteItemsCommand({ TransactItems: pks.map((pk) => ({ Put: put(pk) })) }));
  }

  async pass(forMs: number): Promise<void> {
    const until = this.time.now() + forMs;
    this.time.after(forMs, () => undefined);
    await this.run(until);
  }

  async run(untilMs: number = 60_000): Promise<void> {
    while (this.time.now() < untilMs && this.time.step()) await new Promise(setImmediate);
  }
}

function codesOf(error: unknown) {
  return (error as { CancellationReasons: { Code: string }[] }).CancellationReasons.map(({ Code }) => Code);
}

describe('a table under physics', () => {
  it.each([5, 8, 12])('cancels a transaction that meets the items of another, locked for %i ms', async (lockMs) => {
    const table = new Table(lockMs);
    const first = table.transact('a', 'shared');
    let second: Promise<unknown> | undefined;
    table.time.after(3, () => {
      second = table.transact('shared', 'b');
    });
    await table.run();
    await first;
    const error = await second?.catch((reason: unknown) => reason);
    expect(codesOf(error)).toEqual(['TransactionConflict', 'None']);
    expect(table.model.rows.get(key('b'))).toBeUndefined();
    expect(table.meter.sum('conflicts')).toBe(1);
  });

  it('opens the locks of a refused transaction, and not those of who comes behind it', async () => {
    const table = new Table(12);
    const refused = table.send(
      new TransactWriteItemsCommand({
        TransactItems: [{ Put: { ...put('shared'), ConditionExpression: 'attribute_exists(pk)' } }],
      }),
    );
    const answers: unknown[] = [];
    const transact = (name: string) => () =>
      void table.transact('shared', name).then(
        () => answers.push(`${name} written`),
        (error: Error) => answers.push(`${name} ${codesOf(error)[0]}`),
      );
    table.time.after(2, transact('second'));
    table.time.after(7, transact('third'));
    await table.run();
    expect(codesOf(await refused.catch((reason: unknown) => reason))).toEqual(['ConditionalCheckFailed']);
    expect(answers).toEqual(['third TransactionConflict', 'second written']);
  });

  it('refuses a plain write that meets a transaction, and lets one through when it is over', async () => {
    const table = new Table();
    const transaction = table.transact('a', 'b');
    const answers: unknown[] = [];
    const write = () =>
      void table.send(new PutItemCommand(put('a'))).then(
        () => answers.push('written'),
        (error: Error) => answers.push(error.name),
      );
    table.time.after(3, write);
    table.time.after(40, write);
    await table.run();
    await transaction;
    expect(answers).toEqual(['TransactionConflictException', 'written']);
  });

  it('serves every write of different items, however many come at once', async () => {
    const table = new Table();
    const all = Array.from({ length: 50 }, (_, index) => table.transact(`a${index}`, `b${index}`));
    await table.run();
    await expect(Promise.all(all)).resolves.toHaveLength(50);
  });

  it('takes a thousand write units a second on one partition key, and throttles the rest', async () => {
    const table = new Table();
    let written = 0;
    const count = () => (written += 1);
    for (let ms = 0; ms < 4_000; ms += 1) {
      table.time.after(ms, () => void table.send(new PutItemCommand(put('hot', 1_500))).then(count, () => undefined));
    }
    await table.run(4_000);
    // Two units each, and a bucket that is full at the beginning.
    expect(written).toBeGreaterThan(2_000);
    expect(written).toBeLessThan(2_600);
    expect(table.meter.sum('throttles')).toBeGreaterThan(0);
  });

  it('bills refused writes of items that are not there to the partitions of their keys', async () => {
    const table = new Table();
    let refused = 0;
    const update = (pk: string) =>
      new UpdateItemCommand({
        TableName: TABLE_NAME,
        Key: key(pk),
        UpdateExpression: 'SET n = :n',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':n': { N: '1' } },
      });
    for (let index = 0; index < 3_000; index += 1) {
      const isRefused = (error: { name: string }) =>
        (refused += Number(error.name === 'ConditionalCheckFailedException'));
      void table.send(update(`absent-${index}`)).catch(isRefused);
    }
    await table.run();
    expect(refused).toBe(3_000);
    expect(table.meter.sum('throttles')).toBe(0);
  });

  it('counts units by the whole item, twice in a transaction, and an entry of each index that changes', async () => {
    const table = new Table();
    const item = { ...key('a'), text: { S: 'a'.repeat(2_000) }, dueShard: { S: 'DUE#1' }, dueAt: { N: '5' } };
    const steps = [
      new PutItemCommand({ TableName: TABLE_NAME, Item: item }),
      // One attribute more, and the entry of the index stays as it is.
      new UpdateItemCommand({
        TableName: TABLE_NAME,
        Key: key('a'),
        UpdateExpression: 'SET n = :n',
        ExpressionAttributeValues: { ':n': { N: '1' } },
      }),
      // The key of the index moves: one entry removed, one written.
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Update: {
              TableName: TABLE_NAME,
              Key: key('a'),
              UpdateExpression: 'SET dueAt = :at',
              ExpressionAttributeValues: { ':at': { N: '9' } },
            },
          },
        ],
      }),
    ];
    const units: number[][] = [];
    for (const step of steps) {
      table.meter.clear();
      const sent = table.send(step);
      await table.run();
      await sent;
      units.push([table.meter.sum('writeUnits'), table.meter.sum('indexUnits')]);
    }
    expect(units).toEqual([
      [2, 1],
      [2, 0],
      [4, 2],
    ]);
  });

  it('counts a strongly consistent read of 4 KB as one unit, and a query by what it read', async () => {
    const table = new Table();
    const writes = ['1', '2', '3'].map((sk) =>
      table.send(
        new PutItemCommand({
          TableName: TABLE_NAME,
          Item: { pk: { S: 'q' }, sk: { S: sk }, text: { S: 'a'.repeat(3_000) } },
        }),
      ),
    );
    await table.run();
    await Promise.all(writes);
    const get = table.send(
      new GetItemCommand({ TableName: TABLE_NAME, Key: { pk: { S: 'q' }, sk: { S: '1' } }, ConsistentRead: true }),
    );
    const query = table.send(
      new QueryCommand({
        TableName: TABLE_NAME,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'q' } },
      }),
    );
    await table.run();
    await Promise.all([get, query]);
    // One for the item, and half of three for 9 KB read eventually.
    expect(table.meter.sum('readUnits')).toBe(1 + 1.5);
  });

  it.each(['get', 'query', 'index'] as const)(
    'lets a %s see what was overwritten a moment ago, unless it is consistent',
    async (how) => {
      const table = new Table();
      const [shard, dueAt] = [{ S: 'due' }, { N: '1' }];
      const write = (version: string, due: object = { dueShard: shard, dueAt }) =>
        table.send(
          new PutItemCommand({ TableName: TABLE_NAME, Item: { ...key('a'), version: { N: version }, ...due } }),
        );
      const read = async (ConsistentRead: boolean): Promise<string[]> => {
        const pk =
          how === 'index' ? { index: 'due', name: 'dueShard', value: shard } : { name: 'pk', value: { S: 'a' } };
        const query = {
          TableName: TABLE_NAME,
          IndexName: pk.index,
          KeyConditionExpression: `${pk.name} = :pk`,
          ExpressionAttributeValues: { ':pk': pk.value },
          ConsistentRead,
        };
        const command =
          how === 'get'
            ? new GetItemCommand({ TableName: TABLE_NAME, Key: key('a'), ConsistentRead })
            : new QueryCommand(query);
        const { Item: item, Items: items } = (await table.send(command)) as GetItemCommandOutput & QueryCommandOutput;
        return (items ?? (item ? [item] : [])).map(({ version }) => version?.N ?? 'an entry');
      };
      const readMany = async (isConsistent: boolean): Promise<Set<string>> => {
        const reads = Array.from({ length: 40 }, () => read(isConsistent));
        await table.run(table.time.now() + 20);
        return new Set((await Promise.all(reads)).map((found) => found.join()));
      };
      const shown = (version: string): string => (how === 'index' ? 'an entry' : version);
      void write('1');
      await table.pass(10);
      expect(await readMany(false)).toEqual(new Set([shown('1'), '']));
      if (how !== 'index') expect(await readMany(true)).toEqual(new Set(['1']));
      await table.pass(1_000);
      expect(await readMany(false)).toEqual(new Set([shown('1')]));
      void write('2', {});
      await table.pass(10);
      expect(await readMany(false)).toEqual(new Set(how === 'index' ? ['an entry', ''] : ['1', '2']));
      await table.pass(1_000);
      expect(await readMany(false)).toEqual(new Set([how === 'index' ? '' : '2']));
    },
  );

  it('refuses an expression above 4 KB and an item above 400 KB', async () => {
    const table = new Table();
    const long = Array.from({ length: 600 }, (_, index) => `n${index} :v`).join(', ');
    const update = table.send(
      new UpdateItemCommand({
        TableName: TABLE_NAME,
        Key: key('a'),
        UpdateExpression: `ADD ${long}`,
        ExpressionAttributeValues: { ':v': { N: '1' } },
      }),
    );
    const large = table.send(new PutItemCommand(put('a', 410_000)));
    await table.run();
    await expect(update).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(large).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('refuses a batch that names an item twice, whole, and takes one that names each once', async () => {
    const table = new Table();
    const writeOf = (...pks: readonly string[]) => {
      const requests = pks.map((pk, index) =>
        index === 0 ? { PutRequest: { Item: put(pk).Item } } : { DeleteRequest: { Key: key(pk) } },
      );
      return table.send(new BatchWriteItemCommand({ RequestItems: { [TABLE_NAME]: requests } }));
    };
    const readOf = (...pks: readonly string[]) =>
      table.send(new BatchGetItemCommand({ RequestItems: { [TABLE_NAME]: { Keys: pks.map(key) } } }));
    const refused = [writeOf('a', 'b', 'a'), readOf('a', 'b', 'a')];
    const taken = [writeOf('c', 'd'), readOf('a', 'b')];
    await table.run();
    const message = 'Provided list of item keys contains duplicates';
    for (const batch of refused) await expect(batch).rejects.toMatchObject({ name: 'ValidationException', message });
    await Promise.all(taken);
    expect(table.model.rows.get(key('a'))).toBeUndefined();
    expect(table.model.rows.get(key('c'))).toBeDefined();
  });

  it('recognises a transaction that is sent again under its token as the committed one', async () => {
    const table = new Table();
    const add = {
      TableName: TABLE_NAME,
      Key: key('n'),
      UpdateExpression: 'ADD n :v',
      ExpressionAttributeValues: { ':v': { N: '1' } },
    };
    const command = new TransactWriteItemsCommand({ TransactItems: [{ Update: add }], ClientRequestToken: 'once' });
    for (let sends = 0; sends < 2; sends += 1) {
      const sent = table.send(command);
      await table.run();
      await sent;
    }
    expect(table.model.rows.get(key('n'))?.['n']).toEqual({ N: '1' });
  });
});
