// Bulk jobs whose runs die, or lose an answer of the store, at each call that they make, one after the other, while each
// message comes twice. What a job did and what it counts are compared with books that are kept beside the store.
import { beforeAll, describe, expect, it } from 'vitest';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { MINUTE_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Job } from '../../../core/domain/job/job.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { Commit } from '../../../core/ports/ports.ts';
import type { PublicJob } from '../../../core/http/public-job.ts';

const fates = ['dies before', 'dies after', 'fails', 'lies'] as const;
type Fate = (typeof fates)[number];

/** What a run of a job asks the store for. */
const calls = [
  'loadJob',
  'saveJob',
  'loadTasks',
  'loadTask',
  'listTasks',
  'loadAccount',
  'commit',
  'loadGate',
] as const;
/** More than a run of these jobs makes; a test asks that the last ones struck nothing. */
const CALLS_MAX = 90;
const MATCHING = 7;

function taskOf(number: number, fields: Partial<Task>): Task {
  const id = `019b0000-0000-7000-8000-${String(number).padStart(12, '0')}`;
  return sampleTask({ id, accountId: doorAccountId('client'), model: 'vendor/broken/task', ...fields });
}

function failedOf(number: number, fields: Partial<Task> = {}): Task {
  const { due: _due, ...task } = taskOf(number, { status: 'failed', ...fields });
  return { ...task, ends: 1, endedAt: NOW, result: { code: 5003, error: 'no', outputs: null } };
}

interface Books {
  /** By task: how often it was put back, and how often it was changed at all. */
  readonly putBack: Map<string, number>;
  readonly changed: Map<string, number>;
}

/** Keeps books of the commits. Every task that is put back fails again at once where that is asked for. */
function keepBooks(door: ApiDoor, failsAgain: boolean): Books {
  const { store } = door.relay;
  const books: Books = { putBack: new Map(), changed: new Map() };
  const commit = store.commit.bind(store);
  store.commit = async (change: Commit) => {
    const result = await commit(change);
    if (result.kind !== 'committed') return result;
    for (const { before, after } of change.changes) {
      books.changed.set(after.id, (books.changed.get(after.id) ?? 0) + 1);
      if (before?.status !== 'failed') continue;
      books.putBack.set(after.id, (books.putBack.get(after.id) ?? 0) + 1);
      if (failsAgain) await commit({ changes: [{ before: after, after: failedAgain(after, door) }] });
    }
    return result;
  };
  return books;
}

function failedAgain({ due: _due, sweepAt: _sweepAt, ...task }: Task, door: ApiDoor): Task {
  const result = { code: 5003, error: 'no', outputs: null };
  return { ...task, status: 'failed', version: task.version + 1, ends: 2, endedAt: door.relay.clock.now(), result };
}

/** From now on the call of this number meets its fate; the others work. @returns whether there was one of that number. */
function strike(door: ApiDoor, number: number, fate: Fate): () => boolean {
  const { store } = door.relay;
  let made = 0;
  for (const name of calls) {
    const work = (store[name] as (...given: unknown[]) => Promise<unknown>).bind(store);
    const struck = async (...given: unknown[]): Promise<unknown> => {
      made += 1;
      if (made !== number) return work(...given);
      if (fate === 'dies before') return new Promise(() => {});
      if (fate !== 'fails') await work(...given);
      if (fate === 'dies after') return new Promise(() => {});
      throw new RelayError('store-unavailable', 'The answer of the store was lost');
    };
    Object.assign(store, { [name]: struck });
  }
  return () => made >= number;
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await new Promise(setImmediate);
}

/** Each message twice; a run that died is missed by no one, and the sweep rings for the job when its lease is over. */
async function workOff(door: ApiDoor, job: PublicJob, look: () => Promise<Job | undefined>): Promise<void> {
  const ring = { queue: 'jobs', doorbell: { kind: 'job', jobId: job.id }, delayMs: 0 } as const;
  for (let rounds = 0; rounds < 6; rounds += 1) {
    for (let steps = 0; steps < 8; steps += 1) {
      await door.relay.clock.advance(SECOND_MS);
      if (door.relay.doorbells.waiting('jobs').length > 0) await door.relay.doorbells.send([ring]);
      void door.stepJobs();
      await settled();
    }
    if ((await look())?.endedAt !== undefined) return;
    await door.relay.clock.advance(MINUTE_MS);
    await door.relay.doorbells.send([ring]);
  }
}

async function play(action: 'cancel' | 'retry', failsAgain: boolean, number: number, fate: Fate): Promise<boolean> {
  const door = await ApiDoor.open();
  const make =
    action === 'cancel' ? (index: number) => taskOf(index, { status: 'queued' }) : (index: number) => failedOf(index);
  const matching = await Promise.all(Array.from({ length: MATCHING }, (_, index) => door.relay.put(make(index))));
  const others = [
    failedOf(100, { model: 'vendor/other/task' }),
    taskOf(101, { model: 'vendor/other/task' }),
    { ...make(102), accountId: doorAccountId('other') },
    { ...make(103), createdAt: NOW + SECOND_MS },
  ];
  for (const task of others) await door.relay.put(task);
  const body = { action, filter: { model: 'vendor/broken/task' } };
  const job = (await door.call('POST', '/v1/jobs', { body })).body as PublicJob;
  const books = keepBooks(door, failsAgain);
  const look = door.relay.store.loadJob.bind(door.relay.store, job.id);
  const hasStruck = strike(door, number, fate);
  await workOff(door, job, look);

  const where = `${action}, call ${number} ${fate}`;
  const found = await look();
  const { status, done = 0, skipped = 0, failed = 0 } = found ?? {};
  expect([where, status, done + skipped + failed, failed]).toEqual([where, 'done', MATCHING, 0]);
  expect([where, others.filter(({ id }) => books.changed.has(id))]).toEqual([where, []]);
  expect([where, matching.filter(({ id }) => !books.changed.has(id))]).toEqual([where, []]);
  expect([where, [...books.putBack.values()].filter((times) => times > 1)]).toEqual([where, []]);
  if (!failsAgain) expect([where, done]).toEqual([where, MATCHING]);
  return hasStruck();
}

describe('a bulk job whose run is hit', () => {
  /** What a run loads with its first use takes longer than the turns that these tests give a run. */
  beforeAll(async () => {
    const door = await ApiDoor.open();
    await door.relay.put(taskOf(0, { status: 'queued' }));
    await door.call('POST', '/v1/jobs', { body: { action: 'cancel', filter: { model: 'vendor/broken/task' } } });
    await door.relay.clock.advance(SECOND_MS);
    await door.stepJobs();
  });

  it.each(
    fates.flatMap((fate) => [
      { fate, action: 'cancel', failsAgain: false } as const,
      { fate, action: 'retry', failsAgain: false } as const,
      { fate, action: 'retry', failsAgain: true } as const,
    ]),
  )(
    'at any of its calls does all and counts each task once: $action, a call $fate, fails again: $failsAgain',
    async ({ fate, action, failsAgain }) => {
      let number = 1;
      while (number <= CALLS_MAX && (await play(action, failsAgain, number, fate))) number += 1;
      expect(number).toBeGreaterThan(8);
      expect(number).toBeLessThan(CALLS_MAX);
    },
  );
});
