// Tasks as the stores' suite needs them, each with an id of its own, and their next versions.
// Nothing of decide is used here: a store keeps whatever it gets, and returns only sound tasks.
import { expect } from 'vitest';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { DAY_MS } from '../../../core/domain/time-ms.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { Attempt, Task } from '../../../core/domain/task/task.ts';
import type { Slot } from '../../../core/domain/task/slot.ts';

/** The first time of a suite's clock. */
export const START_TIME = Date.UTC(2026, 0, 1);

const randomSource = new FixedRandomSource(7, { now: () => START_TIME });

/** A queued task; later ones sort after earlier ones. */
export function newTask(fields: Partial<Task> = {}): Task {
  return {
    id: randomSource.id(),
    accountId: 'acc_sample',
    model: 'vendor/model/text-to-image',
    gateId: 'main',
    status: 'queued',
    version: 1,
    createdAt: START_TIME,
    updatedAt: START_TIME,
    deadlineAt: START_TIME + DAY_MS,
    ends: 0,
    priorityMs: 0,
    weight: 1,
    inputBytes: 2,
    attempts: [],
    attemptCount: 0,
    failures: {},
    due: { at: START_TIME + 60_000, by: 'doorbell' },
    ...fields,
  };
}

type TaskFields = { readonly [Name in keyof Task]?: Task[Name] | undefined };

/** The task's next version; a field given as undefined is taken away. */
export function nextVersion(task: Task, fields: TaskFields = {}): Task {
  const merged: Record<string, unknown> = { ...task, version: task.version + 1, ...fields };
  for (const [name, value] of Object.entries(merged)) if (value === undefined) delete merged[name];
  return merged as unknown as Task;
}

/** The end of a task that needs no further visit. */
export function endedVersion(task: Task, fields: TaskFields = {}): Task {
  return nextVersion(task, {
    status: 'completed',
    ...((fields.status ?? 'completed') === 'completed' && successOf(task)),
    endedAt: START_TIME + 5_000,
    ends: task.ends + 1,
    result: { code: 0, outputs: null, error: null },
    due: undefined,
    slot: undefined,
    ticket: undefined,
    ...fields,
  });
}

/** What a completed task has besides: the attempt that it ended with. */
function successOf({ attemptCount }: Task): TaskFields {
  const times = { acceptedAt: START_TIME + 1_000, endedAt: START_TIME + 5_000 };
  const success = newAttempt({ number: attemptCount + 1, state: 'closed', outcome: 'completed', ...times });
  return { acceptedAt: times.acceptedAt, attempts: [success], attemptCount: attemptCount + 1 };
}

export function newSlot(fields: Partial<Slot> = {}): Slot {
  return {
    kind: 'fresh',
    circuitProbe: false,
    accountProbe: false,
    rank: 1,
    grantedAt: START_TIME,
    ...fields,
  };
}

export function newAttempt(fields: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    state: 'submitting',
    startedAt: START_TIME,
    callbackDigest: 'c'.repeat(64),
    circuitProbe: false,
    accountProbe: false,
    rank: 1,
    polls: 0,
    ...fields,
  };
}

export function newAccount(fields: Partial<Account> = {}): Account {
  return {
    id: `acc_${randomSource.id()}`,
    name: 'Sample',
    weight: 1,
    isOperator: false,
    activeTasks: 0,
    createdAt: START_TIME,
    ...fields,
  };
}

/** A new task, taken in by the store. */
export async function created(store: Store, fields: Partial<Task> = {}): Promise<Task> {
  const task = newTask(fields);
  await store.createTask({ task, input: '{}' });
  return task;
}

/** Commits the next version of a task, which must go through. */
export async function changed(store: Store, before: Task, fields: TaskFields): Promise<Task> {
  const after = nextVersion(before, fields);
  expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
  return after;
}
