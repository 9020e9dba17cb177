// Bulk jobs through the calls of the api and the messages of its queue, over memory: what a job touches, what it counts, and
// that it goes on wherever a run died.
import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';
import { estimateJob } from '../../../core/flows/start-job.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { PublicJob } from '../../../core/http/public-job.ts';

const accountId = doorAccountId('client');

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

let made = 0;

function taskOf(fields: Partial<Task> = {}): Task {
  made += 1;
  const id = `019b0000-0000-7000-8000-${String(made).padStart(12, '0')}`;
  return sampleTask({ id, accountId, ...fields });
}

function failedTask(fields: Partial<Task> = {}): Task {
  const { due: _due, ...task } = taskOf({ status: 'failed', ...fields });
  return { ...task, ends: 1, endedAt: NOW, result: { code: 5003, error: 'no', outputs: null } };
}

async function put(count: number, makeTask: () => Task = taskOf): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (let index = 0; index < count; index += 1) tasks.push(await door.relay.put(makeTask()));
  return tasks;
}

async function start(body: object, key = doorKey('client')): Promise<PublicJob> {
  const { status, body: job } = await door.call('POST', '/v1/jobs', { key, body });
  expect(status).toBe(200);
  return job as PublicJob;
}

async function shown({ id }: Pick<PublicJob, 'id'>): Promise<PublicJob> {
  return (await door.call('GET', `/v1/jobs/${id}`, { key: doorKey('operator') })).body as PublicJob;
}

/** Lets time pass and serves messages until the job is over. */
async function finish(job: PublicJob): Promise<PublicJob> {
  for (let steps = 0; steps < 50; steps += 1) {
    await door.relay.clock.advance(SECOND_MS);
    await door.stepJobs();
    const found = await shown(job);
    if (found.ended_at !== null) return found;
  }
  throw new Error('the job does not end');
}

function statusOf(tasks: readonly Task[]): Promise<readonly string[]> {
  return Promise.all(tasks.map(async ({ id }) => (await door.relay.task(id)).status));
}

