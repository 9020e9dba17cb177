import { describe, expect, it } from 'vitest';
import { pollAttempt, takeCallback } from '../../../functions/settle/flow.ts';
import { callbackDigest, formatCallbackToken } from '../../../core/domain/task/callback-token.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { NOW, openAttemptIn, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import type { Attempt, Task } from '../../../core/domain/task/task.ts';

const token = { taskId: sampleTask().id, attempt: 1, secret: 's'.repeat(27) };
const tokenText = formatCallbackToken(token);

function body(fields: object): string {
  return JSON.stringify({ id: 'upstream-1', ...fields });
}

const success = body({ status: 'completed', code: 0, outputs: ['https://get3w.example/1.png'], error: null });

function putOpen(relay: MemoryRelay, state: Exclude<Attempt['state'], 'closed'>, parts: Partial<Attempt> = {}) {
  return relay.put(
    sampleTask({
      status: state,
      attempts: [{ ...openAttemptIn(state, 1), callbackDigest: callbackDigest(token), ...parts }],
      attemptCount: 1,
      slot: sampleSlot(),
      ...(state === 'submitting' && { lease: { id: 'lease', until: NOW + 60_000 } }),
    }),
  );
}

function pollDoorbell(task: Task, number: number) {
  return { kind: 'task', taskId: task.id, attempt: 1, poll: number } as const;
}

describe('a callback of Get3W', () => {
  it('ends its task and frees its slot', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    expect(await takeCallback(relay, tokenText, success)).toBe('known');
    expect(await relay.task(task.id)).toMatchObject({ status: 'completed', result: { code: 0 } });
    expect((await relay.store.loadGate('default')).counters['inFlight']).toBeUndefined();
  });

  it('under an address that was never issued is unknown, counted, and changes nothing', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    const forged = formatCallbackToken({ ...token, secret: 'f'.repeat(27) });
    expect(await takeCallback(relay, forged, success)).toBe('unknown');
    expect(await takeCallback(relay, 'no token at all', success)).toBe('unknown');
    expect(await relay.task(task.id)).toEqual(task);
    expect(relay.sumOf('CallbacksForged')).toBe(2);
  });

  it('that cannot be read makes the attempt polled, once however often it comes', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    expect(await takeCallback(relay, tokenText, '<html>')).toBe('known');
    expect(relay.doorbells.waiting('settle')).toMatchObject([{ doorbell: pollDoorbell(task, 0), delayMs: 1_000 }]);
  });

  it('is not answered as received when its outcome could not be recorded, and the attempt is polled besides', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    const failing = relay.withStore({
      commit: () => Promise.reject(new RelayError('store-unavailable', 'no answer')),
    });
    await expect(takeCallback(failing, tokenText, success)).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(relay.doorbells.waiting('settle')).toMatchObject([{ doorbell: pollDoorbell(task, 0) }]);
  });

  it('of a probe whose answer was lost proves that Get3W accepts the account again', async () => {
    const relay = new MemoryRelay();
    await putOpen(relay, 'in-doubt', { accountProbe: true });
    const before = await relay.store.loadGate('default');
    const pause = { reason: 'account', since: NOW, status: 403, probeAt: NOW + 9_000, probeWaitMs: 9_000 } as const;
    await relay.store.commit({ changes: [], gate: { before, after: { ...before, pause } } });
    await takeCallback(relay, tokenText, success);
    expect((await relay.store.loadGate('default')).pause).toBeUndefined();
  });
});

describe('a poll of a running attempt', () => {
  it('records the outcome that the poll finds', async () => {
    const relay = new MemoryRelay();
    relay.pollAnswers.push({ kind: 'ended', outcome: { kind: 'succeeded', outputs: [] } });
    const task = await putOpen(relay, 'running');
    await pollAttempt(relay, pollDoorbell(task, 0));
    expect((await relay.task(task.id)).status).toBe('completed');
  });

  it('plans the next poll when the attempt is still at work', async () => {
    const relay = new MemoryRelay({ callbacks: false });
    relay.pollAnswers.push({ kind: 'running' });
    const task = await putOpen(relay, 'running');
    await pollAttempt(relay, pollDoorbell(task, 0));
    expect(await relay.task(task.id)).toMatchObject({ attempts: [{ polls: 1 }] });
    expect(relay.doorbells.waiting('settle')).toMatchObject([{ doorbell: pollDoorbell(task, 1) }]);
  });

  it('is used once, so that a doubled doorbell starts no second series of polls', async () => {
    const relay = new MemoryRelay({ callbacks: false });
    relay.pollAnswers.push({ kind: 'running' });
    const task = await putOpen(relay, 'running');
    await pollAttempt(relay, pollDoorbell(task, 0));
    await pollAttempt(relay, pollDoorbell(task, 0));
    expect(relay.polled).toHaveLength(1);
    expect(relay.doorbells.waiting('settle')).toHaveLength(1);
  });

  it('asks nothing about an attempt that is over', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    await takeCallback(relay, tokenText, success);
    await pollAttempt(relay, pollDoorbell(task, 0));
    expect(relay.polled).toEqual([]);
  });
});
