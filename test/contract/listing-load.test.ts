// What a page of a list and a count read when 20,000 tasks are there, counted at the table model: rows of the indexes
// and of the table, in answers to queries and batch reads. A list that reads on with the number of tasks fails here.
import { beforeAll, describe, expect, it } from 'vitest';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { TableMeter } from '../support/table/table-meter.ts';
import { TableModel } from '../support/table/table-model.ts';
import { newTask, START_TIME } from './store/stored-task.ts';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';

const TASKS = 20_000;
const ONE_IN = 5_000;
const SEED_TIMEOUT_MS = 60_000;

interface Read {
  readonly Items?: readonly unknown[];
  readonly Responses?: Readonly<Record<string, readonly unknown[]>>;
}

describe('with 20,000 tasks', () => {
  let store: Store;
  let rows = 0;

  beforeAll(async () => {
    const table = new TableModel({
      time: { now: () => performance.now(), sleep: () => new Promise((resolve) => void setImmediate(resolve)) },
      random: Math.random,
      meter: new TableMeter(),
      lockMs: 5,
      isTimed: false,
    });
    const plain = table.client(() => 'test');
    const send = async (command: never): Promise<Read> => {
      const answer = (await plain.send(command)) as Read;
      rows += answer.Items?.length ?? 0;
      for (const read of Object.values(answer.Responses ?? {})) rows += read.length;
      return answer;
    };
    const clock = { now: () => START_TIME, sleep: systemClock.sleep };
    const client = new Proxy(plain, {
      get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)),
    });
    const randomSource = new FixedRandomSource(3, clock);
    store = makeDynamoStore({ client, tableName: 'relay', clock, randomSource, settings: defaultSettings.gate });
    for (let made = 0; made < TASKS; made += 1) {
      const model = made % ONE_IN === 0 ? 'rare/image/text-to-image' : 'demo/image/text-to-image';
      await store.createTask({ task: newTask({ model }), input: '{}' });
    }
  }, SEED_TIMEOUT_MS);

  const reading = async <Answer>(read: () => Promise<Answer>): Promise<{ answer: Answer; rows: number }> => {
    rows = 0;
    return { answer: await read(), rows };
  };

  it('a page of the newest reads little more than it shows', async () => {
    const page = await reading(() => store.listTasks({ limit: 20 }));
    expect(page.answer.tasks).toHaveLength(20);
    expect(page.rows).toBeLessThan(100);
  });

  it('a filter that hardly a task passes ends after 1,000 rows or 10,000 entries, with a cursor', async () => {
    const byRow = await reading(() => store.listTasks({ limit: 20, upstreamId: 'of-none' }));
    expect(byRow.answer).toMatchObject({ tasks: [], cursor: expect.any(String) as string });
    expect(byRow.rows).toBeLessThan(2_500);
    const byEntry = await reading(() => store.listTasks({ limit: 20, modelPrefix: 'rare/' }));
    expect(byEntry.answer).toMatchObject({ cursor: expect.any(String) as string });
    expect(byEntry.rows).toBeLessThan(11_000);
  });

  it('a count stops at 10,000 and reads no task', async () => {
    const count = await reading(() => store.countTasks({}));
    expect(count.answer).toEqual({ tasks: 10_000, isAtLeast: true });
    expect(count.rows).toBeLessThan(11_500);
  });
});
