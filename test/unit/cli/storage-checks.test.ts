// What `relay doctor` says of a table: ready, not ready yet, or of another layout than this version writes.
import { expect, it } from 'vitest';
import { storageChecks } from '../../../cli/checks/storage-checks.ts';
import { INDEXES } from '../../../core/contract/items.ts';
import type { CheckContext, Verdict } from '../../../cli/checks/check.ts';

function index({ name, partition, sort }: { name: string; partition: string; sort: string }) {
  return {
    IndexName: name,
    IndexStatus: 'ACTIVE',
    KeySchema: [
      { AttributeName: partition, KeyType: 'HASH' },
      { AttributeName: sort, KeyType: 'RANGE' },
    ],
  };
}

function verdictOn(indexes: readonly unknown[]): Promise<Verdict> {
  const Table = { TableStatus: 'ACTIVE', GlobalSecondaryIndexes: indexes };
  const dynamo = { send: () => Promise.resolve({ Table }) };
  const check = storageChecks.find(({ name }) => name === 'table');
  if (!check) throw new Error('there is no check of the table');
  return check.run({ target: { clients: { dynamo }, tableName: 'relay' } } as unknown as CheckContext);
}

it('takes a table for ready whose indexes have the keys of this version', async () => {
  expect(await verdictOn(Object.values(INDEXES).map(index))).toMatchObject({ status: 'ok' });
});

it('refuses a table of another layout in one sentence, and says what to do', async () => {
  const verdict = await verdictOn([index(INDEXES.due), index({ ...INDEXES.byAccount, sort: 'taskId' })]);
  expect(verdict).toMatchObject({ status: 'failed', detail: expect.stringContaining('another layout') as string });
  expect(verdict.advice).toContain('--fresh');
});

it('waits for an index that is still being made', async () => {
  const verdict = await verdictOn([index(INDEXES.due), { ...index(INDEXES.byAccount), IndexStatus: 'CREATING' }]);
  expect(verdict).toMatchObject({ status: 'failed', detail: expect.stringContaining('not ready') as string });
});