describe('a bulk job', () => {
  it('tells what it would do, and does nothing, for a dry run', async () => {
    const tasks = await put(7);
    await put(2, () => failedTask());
    const body = { action: 'cancel', filter: { model: 'vendor/model/task' }, dry_run: true };
    const { status, body: answer } = await door.call('POST', '/v1/jobs', { body });
    expect([status, answer]).toEqual([
      200,
      {
        dry_run: true,
        action: 'cancel',
        filter: { model: 'vendor/model/task' },
        tasks: 7,
        at_least: false,
        sample: tasks
          .toReversed()
          .slice(0, 5)
          .map(({ id }) => id),
        effect: '7 tasks would end as cancelled; what Get3W still answers to them is recorded and not delivered.',
      },
    ]);
    expect(door.relay.doorbells.waiting()).toEqual([]);
    expect((await door.call('GET', '/v1/jobs')).body).toEqual({ data: [], next_cursor: null });
    expect(await statusOf(tasks)).toEqual(tasks.map(() => 'queued'));
  });

  it('cancels what matches, and nothing else', async () => {
    const mine = await put(230);
    const others = [
      ...(await put(2, () => taskOf({ model: 'vendor/other/task' }))),
      ...(await put(2, () => taskOf({ accountId: doorAccountId('other') }))),
      // Made after the job.
      ...(await put(2, () => taskOf({ createdAt: NOW + MINUTE_MS }))),
    ];
    const job = await start({ action: 'cancel', filter: { model: 'vendor/model/task' }, reason: 'it is dead' });
    expect(job).toMatchObject({ status: 'running', expected: 230, seen: 0, reason: 'it is dead', account: accountId });
    const over = await finish(job);
    expect(over).toMatchObject({ status: 'done', seen: 230, done: 230, skipped: 0, failed: 0, last_error: null });
    expect(new Set(await statusOf(mine))).toEqual(new Set(['cancelled']));
    expect(await statusOf(others)).toEqual(others.map(() => 'queued'));
    expect((await door.call('GET', '/v1/jobs')).body).toEqual({ data: [over], next_cursor: null });
    const audit = [...door.relay.audit.written].filter(({ action }) => action === 'job.create');
    expect(audit.map(({ outcome, target, reason }) => [outcome, target, reason])).toEqual([
      ['begun', undefined, 'it is dead'],
      ['done', job.id, 'it is dead'],
    ]);
  });

  it('takes every filter of the list of tasks', async () => {
    const [old, ...young] = [
      ...(await put(1, () => taskOf({ createdAt: NOW - 60 * MINUTE_MS }))),
      ...(await put(2, () => taskOf({ model: 'vendor/model/other' }))),
    ];
    const since = new Date(NOW - 30 * MINUTE_MS).toISOString();
    const filter = { model: 'vendor/model/*', from: since, to: new Date(NOW).toISOString() };
    expect(await finish(await start({ action: 'cancel', filter }))).toMatchObject({ status: 'done', done: 2, seen: 2 });
    expect(await statusOf([...young, ...(old ? [old] : [])])).toEqual(['cancelled', 'cancelled', 'queued']);
    const none = { ...filter, correlation_id: 'unheard-of' };
    expect(await finish(await start({ action: 'cancel', filter: none }))).toMatchObject({ expected: 0, seen: 0 });
  });

  it('says of each named task why it was left alone', async () => {
    const [open, ended, foreign] = [taskOf(), failedTask(), taskOf({ accountId: doorAccountId('other') })];
    for (const task of [open, ended, foreign]) await door.relay.put(task);
    const ids = [open.id, ended.id, foreign.id, '019b0000-0000-7000-8000-00000000ffff'];
    const over = await finish(await start({ action: 'cancel', filter: { ids } }));
    expect(over).toMatchObject({
      filter: { ids: 4 },
      expected: 1,
      seen: 4,
      done: 1,
      skipped: 3,
      skips: { 'already ended': 1, 'unknown or erased': 2 },
    });
    expect(await statusOf([open, foreign])).toEqual(['cancelled', 'queued']);
  });

  it('puts failed tasks back', async () => {
    const failed = await put(12, () => failedTask());
    const over = await finish(await start({ action: 'retry', filter: { code: 5003 } }));
    expect(over).toMatchObject({ status: 'done', expected: 12, done: 12, skipped: 0, failed: 0 });
    expect(await statusOf(failed)).toEqual(failed.map(() => 'queued'));
  });

  it('waits while the account has no room for more tasks, and goes on when there is some', async () => {
    await door.accounts.updateAccount(accountId, { concurrentTasksMax: 2 });
    await put(3, () => failedTask());
    const job = await start({ action: 'retry', filter: { code: 5003 } });
    await door.relay.clock.advance(SECOND_MS);
    await door.stepJobs();
    expect(await shown(job)).toMatchObject({
      status: 'running',
      done: 2,
      last_error: expect.stringContaining('as many'),
    });
    await door.accounts.updateAccount(accountId, { concurrentTasksMax: 9 });
    expect(await finish(job)).toMatchObject({ status: 'done', done: 3, seen: 3 });
  });

  it('waits twice as long each time that there is still no room, five minutes at most', async () => {
    await put(2, () => failedTask());
    const job = await start({ action: 'retry', filter: { code: 5003 } });
    await door.accounts.updateAccount(accountId, { concurrentTasksMax: 1 });
    await put(1);
    const nextWait = async (): Promise<number> => {
      const [message] = door.relay.doorbells.waiting('jobs');
      const waitMs = (message?.readyAt ?? 0) - door.relay.clock.now();
      await door.relay.clock.advance(waitMs);
      await door.stepJobs();
      return waitMs / SECOND_MS;
    };
    const waits: number[] = [];
    while (waits.length < 8) waits.push(await nextWait());
    expect(waits.slice(1)).toEqual([15, 30, 60, 120, 240, 300, 300]);
    expect(await shown(job)).toMatchObject({ status: 'running', done: 0 });
    // Room for one of the two: what comes after that is a first wait again.
    await door.accounts.updateAccount(accountId, { concurrentTasksMax: 2 });
    const after = [await nextWait(), await nextWait(), await nextWait()];
    expect(after).toEqual([300, 15, 15]);
    expect(await shown(job)).toMatchObject({ status: 'running', done: 1 });
  });

  it('of an operator spends what its own account has, and nothing where that has no balance left', async () => {
    const operator = doorAccountId('operator');
    await door.accounts.updateAccount(operator, { balanceMicros: 0 });
    const [task] = await put(1, () => failedTask({ accountId: operator }));
    const job = await start({ action: 'retry', filter: { code: 5003 } }, doorKey('operator'));
    expect(await finish(job)).toMatchObject({ status: 'done', done: 0, skipped: 1 });
    expect((await door.relay.task(task?.id ?? '')).status).toBe('failed');
  });

  it('of an operator ends when the account operates no more', async () => {
    await put(2, () => taskOf({ accountId: doorAccountId('other') }));
    const job = await start({ action: 'cancel', filter: { account: '*', status: 'queued' } }, doorKey('operator'));
    await door.accounts.updateAccount(doorAccountId('operator'), { suspendedAt: NOW });
    for (let steps = 0; steps < 3; steps += 1) {
      await door.relay.clock.advance(SECOND_MS);
      await door.stepJobs();
    }
    const found = await door.relay.store.loadJob(job.id);
    expect(found).toMatchObject({ status: 'failed', done: 0, lastError: expect.stringContaining('suspended') });
  });

  it('puts no task back a second time that failed again after a run that died had put it back', async () => {
    const [task] = await put(1, () => ({ ...failedTask(), endedAt: NOW + 1 }));
    const job = await start({ action: 'retry', filter: { code: 5003 } });
    const begun = await door.relay.store.loadJob(job.id);
    if (!begun || !task) throw new Error('no job');
    await door.relay.store.saveJob({ ...begun, batch: [task.id], isRead: true });
    expect(await finish(job)).toMatchObject({
      status: 'done',
      done: 0,
      skips: { 'failed again since the job began': 1 },
    });
  });

  it('is unknown to a client whose account an operator made it with, and under any text that is no id', async () => {
    const job = await start({ action: 'cancel', filter: { account: '*', status: 'queued' } }, doorKey('operator'));
    expect((await door.call('GET', `/v1/jobs/${job.id}`, { key: doorKey('client') })).status).toBe(404);
    expect((await door.call('GET', `/v1/jobs/${'x'.repeat(3_000)}`)).status).toBe(404);
  });

  it('is of all accounts for an operator who says so', async () => {
    await put(2);
    await put(3, () => taskOf({ accountId: doorAccountId('other') }));
    const job = { action: 'cancel', filter: { status: 'queued', account: '*' } };
    expect((await door.call('POST', '/v1/jobs', { body: job })).status).toBe(403);
    expect(await finish(await start(job, doorKey('operator')))).toMatchObject({ done: 5, account: 'acc_operator' });
  });
});

