// The reads that docs/data.md promises, asked of a DynamoDB: what each index shows, of which tasks, in which order;
// and by the table model's meter, that a usual task pays two units for all lists together, and nothing for failures.
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableIndexes, keyOf, TIME_SHARDS } from '../../core/contract/items.ts';
import { hasDynoxide } from '../support/dynoxide.ts';
import { openRealTable } from '../support/real-table.ts';
import { eventually } from '../support/eventually.ts';
import { writeCharges } from '../support/table/item-units.ts';
import { taskItem } from '../../core/adapters/dynamodb/task-item.ts';
import { endedVersion, newAttempt, newTask, nextVersion, START_TIME } from './store/stored-task.ts';
import type { DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Task } from '../../core/domain/task/task.ts';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';

const TABLE = 'access-patterns';
const failure = { level: 'http', code: 500, text: 'Internal Server Error' } as const;

/** A task that failed once with 500 and succeeded then. */
function mishapOf(task: Task): Task {
  const first = newAttempt({ state: 'closed', outcome: 'refused', endedAt: START_TIME, failure });
  return nextVersion(task, { attempts: [first], attemptCount: 1, failures: { 'http-500': 1 } });
}

describe.runIf(hasDynoxide() || process.env['CI'])('the indexes of the table', () => {
  let client: DynamoDBClient;
  let store: Store;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ client, store, stop } = await openRealTable(TABLE, START_TIME, 11));
  });
  afterAll(() => stop());

  const entries = async (index: keyof typeof tableIndexes, query: Partial<QueryCommandInput> = {}) => {
    const { name, partition } = tableIndexes[index];
    const shards = Array.from({ length: TIME_SHARDS }, async (_, shard) => {
      const { ExpressionAttributeValues: values, KeyConditionExpression: range, ...rest } = query;
      const input = {
        ...rest,
        TableName: TABLE,
        IndexName: name,
        KeyConditionExpression: `${partition} = :shard${range === undefined ? '' : ` AND ${range}`}`,
        ExpressionAttributeValues: { ':shard': { S: String(shard) }, ...values },
      };
      return (await client.send(new QueryCommand(input))).Items ?? [];
    });
    return (await Promise.all(shards)).flat().sort((a, b) => ((a['pk']?.S ?? '') < (b['pk']?.S ?? '') ? -1 : 1));
  };

  it('list the tasks of all accounts by time, with account, model and correlation id', async () => {
    const tasks = Array.from({ length: 12 }, (_, index) =>
      newTask({ accountId: `acc_${index % 3}`, model: `vendor/m-${index % 2}/task`, correlationId: `trace-${index}` }),
    );
    for (const task of tasks) await store.createTask({ task, input: '{}' });
    const shown = tasks.map((task) => ({
      pk: { S: keyOf.task(task.id).pk },
      account: { S: task.accountId },
      model: { S: task.model },
      ref: { S: task.correlationId },
    }));
    await eventually(() => entries('byTime')).toMatchObject(shown);

    const range = { ':from': { S: shown[4]?.pk.S ?? '' }, ':to': { S: shown[7]?.pk.S ?? '' } };
    const middle = { KeyConditionExpression: 'pk BETWEEN :from AND :to', ExpressionAttributeValues: range };
    expect(await entries('byTime', middle)).toMatchObject(shown.slice(4, 8));
  });

  it('find tasks by any code that they met, also where they ended well, and no other task', async () => {
    const [usual, lucky, lost] = [newTask(), newTask(), newTask()] as const;
    for (const task of [usual, lucky, lost]) await store.createTask({ task, input: '{}' });
    await store.commit({ changes: [{ before: usual, after: endedVersion(usual) }] });
    const met = mishapOf(lucky);
    await store.commit({ changes: [{ before: lucky, after: met }] });
    const success = newAttempt({ number: 2, state: 'closed', outcome: 'completed', endedAt: START_TIME + 5_000 });
    const ended = endedVersion(met, { attempts: [...met.attempts, success], attemptCount: 2, acceptedAt: START_TIME });
    await store.commit({ changes: [{ before: met, after: ended }] });
    const result = { code: 5003, outputs: null, error: 'Service Unavailable' };
    await store.commit({ changes: [{ before: lost, after: endedVersion(lost, { status: 'failed', result }) }] });

    await eventually(() => entries('byFailure')).toMatchObject([
      { pk: { S: keyOf.task(lucky.id).pk }, codes: { SS: ['http-500'] }, model: { S: lucky.model } },
      { pk: { S: keyOf.task(lost.id).pk }, codes: { SS: ['task-5003'] }, account: { S: 'acc_sample' } },
    ]);
    const filter = {
      FilterExpression: 'contains(codes, :code)',
      ExpressionAttributeValues: { ':code': { S: 'http-500' } },
    };
    expect(await entries('byFailure', filter)).toMatchObject([{ pk: { S: keyOf.task(lucky.id).pk } }]);
  });
});

/** Units of the indexes, by index, over the versions of one task. */
function indexUnits(versions: readonly Task[]): Readonly<Record<string, number>> {
  const units: Record<string, number> = {};
  const items = versions.map((task) => taskItem(task, 'commit'));
  items.forEach((item, index) => {
    for (const charge of writeCharges(items[index - 1], item, false)) {
      if (charge.where !== 'index') continue;
      const name = charge.partition.split(':')[0] ?? '';
      units[name] = (units[name] ?? 0) + charge.units;
    }
  });
  return units;
}

describe('what the indexes cost a task', () => {
  const task = newTask({ correlationId: 'x'.repeat(64) });

  it('is two units for all lists of a task that meets no failure, and two to enter and leave the due index', () => {
    const running = nextVersion(task, { status: 'running', attempts: [newAttempt({ state: 'running' })] });
    expect(indexUnits([task, running, endedVersion(running)])).toEqual({ byAccount: 1, byTime: 1, due: 2 });
  });

  it('is one unit more for each code that a task meets, however often it meets it', () => {
    const met = mishapOf(task);
    const again = nextVersion(met, { failures: { 'http-500': 2 } });
    const other = nextVersion(again, { failures: { 'http-500': 2, 'http-503': 1 } });
    expect(indexUnits([task, met, again, other])).toEqual({ byAccount: 1, byTime: 1, due: 1, byFailure: 2 });
  });
});

describe('the table of reads in docs/data.md', () => {
  it('names every index', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'data.md'), 'utf8');
    const table = /<!-- access-patterns -->([\s\S]*)<!-- \/access-patterns -->/.exec(page)?.[1] ?? '';
    for (const { name } of Object.values(tableIndexes)) expect(table).toContain(`\`${name}\``);
  });
});
