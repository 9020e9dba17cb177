// Tasks as tests need them: valid ones to begin with, and their next versions. Nothing of decide is in here: a store
// keeps whatever it is given, and its tests should not depend on what may follow what.
import { FixedChance } from './memory/fixed-chance.ts';
import type { Account } from '../../functions/core/domain/account.ts';
import type { Attempt, Slot, Task } from '../../functions/core/domain/task.ts';

export const SAMPLE_TIME = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const chance = new FixedChance(7, { now: () => SAMPLE_TIME });

/** A queued task of its own id; later ones sort after earlier ones. */
export const sampleTask = (fields: Partial<Task> = {}): Task => ({
  id: chance.id(),
  accountId: 'acc_sample',
  model: 'vendor/model/text-to-image',
  gateId: 'main',
  status: 'queued',
  version: 1,
  createdAt: SAMPLE_TIME,
  updatedAt: SAMPLE_TIME,
  deadlineAt: SAMPLE_TIME + DAY_MS,
  ends: 0,
  priorityMs: 0,
  weight: 1,
  inputBytes: 2,
  attempts: [],
  attemptCount: 0,
  failures: {},
  due: { at: SAMPLE_TIME + 60_000, by: 'doorbell' },
  charged: false,
  ...fields,
});

/** The task's next version; a field given as undefined is taken away. */
export const nextVersion = (task: Task, fields: { [Name in keyof Task]?: Task[Name] | undefined } = {}): Task => {
  const merged: Record<string, unknown> = { ...task, version: task.version + 1, ...fields };
  for (const [name, value] of Object.entries(merged)) if (value === undefined) delete merged[name];
  return merged as unknown as Task;
};

export const sampleSlot = (fields: Partial<Slot> = {}): Slot => ({
  kind: 'fresh',
  trial: false,
  probe: false,
  rank: 1,
  grantedAt: SAMPLE_TIME,
  ...fields,
});

export const sampleAttempt = (fields: Partial<Attempt> = {}): Attempt => ({
  number: 1,
  state: 'submitting',
  startedAt: SAMPLE_TIME,
  callbackDigest: 'c'.repeat(64),
  trial: false,
  probe: false,
  rank: 1,
  polls: 0,
  ...fields,
});

/** Stands in the queue of its gate. */
export const waitingTask = (fields: Partial<Task> = {}): Task => {
  const task = sampleTask({ status: 'waiting', ...fields });
  return { ...task, ticket: task.ticket ?? { kind: 'fresh', order: task.createdAt - task.priorityMs } };
};

/** The end of a task that nobody has to come back to. */
export const endedVersion = (task: Task, fields: Partial<Task> = {}): Task =>
  nextVersion(task, {
    status: 'completed',
    endedAt: SAMPLE_TIME + 5_000,
    ends: task.ends + 1,
    result: { code: 0, outputs: null, error: null },
    due: undefined,
    slot: undefined,
    ticket: undefined,
    ...fields,
  });

export const sampleAccount = (fields: Partial<Account> = {}): Account => ({
  id: `acc_${chance.id()}`,
  name: 'Sample',
  weight: 1,
  isOperator: false,
  activeTasks: 0,
  createdAt: SAMPLE_TIME,
  ...fields,
});
