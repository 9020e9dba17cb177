// Every bound of the gate filled at once: accounts that wait with as many names as they may, all of them failing and put
// back, and thousands of models that fail. No row comes near DynamoDB's bound, and another account is served as usual.
import { expect, it } from 'vitest';
import { readTask } from '../../../core/adapters/dynamodb/task-item.ts';
import { wellModel } from '../../../core/domain/gate/circuit.ts';
import { inFlight } from '../../../core/domain/gate/gate.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { HOUR_MS } from '../../../core/domain/time-ms.ts';
import { allocateSlots } from '../../../core/flows/allocate-slots.ts';
import { submitTask } from '../../../functions/api/submit-task.ts';
import { relayOverTable } from '../../support/relay-over-table.ts';
import { NOW } from '../../support/sample-task.ts';
import { itemBytes } from '../../support/table/item-units.ts';
import type { RelayOverTable } from '../../support/relay-over-table.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const GATE = 'default';
const ACCOUNTS = 30;
const SLOTS = 4;
const gate = { ...defaultSettings.gate, limitStart: SLOTS, limitMax: SLOTS };

function accountOf(id: string): Account {
  return { id, name: id, weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };
}

/** An unusually long name. */
function longModel(index: number): { vendor: string; model: string; task: string } {
  const part = (name: string): string => `${name}${index}-`.padEnd(120, 'x');
  return { vendor: part('v'), model: part('m'), task: part('t') };
}

function submit({ ports }: RelayOverTable, accountId: string, index: number) {
  const request = { ...longModel(index), query: {}, idempotencyKey: undefined, body: '{"prompt":"a cat"}' };
  return submitTask(ports, accountOf(accountId), request);
}

/** Submits to the gate's bound, all of which wait. @returns how many were accepted. */
async function fill(relay: RelayOverTable, accountId: string): Promise<Task[]> {
  const taken: Task[] = [];
  for (let index = 0; ; index += 1) {
    const answered = await submit(relay, accountId, index).catch((error: unknown) => error);
    if (answered instanceof Error) {
      expect(answered).toMatchObject({ status: 429, details: expect.stringContaining('different models') });
      return taken;
    }
    const [queued] = await relay.store.loadTasks([(answered as { body: { id: string } }).body.id]);
    if (!queued) throw new Error('the task is gone');
    taken.push(await wait(relay, queued, 'fresh'));
  }
}

async function wait({ store }: RelayOverTable, before: Task, kind: 'fresh' | 'retry'): Promise<Task> {
  const ticket = { kind, order: NOW, version: 1 };
  const due = { at: NOW + HOUR_MS, by: 'sweep' } as const;
  const after: Task = { ...before, status: 'waiting', version: before.version + 1, ticket, due };
  expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
  return after;
}

/** One task has ended. */
async function freeOne({ store, table }: RelayOverTable): Promise<void> {
  const holding = table.rows.all().flatMap((item) => {
    const read = item['sk']?.S === 'TASK' ? readTask(item) : undefined;
    return read?.kind === 'sound' && read.task.slot ? [read.task] : [];
  });
  const [before] = holding;
  if (!before) throw new Error('nobody holds a slot');
  const { slot: _freed, ticket: _none, ...rest } = before;
  const after: Task = { ...rest, version: before.version + 1 };
  expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
}

it('with every bound filled, everything failed and put back, each row is small and another account is served', async () => {
  const relay = relayOverTable(gate);
  const { ports, store, table } = relay;
  const waiting = (
    await Promise.all(Array.from({ length: ACCOUNTS }, (_, index) => fill(relay, `greedy_${index}`)))
  ).flat();
  // All of them return as retries, which are queues of their own.
  await Promise.all(waiting.slice(0, waiting.length / 2).map((task) => wait(relay, task, 'retry')));
  for (let index = 0; index < 3_000; index += 1) {
    const failed = { ...wellModel(NOW), outcomes: 3, failures: 3 };
    await store.saveModel(GATE, `acme/sketch-${index}/text-to-image`, wellModel(NOW), failed);
  }

  const quiet = await submit(relay, 'acc_quiet', 0);
  const [task] = await store.loadTasks([(quiet.body as { id: string }).id]);
  if (!task) throw new Error('the task is gone');
  const arrivals = [{ task, attempt: task.attemptCount + 1, leaseId: task.id, callbackDigest: 'd'.repeat(64) }];
  const { claimed } = await allocateSlots(ports, GATE, { arrivals });

  expect(waiting.length).toBeGreaterThan(20 * ACCOUNTS);
  expect(inFlight(await store.loadGate(GATE))).toBe(SLOTS);
  // All wait for their first turn, and the quiet one came last: it is served within one turn of each of the others.
  let turns = 0;
  for (let isServed = claimed.length > 0; !isServed; turns += 1) {
    await freeOne(relay);
    await allocateSlots(ports, GATE, {});
    isServed = (await store.loadTask(task.id))?.slot !== undefined;
  }
  expect(turns).toBeLessThanOrEqual(ACCOUNTS);
  const rows = table.rows.all().map((item) => ({ key: `${item['pk']?.S} ${item['sk']?.S}`, bytes: itemBytes(item) }));
  expect(rows.filter(({ bytes }) => bytes > 100_000)).toEqual([]);
  expect(rows.find(({ key }) => key === 'GATE#default GATE')?.bytes).toBeLessThan(1_024);
  const largest = Math.max(...rows.map(({ bytes }) => bytes));
  expect(largest).toBeLessThan(25_000);
}, 60_000);
