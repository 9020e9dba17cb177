// When sweep comes across a task: at its due time or before, moved as seldom as can be, because each move is two writes of
// an index.
import { expect, it } from 'vitest';
import { decide } from '../../../core/domain/task/decide.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { NOW, openAttemptIn, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { TaskEvent } from '../../../core/domain/task/event.ts';

function after(task: Task, event: TaskEvent, now: number = NOW): Task {
  const decision = decide(task, event, { now, random: () => 0.5, settings: defaultSettings });
  if (decision.kind === 'refused') throw new Error(`refused: ${decision.reason}`);
  return decision.task;
}

const claim = {
  type: 'claimed',
  attempt: 1,
  leaseId: 'lease',
  callbackDigest: 'a'.repeat(64),
  slot: sampleSlot(),
} as const;
const success = { type: 'outcome-reported', attempt: 1, outcome: { kind: 'succeeded', outputs: [] } } as const;

it('stays where it was at the submit through claim, acceptance and end, and is gone once that is handed on', () => {
  const submitted = sampleTask({ sweepAt: NOW + 30_000 });
  const claimed = after(submitted, claim);
  const accepted = after(claimed, { type: 'accepted', attempt: 1, upstreamId: 'up' }, NOW + 500);
  const ended = after(accepted, success, NOW + 5_000);

  const handedOn = after(ended, { type: 'end-handed-on', end: 1 }, NOW + 6_000);

  expect([claimed, accepted, ended].map(({ sweepAt }) => sweepAt)).toEqual(Array(3).fill(NOW + 30_000));
  expect(claimed.due?.at).toBeGreaterThan(NOW + 30_000);
  expect(ended).not.toHaveProperty('due');
  expect(handedOn).not.toHaveProperty('sweepAt');
  expect(handedOn).not.toHaveProperty('openEnds');
});

it('comes forward with a due that is earlier', () => {
  const task = sampleTask({ sweepAt: NOW + 600_000, due: { at: NOW + 700_000, by: 'sweep' } });

  const claimed = after(task, claim);

  expect(claimed.sweepAt).toBe(claimed.due?.at);
});

it('is set to the true time by a sweep that comes too early, which changes nothing else', () => {
  const attempts = [openAttemptIn('running', 1)];
  const due = { at: NOW + 60_000, by: 'sweep' } as const;
  const parts = { status: 'running', slot: sampleSlot(), attempts, attemptCount: 1, due } as const;
  const task = sampleTask({ ...parts, sweepAt: NOW - 1 });

  const met = decide(task, { type: 'due-passed' }, { now: NOW, random: () => 0.5, settings: defaultSettings });

  expect(met).toEqual({ kind: 'changed', effects: [], task: { ...task, sweepAt: due.at, version: task.version + 1 } });
});

it('has nothing to set before its time has come, nor twice', () => {
  const due = { at: NOW + 60_000, by: 'doorbell' } as const;
  for (const sweepAt of [NOW + 1, due.at, undefined]) {
    const task = sampleTask({ due, ...(sweepAt !== undefined && { sweepAt }) });
    const met = decide(task, { type: 'due-passed' }, { now: NOW, random: () => 0.5, settings: defaultSettings });
    expect(met).toEqual({ kind: 'refused', reason: 'not-due' });
  }
});
