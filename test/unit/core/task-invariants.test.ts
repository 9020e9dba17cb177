// Each invariant can fire: for each a task that breaks it and no other. A rule that nothing breaks would guard nothing.
import { describe, expect, it } from 'vitest';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { endDamagedTask } from '../../../core/domain/task/damaged-task.ts';
import { brokenInvariants, requireSound, taskInvariants } from '../../../core/domain/task/task-invariants.ts';
import { NOW, openAttemptIn, sampleAttempt, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const failure = { level: 'task', code: 5003, text: 'Service Unavailable' } as const;
const result = { code: 5003, outputs: null, error: failure.text };
const failedOnce = sampleAttempt({ state: 'closed', outcome: 'failed', failure, endedAt: NOW });
const success = sampleAttempt({ state: 'closed', outcome: 'completed', endedAt: NOW });
const ticket = { kind: 'fresh', order: NOW, version: 1 } as const;

const queued = sampleTask();
const running = sampleTask({
  status: 'running',
  slot: sampleSlot(),
  attempts: [openAttemptIn('running', 1)],
  attemptCount: 1,
});
const { due: _due, ...settled } = sampleTask({ attempts: [failedOnce], attemptCount: 1 });
const failed: Task = { ...settled, status: 'failed', endedAt: NOW, ends: 1, result };
const completed: Task = {
  ...failed,
  status: 'completed',
  attempts: [success],
  result: { code: 0, outputs: null, error: null },
};
const { slot: _slot, ...slotless } = running;
const { acceptedAt: _accepted, ...unaccepted } = running;
const { endedAt: _ended, ...endless } = failedOnce;

const breaking: Readonly<Record<string, Task>> = {
  'a ticket is held exactly while waiting': { ...queued, ticket },
  'an open attempt holds a slot': slotless,
  'a slot is for an open attempt or was just granted': { ...queued, status: 'waiting', ticket, slot: sampleSlot() },
  'a lease is for an attempt being submitted': { ...running, lease: { id: 'lease', until: NOW } },
  'an unfinished task is due by its deadline': { ...queued, due: { at: queued.deadlineAt + 1, by: 'sweep' } },
  'the sweep finds it at its next visit or before': { ...queued, sweepAt: (queued.due?.at ?? 0) + 1 },
  'its open ends are ends that it had, in their order': { ...failed, openEnds: [{ end: 2, at: NOW }] },
  'a finished task is due while its attempt is open': { ...failed, due: { at: NOW, by: 'sweep' } },
  'a time of the next attempt means backoff': { ...queued, nextAttemptAt: NOW },
  'a result means that it has ended': { ...queued, result },
  'an end time means that it has ended': { ...queued, endedAt: NOW },
  'an ended task has ended at least once': { ...failed, ends: 0 },
  'only the latest attempt is open': {
    ...running,
    attempts: [...running.attempts, { ...failedOnce, number: 2 }],
    attemptCount: 2,
  },
  'without an open attempt it is ready for one': { ...queued, status: 'running' },
  'its status is that of its open attempt': { ...running, status: 'in-doubt' },
  'it was accepted when an attempt was': unaccepted,
  'attempts are numbered without a gap': { ...queued, attempts: [{ ...failedOnce, number: 2 }], attemptCount: 1 },
  'attempts are closed with an outcome': { ...queued, attempts: [endless], attemptCount: 1 },
  'its result is that of its status': { ...failed, result: { ...result, code: 0 } },
  'at most one success is the one it ended with': {
    ...completed,
    attempts: [success, { ...success, number: 2 }],
    attemptCount: 2,
  },
  'only a completed task has a success it ended with': { ...failed, attempts: [success] },
};

describe('what must hold of every task', () => {
  it.each([
    ['queued', queued],
    ['running', running],
    ['failed', failed],
    ['completed', completed],
  ])('holds for a sound one that is %s', (_status, task) => {
    expect(brokenInvariants(task)).toEqual([]);
    expect(requireSound(task)).toBe(task);
  });

  it.each(taskInvariants)('is broken alone where not: $sentence', ({ sentence }) => {
    const task = breaking[sentence];
    expect(task && brokenInvariants(task)).toEqual([sentence]);
  });

  it.each(Object.entries(breaking))('is demanded of each decision: %s', (sentence, task) => {
    expect(() => requireSound(task)).toThrow(RelayError);
    expect(() => requireSound(task)).toThrow(
      expect.objectContaining({ code: 'decision-unsound', details: expect.objectContaining({ broken: sentence }) }),
    );
  });
});

describe('a damaged task that an operator ends', () => {
  it.each(Object.entries(breaking))('is sound, failed and holds nothing: %s', (sentence, stored) => {
    const { id, accountId, model, version } = stored;
    const ended = endDamagedTask({ id, accountId, model, version, broken: [sentence], stored }, NOW);
    expect(brokenInvariants(ended)).toEqual([]);
    expect(ended).toMatchObject({ status: 'failed', version: version + 1, result: { code: 5000 } });
    expect(ended).not.toHaveProperty('slot');
    expect(ended).not.toHaveProperty('ticket');
    expect(ended).not.toHaveProperty('due');
  });
});