describe('a stop', () => {
  it('ends a job that waits for its step', async () => {
    const tasks = await put(3);
    const job = await start({ action: 'cancel', filter: { status: 'queued' } });
    expect((await door.call('POST', `/v1/jobs/${job.id}/stop`)).body).toMatchObject({ status: 'stopping' });
    await door.stepJobs();
    expect(await shown(job)).toMatchObject({ status: 'stopped', seen: 0, ended_at: expect.any(String) });
    expect(await statusOf(tasks)).toEqual(tasks.map(() => 'queued'));
    // What is over stays as it is.
    expect((await door.call('POST', `/v1/jobs/${job.id}/stop`)).body).toMatchObject({ status: 'stopped' });
  });

  it('is honoured within a step, and what was done is counted', async () => {
    let stop = async (): Promise<void> => {};
    const plain = new MemoryRelay();
    const relay = plain.withStore({
      saveJob: async (job) => {
        // Between the write of the second batch and its acts.
        if (job.done === 100 && job.batch) await stop();
        return plain.store.saveJob(job);
      },
    });
    door = await ApiDoor.open({}, relay);
    const tasks = await put(350);
    const job = await start({ action: 'cancel', filter: { status: 'queued' } });
    stop = async () => {
      stop = async () => {};
      await door.call('POST', `/v1/jobs/${job.id}/stop`);
    };
    expect(await finish(job)).toMatchObject({ status: 'stopped', expected: 350, seen: 100, done: 100 });
    expect((await statusOf(tasks)).filter((status) => status === 'cancelled')).toHaveLength(100);
  });
});

describe('a run that dies', () => {
  class Fault extends Error {}

  /** Ends the run at a call of the store, or has the call fail, before or after its effect; later the sweep finds the job due. */
  async function brokenAt(call: number, how: 'dies' | 'meets a fault'): Promise<void> {
    const plain = new MemoryRelay();
    let calls = Number.NEGATIVE_INFINITY;
    let isDead = false;
    const pass = async (): Promise<void> => {
      calls += 1;
      if (calls === call && how === 'meets a fault') throw new Fault();
      isDead ||= calls === call;
      if (isDead) await new Promise(() => {});
    };
    const breaking = (name: 'saveJob' | 'commit' | 'listTasks' | 'loadTasks') => ({
      [name]: async (argument: never) => {
        await pass();
        const answer = await (plain.store[name] as (argument: never) => Promise<unknown>)(argument);
        await pass();
        return answer;
      },
    });
    const relay = plain.withStore({
      ...breaking('saveJob'),
      ...breaking('commit'),
      ...breaking('listTasks'),
      ...breaking('loadTasks'),
    });
    door = await ApiDoor.open({}, relay);
    const tasks = await put(130);
    const job = await start({ action: 'cancel', filter: { status: 'queued' } });
    await door.relay.clock.advance(SECOND_MS);
    calls = 0;
    // The step of a run that died never ends.
    void door.stepJobs();
    for (let turns = 0; turns < 50; turns += 1) await door.relay.clock.advance(0);
    calls = Number.NEGATIVE_INFINITY;
    isDead = false;
    // The lease of the dead run ends; the sweep finds the job due.
    await door.relay.clock.advance(2 * MINUTE_MS);
    await door.relay.doorbells.send([{ queue: 'jobs', doorbell: { kind: 'job', jobId: job.id }, delayMs: 0 }]);
    const over = await finish(job);
    expect(over).toMatchObject({ status: 'done', seen: 130, done: 130, skipped: 0, failed: 0 });
    expect(new Set(await statusOf(tasks))).toEqual(new Set(['cancelled']));
  }

  const calls = Array.from({ length: 46 }, (_, index) => index + 1);

  it.each(calls)('at call %i leaves a job that goes on and counts each task once', (call) => brokenAt(call, 'dies'));

  it.each(calls)('is like one that meets a fault at call %i', (call) => brokenAt(call, 'meets a fault'));
});

