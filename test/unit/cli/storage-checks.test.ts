// What `relay doctor` says of a table: ready, not ready yet, or of another layout than this version writes.
import { expect, it } from 'vitest';
import { storageChecks } from '../../../cli/checks/storage-checks.ts';
import { layoutMark } from '../../../core/adapters/dynamodb/table-layout.ts';
import { tableIndexes } from '../../../core/contract/items.ts';
import type { TableIndex } from '../../../core/contract/items.ts';
import type { CheckContext, Verdict } from '../../../cli/checks/check.ts';

const every = Object.values(tableIndexes).map(index);

function index({ name, partition, sort, includes }: TableIndex) {
  return {
    IndexName: name,
    IndexStatus: 'ACTIVE',
    KeySchema: [
      { AttributeName: partition, KeyType: 'HASH' },
      { AttributeName: sort, KeyType: 'RANGE' },
    ],
    Projection: { NonKeyAttributes: includes.length > 0 ? [...includes] : undefined },
  };
}

function allBut(name: string): readonly unknown[] {
  return every.filter(({ IndexName }) => IndexName !== name);
}

/** @param rows of the list of accounts. */
function verdictOn(indexes: readonly unknown[], rows: readonly unknown[] = [layoutMark]): Promise<Verdict> {
  const Table = { TableStatus: 'ACTIVE', GlobalSecondaryIndexes: indexes };
  const dynamo = { send: () => Promise.resolve({ Table, Items: rows }) };
  const check = storageChecks.find(({ name }) => name === 'table');
  if (!check) throw new Error('there is no check of the table');
  return check.run({ target: { clients: { dynamo }, tableName: 'relay' } } as unknown as CheckContext);
}

it('takes a table for ready whose indexes have the keys of this version', async () => {
  expect(await verdictOn(every)).toMatchObject({ status: 'ok' });
});

it.each([
  ['has other keys', { ...tableIndexes.byAccount, sort: 'taskId' }],
  ['shows something else', { ...tableIndexes.byAccount, includes: ['model'] }],
])('refuses a table of another layout, whose index %s, in one sentence, and says what to do', async (_how, other) => {
  const verdict = await verdictOn([...allBut('byAccount'), index(other)]);
  expect(verdict).toMatchObject({ status: 'failed', detail: expect.stringContaining('another layout') as string });
  expect(verdict.advice).toContain('--fresh');
});

it('refuses a table whose accounts were made under another layout, and accepts an empty one', async () => {
  const old = await verdictOn(every, [{ pk: { S: 'ACCOUNTS' } }]);
  expect(old).toMatchObject({ status: 'failed', detail: expect.stringContaining('another layout') as string });
  expect(old.advice).toContain('--fresh');
  expect(await verdictOn(every, [])).toMatchObject({ status: 'ok' });
});

it('waits for an index that is still being made', async () => {
  const verdict = await verdictOn([
    ...allBut('byAccount'),
    { ...index(tableIndexes.byAccount), IndexStatus: 'CREATING' },
  ]);
  expect(verdict).toMatchObject({ status: 'failed', detail: expect.stringContaining('not ready') as string });
});
