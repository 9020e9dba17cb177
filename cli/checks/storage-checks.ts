// Checks of what the relay stores: the table with its indexes, the queues, the messages in the dead-letter queues, and
// whether anything is overdue, which cannot last while the sweep runs.
import { DescribeContinuousBackupsCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { isOfThisLayout } from '../../core/adapters/dynamodb/table-layout.ts';
import { tableIndexes } from '../../core/contract/items.ts';
import { countMessages, redriveTargetOf } from '../../core/adapters/sqs-dead-letters.ts';
import { failed, ok, warning } from './check.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { typed } from '../typed-command.ts';
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import type { Check } from './check.ts';

/** In these states an index cannot be queried; while it is updated, it can. */
const beingMade = new Set<string | undefined>(['CREATING', 'DELETING']);

/** What identifies an index: its keys, and the attributes that it projects. */
function shapeOf(table: TableDescription | undefined, indexName: string): string {
  const { KeySchema = [], Projection } =
    table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === indexName) ?? {};
  const keys = KeySchema.map(({ AttributeName }) => AttributeName);
  return `${keys.join(', ')}: ${[...(Projection?.NonKeyAttributes ?? [])].sort().join(', ')}`;
}

const tableCheck: Check = {
  name: 'table',
  run: async ({ target: { clients, tableName } }) => {
    const { Table: table } = await clients.dynamo.send(new DescribeTableCommand({ TableName: tableName }));
    const indexes = new Map(
      (table?.GlobalSecondaryIndexes ?? []).map(({ IndexName, IndexStatus }) => [IndexName, IndexStatus]),
    );
    const missing = Object.values(tableIndexes).filter(
      ({ name }) => !indexes.has(name) || beingMade.has(indexes.get(name)),
    );
    if (table?.TableStatus !== 'ACTIVE' || missing.length > 0) {
      const what = missing.length > 0 ? `the index ${missing[0]?.name} is not ready` : `it is ${table?.TableStatus}`;
      return failed(`${tableName}: ${what}.`, 'Wait until the deployment has ended; else deploy again.');
    }
    const other = Object.values(tableIndexes).find(
      ({ name, partition, sort, includes }) =>
        shapeOf(table, name) !== `${partition}, ${sort}: ${[...includes].sort().join(', ')}`,
    );
    const how = other
      ? `its index ${other.name} has other keys or projects other attributes`
      : !(await isOfThisLayout(clients.dynamo, tableName)) && 'its rows were written by another version';
    if (how) {
      return failed(
        `${tableName} has another layout than this version writes: ${how}.`,
        'Deploy a stack of this version beside it; locally, start with --fresh.',
      );
    }
    return ok(`${tableName} and its indexes are ready.`);
  },
};

const backupCheck: Check = {
  name: 'backups',
  run: async ({ target: { clients, tableName, kind } }) => {
    if (kind === 'local') return ok('The local table is a file in the data directory.');
    const { ContinuousBackupsDescription: backups } = await clients.dynamo.send(
      new DescribeContinuousBackupsCommand({ TableName: tableName }),
    );
    return backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED'
      ? ok('The table can be restored to any second of the last 35 days.')
      : warning(
          'Point-in-time recovery is off.',
          'The template turns it on: find out who turned it off, and deploy again.',
        );
  },
};

const queueCheck: Check = {
  name: 'queues',
  run: async ({ target: { clients, queues } }) => {
    const lost: string[] = [];
    for (const [name, { url }] of Object.entries(queues)) {
      if ((await redriveTargetOf(clients.sqs, url)) === undefined) lost.push(name);
    }
    return lost.length === 0
      ? ok('Each queue exists and has its dead-letter queue.')
      : failed(`${lost.join(', ')}: no dead-letter queue is set.`, 'Deploy again: the template sets it.');
  },
};

const deadLetterCheck: Check = {
  name: 'dead letters',
  run: async ({ target: { clients, queues } }) => {
    const counts = await Promise.all(
      Object.entries(queues).map(async ([name, { deadLettersUrl }]) => ({
        name,
        count: await countMessages(clients.sqs, deadLettersUrl),
      })),
    );
    const full = counts.filter(({ count }) => count > 0).map(({ name, count }) => `${name} ${count}`);
    if (full.length === 0) return ok('No message is in a dead-letter queue.');
    const advice = `\`${typed('dead-letters list')}\` shows why; fix the cause, then run \`${typed('dead-letters redrive')}\`.`;
    return failed(`Messages that the relay could not process: ${full.join(', ')}.`, advice);
  },
};

/** The sweep runs every minute: it has missed what is overdue for longer than this. */
const OVERDUE_MS = 5 * MINUTE_MS;

const overdueCheck: Check = {
  name: 'overdue',
  run: async ({ ports: { store, clock }, target: { settings } }) => {
    const before = clock.now() - OVERDUE_MS - settings.graceMs;
    const shards = Array.from({ length: store.shards }, (_, shard) => store.overdue(shard, before, 1));
    const [oldest] = (await Promise.all(shards)).flat().sort((one, other) => one.dueAt - other.dueAt);
    if (oldest === undefined) return ok('Nothing is overdue by more than five minutes.');
    const minutes = Math.round((clock.now() - oldest.dueAt) / MINUTE_MS);
    const text = `The ${oldest.kind} ${oldest.id} has been overdue for ${minutes} minutes.`;
    return failed(text, "The sweep does not run: check its function's log, its schedule, and its heartbeat alarm.");
  },
};

export const storageChecks: readonly Check[] = [tableCheck, backupCheck, queueCheck, deadLetterCheck, overdueCheck];
