// Resending: what is worth another try gets it, after growing waits, so often and not longer; the rest fails at once.
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { batchGet } from '../../../core/adapters/dynamodb/dynamo-reads.ts';
import { DynamoTable } from '../../../core/adapters/dynamodb/dynamo-table.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import type { Item } from '../../../core/adapters/dynamodb/dynamo-table.ts';

type Send = (command: unknown) => Promise<unknown>;

/** A table whose client answers from a script, and which records every wait between sends. */
function tableWith(send: Send, random = 0.999_999) {
  const waitsMs: number[] = [];
  const clock = {
    now: () => 0,
    sleep: async (delayMs: number) => {
      waitsMs.push(delayMs);
    },
  };
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.send = send as typeof client.send;
  const table = new DynamoTable({
    tableName: 'relay',
    clock,
    randomSource: { random: () => random, id: () => 'id' },
    client,
  });
  return { table, waitsMs };
}

function fault(name: string) {
  return Object.assign(new Error('no'), { name });
}

function failing(name: string, times: number): { send: Send; sent: () => number } {
  let sends = 0;
  const send = async () => {
    sends += 1;
    if (sends <= times) throw fault(name);
    return { Item: { pk: { S: 'there' } } };
  };
  return { send, sent: () => sends };
}

function get(table: DynamoTable) {
  return table.call((client) => client.send(new GetItemCommand({ TableName: table.name, Key: { pk: { S: 'a' } } })));
}

describe('a call of the table', () => {
  it('is sent again while others write the same items, after waits that grow', async () => {
    const { send, sent } = failing('TransactionConflictException', 13);
    const { table, waitsMs } = tableWith(send);

    expect(await get(table)).toMatchObject({ Item: { pk: { S: 'there' } } });
    expect(sent()).toBe(14);
    expect(waitsMs).toEqual([10, 20, 40, 80, 160, 320, 400, 400, 400, 400, 400, 400, 400]);
  });

  it.each([
    ['others write the same items', 'TransactionConflictException', 'store-contended'],
    ['the table throttles', 'ThrottlingException', 'store-unavailable'],
  ])('in haste is not sent again while %s', async (_what, name, code) => {
    const met = failing(name, 1);
    const { table, waitsMs } = tableWith(met.send);
    const hasty = table.call((client) => client.send(new GetItemCommand({ TableName: 'relay', Key: {} })), 'none');
    await expect(hasty).rejects.toMatchObject({ code });
    expect([met.sent(), waitsMs]).toEqual([1, []]);
  });

  it('waits shortly where it is asked to, and gives up soon', async () => {
    const { table, waitsMs } = tableWith(failing('TransactionConflictException', 15).send, 0.5);
    const short = table.call((client) => client.send(new GetItemCommand({ TableName: 'relay', Key: {} })), 'short');
    await expect(short).rejects.toMatchObject({ code: 'store-contended' });
    expect(waitsMs).toHaveLength(9);
    expect(Math.max(...waitsMs)).toBe(40);
  });

  it('waits at random, so that writers that collided do not collide again', async () => {
    const { table, waitsMs } = tableWith(failing('TransactionConflictException', 3).send, 0.5);

    await get(table);

    expect(waitsMs).toEqual([5, 10, 20]);
  });

  it.each([
    ['TransactionConflictException', 'store-contended', 14],
    ['ThrottlingException', 'store-unavailable', 5],
    ['TimeoutError', 'store-unavailable', 2],
  ])('is given up after %s has been met too often', async (name, code, sends) => {
    const { send, sent } = failing(name, Number.POSITIVE_INFINITY);
    const { table } = tableWith(send);

    await expect(get(table)).rejects.toMatchObject({ code, cause: { name } });
    expect(sent()).toBe(sends);
  });

  it('is not sent again when it was wrong', async () => {
    const { send, sent } = failing('ValidationException', 1);
    const { table } = tableWith(send);

    await expect(get(table)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(sent()).toBe(1);
  });
});

describe('reading many items by their keys', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, index) => ({ pk: `p${index}`, sk: 's' }));
  const itemsOf = (wanted: Item[]) => ({ Responses: { relay: wanted } });
  const wantedBy = (command: unknown): Item[] =>
    command instanceof BatchGetItemCommand ? (command.input.RequestItems?.['relay']?.Keys as Item[]) : [];

  it('asks for a hundred at most at a time, and for each key once', async () => {
    const sizes: number[] = [];
    const { table } = tableWith(async (command) => {
      sizes.push(wantedBy(command).length);
      return itemsOf(wantedBy(command));
    });

    const items = await batchGet(table, [...keys(250), ...keys(10)], { consistent: true });

    expect(sizes).toEqual([100, 100, 50]);
    expect(items).toHaveLength(250);
  });

  it('reads again what was left out, without a wait while it makes progress', async () => {
    const { table, waitsMs } = tableWith(async (command) => {
      const wanted = wantedBy(command);
      const left = wanted.slice(4);
      return { ...itemsOf(wanted.slice(0, 4)), ...(left.length > 0 && { UnprocessedKeys: { relay: { Keys: left } } }) };
    });

    expect(await batchGet(table, keys(10), { consistent: true })).toHaveLength(10);
    expect(waitsMs).toEqual([]);
  });

  it('waits when nothing at all came, and gives up when nothing ever comes', async () => {
    const { table, waitsMs } = tableWith(async (command) => ({
      UnprocessedKeys: { relay: { Keys: wantedBy(command) } },
    }));

    const reading = batchGet(table, keys(2), { consistent: true });

    await expect(reading).rejects.toThrow(RelayError);
    expect(waitsMs).toEqual([20, 40, 80, 160, 320]);
  });
});
