// The calls about tasks that are there: what a list shows and leaves out, and who may put a task back or cancel it.
// Sizes and cursors of lists are list-sizes.test.ts's, damaged rows damaged-task.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { isFinal } from '../../../core/domain/task/task.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { queuesOf } from '../../support/sample-gate.ts';
import { NOW, openAttemptIn, sampleAttempt, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { Task, TaskStatus } from '../../../core/domain/task/task.ts';

const LIST = '/v1/requests';
const accountId = doorAccountId('client');

let door: ApiDoor;
let made: number;

beforeEach(async () => {
  door = await ApiDoor.open();
  made = 0;
});

const ended = { code: 5003, error: 'no', outputs: null };
const success = sampleAttempt({ state: 'closed', outcome: 'completed', endedAt: NOW });

/** What makes a task of each status a sound one. */
const partsOf: Readonly<Record<TaskStatus, Partial<Task>>> = {
  queued: {},
  waiting: { ticket: { kind: 'fresh', order: NOW, version: 1 } },
  submitting: openIn('submitting'),
  'in-doubt': openIn('in-doubt'),
  running: openIn('running'),
  backoff: { nextAttemptAt: NOW },
  completed: { attempts: [success], attemptCount: 1, result: { ...ended, code: 0, error: null } },
  failed: { result: ended },
  cancelled: { result: { ...ended, code: null, error: null } },
};

function openIn(state: 'submitting' | 'in-doubt' | 'running'): Partial<Task> {
  const lease = state === 'submitting' && { lease: { id: 'lease', until: NOW } };
  return { attempts: [openAttemptIn(state, 1)], attemptCount: 1, slot: sampleSlot(), ...lease };
}

async function put(status: TaskStatus, parts: Partial<Task> = {}): Promise<Task> {
  made += 1;
  const id = `019b0000-0000-7000-8000-${String(made).padStart(12, '0')}`;
  const task = sampleTask({ id, accountId, status, ...partsOf[status], ...parts });
  const { due: _due, ...over } = { ...task, ends: 1, endedAt: NOW };
  return door.relay.put(isFinal(status) ? over : task);
}

function failed(code = 5003, parts: Partial<Task> = {}): Promise<Task> {
  return put('failed', { result: { ...ended, code }, ...parts });
}

interface Page {
  readonly data: readonly PublicTask[];
  readonly next_cursor: string | null;
}

async function list(query = ''): Promise<Page> {
  const reply = await door.call('GET', `${LIST}${query}`);
  expect(reply.status).toBe(200);
  return reply.body as Page;
}

async function idsOf(query = ''): Promise<readonly string[]> {
  return (await list(query)).data.map(({ id }) => id);
}

describe('a list of tasks', () => {
  it('shows the newest twenty of the account, and goes on at its cursor', async () => {
    const tasks: Task[] = [];
    for (let count = 0; count < 21; count += 1) tasks.push(await put('queued'));
    await put('queued', { accountId: doorAccountId('other') });
    const newest = tasks.map(({ id }) => id).reverse();
    const first = await list();
    expect(first.data.map(({ id }) => id)).toEqual(newest.slice(0, 20));
    expect(await list(`?cursor=${String(first.next_cursor)}`)).toMatchObject({
      data: [{ id: newest[20] }],
      next_cursor: null,
    });
  });

  it('has the tasks of a status: those of one, and of the two that are not over by whether Get3W took one', async () => {
    const queued = await put('queued');
    const retried = await put('backoff', { acceptedAt: NOW });
    const running = await put('running');
    const finished = [await put('completed'), await failed(), await put('cancelled')];
    const [completed, over, cancelled] = finished.map(({ id }) => id);
    expect(await idsOf('?status=created')).toEqual([queued.id]);
    expect(await idsOf('?status=processing')).toEqual([running.id, retried.id]);
    expect(await idsOf('?status=completed')).toEqual([completed]);
    expect(await idsOf('?status=failed')).toEqual([over]);
    expect(await idsOf('?status=cancelled')).toEqual([cancelled]);
    expect(await idsOf('?status=backoff')).toEqual([retried.id]);
    expect(await idsOf()).toHaveLength(6);
  });

  it.each<TaskStatus>(['queued', 'waiting', 'submitting', 'in-doubt', 'running', 'backoff'])(
    'has a task that is %s among those that are not over',
    async (status) => {
      const { id } = await put(status, { acceptedAt: NOW });
      expect(await idsOf('?status=processing')).toEqual([id]);
      expect(await idsOf('?status=created')).toEqual([]);
    },
  );

  it('has the tasks of a code and of a model, and of both', async () => {
    const model = 'acme/sketch/text-to-image';
    const one = await failed(5003, { model });
    const other = await failed(1200, { model });
    const third = await failed(5003);
    expect(await idsOf('?code=5003')).toEqual([third.id, one.id]);
    expect(await idsOf(`?model=${model}`)).toEqual([other.id, one.id]);
    expect(await idsOf(`?model=${model}&code=5003`)).toEqual([one.id]);
    expect(await idsOf('?code=0')).toEqual([]);
  });

  it.each([
    ['status=', 'status must be one of created, processing, queued, waiting, submitting, in-doubt, running, backoff'],
    ['status=done', 'status must be one of created, processing, '],
    ['code=', 'code must be a task code'],
    ['code=http', 'code must be a task code'],
    ['code=x5003', 'code must be a task code'],
    ['code=5003x', 'code must be a task code'],
    ['code=123456', 'code must be a task code'],
    ['model=', 'model is empty'],
    ['limit=', 'limit must be a whole number from 1 to 100'],
    ['cursor=x', 'cursor was not returned by this list'],
  ])('is refused for %s, with the reason', async (query, why) => {
    expect(await door.call('GET', `${LIST}?${query}`)).toMatchObject({
      status: 400,
      body: { details: expect.stringContaining(why) as string },
    });
  });

  it('has damaged tasks at their place among the others', async () => {
    const tasks = [await put('queued'), await put('queued'), await put('queued')];
    const [first, second, third] = tasks.map(({ id }) => id);
    door.relay.store.damage(second ?? '', { endedAt: NOW });
    const { data } = await list();
    expect(data.map(({ id, status }) => [id, status])).toEqual([
      [third, 'created'],
      [second, 'damaged'],
      [first, 'created'],
    ]);
  });

  it('is no place where the faults of the table are hidden', async () => {
    const listTasks = () => Promise.reject(new RelayError('store-contended', 'the table is busy'));
    door = await ApiDoor.open({}, new MemoryRelay().withStore({ listTasks }));
    expect((await door.call('GET', LIST)).status).toBe(500);
    expect((await door.call('GET', '/v1/events')).status).toBe(200);
  });
});

describe('a task that is put back', () => {
  const { shares } = defaultSettings;
  const retry = (task: Task, by: 'client' | 'operator' = 'client') =>
    door.call('POST', `${LIST}/${task.id}/retry`, { key: doorKey(by) });

  it('is queued again, and dispatch gets a doorbell', async () => {
    const task = await failed();
    expect(await retry(task)).toMatchObject({ status: 200, body: { id: task.id, status: 'created', code: null } });
    expect(door.relay.doorbells.sent).toMatchObject([{ queue: 'dispatch', doorbell: { taskId: task.id } }]);
  });

  it('was one that has failed', async () => {
    for (const status of ['queued', 'completed', 'cancelled'] as const) {
      expect(await retry(await put(status))).toMatchObject({
        status: 409,
        body: { error: 'Only a failed task can be put back' },
      });
    }
  });

  it('needs room among the unfinished ones of its account, unless an operator puts it back', async () => {
    door = await ApiDoor.open({ shares: { ...shares, unfinishedTasksMax: 1 } });
    const relay = new MemoryRelay({ shares: { ...shares, unfinishedTasksMax: 1 } });
    const queues = queuesOf(accountId, { model: 1 });
    door = await ApiDoor.open({}, relay.withStore({ loadQueues: async () => queues }));
    const task = await failed();
    expect(await retry(task)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
      body: { details: 'the account has 1 unfinished tasks, at most 1 are allowed' },
    });
    expect(door.relay.lines).toContainEqual({ values: { RequestsRefused: 1 }, properties: { accountId } });
    expect((await retry(task, 'operator')).status).toBe(200);
  });

  it.each([
    ['is at the limit that an operator set', { concurrentTasksMax: 0 }, 429],
    ['has no money left', { balanceMicros: 0 }, 403],
  ])('stays as it is where its account %s', async (_why, parts, status) => {
    const task = await failed();
    door.relay.priceTable = { unknown: 5, models: {} };
    await door.accounts.updateAccount(accountId, parts);
    for (const by of ['client', 'operator'] as const) expect((await retry(task, by)).status).toBe(status);
    expect(await door.relay.task(task.id)).toEqual(task);
    expect(door.relay.doorbells.sent).toEqual([]);
  });
});

describe('a task that is cancelled', () => {
  it('is over for its owner, and the deliver stage gets a doorbell', async () => {
    const task = await put('queued', { webhookUrl: 'https://app.example/hook' });
    expect(await door.call('DELETE', `${LIST}/${task.id}`)).toMatchObject({ body: { status: 'cancelled' } });
    expect(await door.relay.task(task.id)).toMatchObject({ status: 'cancelled' });
    expect(door.relay.doorbells.sent.map(({ queue }) => queue)).toContain('deliver');
  });

  it.each([
    '',
    'x',
    '019b0000-0000-7000-8000',
    '019b0000-0000-7000-8000-0000000000011',
    'x019b0000-0000-7000-8000-000000000001',
  ])('has an id that is one: %j is not found, and the table is not asked', async (id) => {
    const relay = door.relay.withStore({ loadTask: () => Promise.reject(new Error('asked')) });
    const other = await ApiDoor.open({}, relay);
    expect((await other.call('GET', `${LIST}/${id || '-'}`)).status).toBe(404);
  });
});