describe('what is no job', () => {
  const filter = { status: 'queued' };
  it.each([
    [{ action: 'erase', filter }, 'action must be one of cancel, retry, replay'],
    [{ action: 'cancel' }, 'filter must be an object'],
    [{ action: 'cancel', filter: {} }, 'filter must name at least one of status, code, met, model, from, to'],
    [{ action: 'cancel', filter: { account: accountId } }, 'filter must name at least one of'],
    [{ action: 'cancel', filter: { colour: 'red' } }, 'colour is not known in filter'],
    [{ action: 'cancel', filter: { status: 'completed' } }, 'a task that has ended cannot be cancelled'],
    [{ action: 'retry', filter: { status: 'waiting' } }, 'only a failed task can be put back'],
    [{ action: 'cancel', filter: { ids: [] } }, 'ids must be a list of 1 to 1000 ids'],
    [{ action: 'cancel', filter: { ids: ['x'] } }, 'ids must be a list of 1 to 1000 ids'],
    [{ action: 'cancel', filter: { ids: ['x'], model: 'a/b/c' } }, 'model is not known in a filter with ids'],
    [{ action: 'replay', filter }, 'filter must name the endpoint'],
    [{ action: 'cancel', filter, dry_run: 'yes' }, 'dry_run must be true or false'],
    [{ action: 'cancel', filter, reason: ' ' }, 'reason must be a text'],
    [{ action: 'cancel', filter, colour: 'red' }, 'colour is not known in the body'],
  ])('is refused: %j', async (body, details) => {
    const reply = await door.call('POST', '/v1/jobs', { body });
    expect(reply).toMatchObject({ status: 400, body: { details: expect.stringContaining(details) } });
  });

  it('is a sixth one of an account at once', async () => {
    const body = { action: 'cancel', filter };
    for (let count = 0; count < 5; count += 1) await start(body);
    expect(await door.call('POST', '/v1/jobs', { body })).toMatchObject({
      status: 409,
      body: { details: expect.stringContaining('5 jobs of the account run already') },
    });
    await start(body, doorKey('other'));
  });

  it('is one whose account has used up its requests: what was counted until then is told as at least', async () => {
    await put(250);
    const { relay } = door;
    const ports = { store: relay.store, clock: relay.clock, listing: relay.store, webhooks: relay.store };
    const target = { kind: 'tasks', query: { accountId, model: 'vendor/model/task' } } as const;
    const plan = { action: 'cancel', target, ids: [], createdAt: NOW + 1, accountId, isOperator: false } as const;
    let left = 1;
    expect(await estimateJob(ports, plan, async () => (left -= 1) >= 0)).toMatchObject({ tasks: 200, isMore: true });
    expect(await estimateJob(ports, plan)).toMatchObject({ tasks: 250, isMore: false });
  });
});

describe('an estimate', () => {
  const target = { kind: 'tasks', query: { accountId, model: 'vendor/model/task' } } as const;
  const plan = { action: 'cancel', target, ids: [], createdAt: NOW + 1, accountId, isOperator: false } as const;

  /** Of a list without an end, each page of which has so many tasks and takes so long. */
  async function estimateOf(tasksOfPage: number, pageMs: number) {
    const { store } = door.relay;
    const tasks = Array.from({ length: tasksOfPage }, () => taskOf());
    let [pages, now] = [0, NOW];
    const listing = {
      listTasks: async () => {
        pages += 1;
        now += pageMs;
        return { tasks, cursor: 'more' };
      },
    };
    const estimate = await estimateJob(
      { store, listing, webhooks: store, clock: { now: () => now, sleep: async () => {} } },
      plan,
    );
    return { ...estimate, pages };
  }

  it.each([
    ['in three seconds', 100, 700, { pages: 5, tasks: 500 }],
    ['in 150 pages, where few tasks match', 0, 1, { pages: 150, tasks: 0 }],
    ['up to ten thousand tasks', 100, 1, { pages: 100, tasks: 10_000 }],
  ])('counts what there is %s, and says that there is more', async (_bound, tasksOfPage, pageMs, counted) => {
    expect(await estimateOf(tasksOfPage, pageMs)).toMatchObject({ ...counted, isMore: true });
  });
});
