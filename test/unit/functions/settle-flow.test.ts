import { describe, expect, it } from 'vitest';
import { serveDoorbells, takeCallback } from '../../../functions/settle/flow.ts';
import { callbackDigest, formatCallbackToken } from '../../../core/domain/task/callback-token.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { NOW, openAttemptIn, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { parseDoorbell } from '../../../core/contract/messages.ts';
import type { Doorbell } from '../../../core/contract/messages.ts';
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

function serve(relay: MemoryRelay, ...doorbells: readonly Doorbell[]) {
  return serveDoorbells(
    relay,
    doorbells.map((doorbell, index) => ({ messageId: `m${index}`, doorbell })),
  );
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
    // The queue does not take it either.
    relay.doorbells.failNext(1);
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
    await serve(relay, pollDoorbell(task, 0));
    expect((await relay.task(task.id)).status).toBe('completed');
  });

  it('plans the next poll when the attempt is still at work', async () => {
    const relay = new MemoryRelay({ callbacks: false });
    relay.pollAnswers.push({ kind: 'running' });
    const task = await putOpen(relay, 'running');
    await serve(relay, pollDoorbell(task, 0));
    expect(await relay.task(task.id)).toMatchObject({ attempts: [{ polls: 1 }] });
    expect(relay.doorbells.waiting('settle')).toMatchObject([{ doorbell: pollDoorbell(task, 1) }]);
  });

  it('is used once, so that a doubled doorbell starts no second series of polls', async () => {
    const relay = new MemoryRelay({ callbacks: false });
    relay.pollAnswers.push({ kind: 'running' });
    const task = await putOpen(relay, 'running');
    await serve(relay, pollDoorbell(task, 0));
    await serve(relay, pollDoorbell(task, 0));
    expect(relay.polled).toHaveLength(1);
    expect(relay.doorbells.waiting('settle')).toHaveLength(1);
  });

  it('asks nothing about an attempt that is over', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    await takeCallback(relay, tokenText, success);
    await serve(relay, pollDoorbell(task, 0));
    expect(relay.polled).toEqual([]);
  });
});

/** So many running tasks, each with its slot. */
async function putRunning(relay: MemoryRelay, count: number): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = `${sampleTask().id.slice(0, -2)}${10 + index}`;
    const own = { ...token, taskId: id };
    const attempt = { ...openAttemptIn('running', 1), callbackDigest: callbackDigest(own) };
    const task = sampleTask({ id, status: 'running', attempts: [attempt], attemptCount: 1, slot: sampleSlot() });
    tasks.push(await relay.put(task));
  }
  return tasks;
}

function outcomeOf({ id }: Task): Doorbell {
  return { kind: 'outcome', taskId: id, attempt: 1, body: success };
}

function contended() {
  return new RelayError('store-contended', 'too many at once');
}

describe('a callback that meets other writers at the gate', () => {
  const colliding = (relay: MemoryRelay, error = contended()) =>
    relay.withStore({
      commit: (commit) => (commit.isHasty ? Promise.reject(error) : relay.store.commit(commit)),
    });

  it.each([
    ['meets others', contended()],
    ['is throttled by the table', new RelayError('store-unavailable', 'DynamoDB does not answer')],
  ])('is answered where it %s, and leaves what it told to the queue, which records it', async (_what, error) => {
    const relay = new MemoryRelay();
    const [task] = await putRunning(relay, 1);
    if (!task) throw new Error('no task');
    expect(
      await takeCallback(colliding(relay, error), formatCallbackToken({ ...token, taskId: task.id }), success),
    ).toBe('known');
    expect((await relay.task(task.id)).status).toBe('running');
    const [sent] = relay.doorbells.take('settle');
    const received = sent && parseDoorbell(JSON.stringify(sent.doorbell));
    expect(received).toEqual(outcomeOf(task));
    if (received) expect(await serve(relay, received)).toEqual([]);
    expect(await relay.task(task.id)).toMatchObject({
      status: 'completed',
      result: { outputs: ['https://get3w.example/1.png'] },
    });
  });

  it.each([
    ['the queue does not take it', success, 1],
    [
      'it is longer than a message',
      body({ status: 'completed', code: 0, outputs: 'x'.repeat(60_000), pad: 'y'.repeat(200_000) }),
      0,
    ],
  ])('is not answered as received where %s, and the attempt is polled', async (_where, told, lost) => {
    const relay = new MemoryRelay();
    const [task] = await putRunning(relay, 1);
    if (!task) throw new Error('no task');
    relay.doorbells.failNext(lost);
    const taken = takeCallback(colliding(relay), formatCallbackToken({ ...token, taskId: task.id }), told);
    await expect(taken).rejects.toMatchObject({ code: 'store-contended' });
    expect(relay.doorbells.waiting('settle')).toMatchObject([{ doorbell: { kind: 'task', taskId: task.id, poll: 0 } }]);
  });
});

describe('a callback in a rush', () => {
  /** Attempts hold their slots for five seconds: so many end in one. */
  const rushedFor = (relay: MemoryRelay, sinceMs: number, endsPerSecond = 501, freshnesses: unknown[] = []) =>
    relay.withStore({
      loadGate: async (gateId, ...freshness) => {
        freshnesses.push(...freshness);
        const counters = { inFlight: 5 * endsPerSecond, outcomes: 100, heldMs: 500_000 };
        return { ...(await relay.store.loadGate(gateId)), rushedAt: NOW - sinceMs, counters };
      },
    });

  it('leaves what it told to the queue, without a commit, and reads no more than a gate of a moment ago', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    const freshnesses: unknown[] = [];
    expect(await takeCallback(rushedFor(relay, 900, 501, freshnesses), tokenText, success)).toBe('known');
    expect(await relay.task(task.id)).toEqual(task);
    expect(relay.doorbells.waiting('settle')).toMatchObject([{ doorbell: outcomeOf(task), delayMs: 0 }]);
    expect(freshnesses).toEqual(['a-moment-ago']);
  });

  it.each([
    ['the rush is over', 1_000, 501, success, 0],
    ['ends are few enough to be recorded one by one', 900, 500, success, 0],
    ['the queue does not take it', 900, 501, success, 1],
    ['it is longer than a message', 900, 501, body({ status: 'completed', code: 0, pad: 'y'.repeat(250_000) }), 0],
  ])('is recorded at once where %s', async (_where, sinceMs, ends, told, lost) => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    relay.doorbells.failNext(lost);
    expect(await takeCallback(rushedFor(relay, sinceMs, ends), tokenText, told)).toBe('known');
    expect((await relay.task(task.id)).status).toBe('completed');
    expect(relay.doorbells.waiting('settle')).toEqual([]);
  });

  it('is recorded at once where the gate cannot be read', async () => {
    const relay = new MemoryRelay();
    const task = await putOpen(relay, 'running');
    const unreadable = relay.withStore({
      loadGate: (gateId: string, freshness?: string) =>
        freshness === 'a-moment-ago' ? Promise.reject(contended()) : relay.store.loadGate(gateId),
    });
    expect(await takeCallback(unreadable, tokenText, success)).toBe('known');
    expect((await relay.task(task.id)).status).toBe('completed');
  });

  it('under an address that was never issued is unknown, and queues nothing', async () => {
    const relay = new MemoryRelay();
    await putOpen(relay, 'running');
    const forged = formatCallbackToken({ ...token, secret: 'f'.repeat(27) });
    expect(await takeCallback(rushedFor(relay, 0), forged, success)).toBe('unknown');
    expect(relay.doorbells.waiting('settle')).toEqual([]);
  });
});

describe('a batch of ends', () => {
  /** Tasks of each commit. */
  function counting(relay: MemoryRelay, refuse: (ids: readonly string[]) => Error | undefined = () => undefined) {
    const commits: number[] = [];
    const ports = relay.withStore({
      commit: async (commit) => {
        const error = refuse(commit.changes.map(({ after }) => after.id));
        if (error !== undefined) throw error;
        if (commit.changes.length > 0) commits.push(commit.changes.length);
        return relay.store.commit(commit);
      },
    });
    return { ports, commits };
  }

  it('is recorded in one commit, with each slot given back once', async () => {
    const relay = new MemoryRelay();
    const tasks = await putRunning(relay, 10);
    const { ports, commits } = counting(relay);
    expect(await serve(ports, ...tasks.map(outcomeOf))).toEqual([]);
    expect(commits).toEqual([10]);
    expect((await relay.store.loadGate('default')).counters['inFlight']).toBeUndefined();
    expect(relay.sumOf('TasksEnded')).toBe(10);
  });

  it('takes in what polls find out', async () => {
    const relay = new MemoryRelay();
    relay.pollAnswers.push({ kind: 'ended', outcome: { kind: 'succeeded', outputs: [] } });
    const tasks = await putRunning(relay, 3);
    const { ports, commits } = counting(relay);
    expect(
      await serve(ports, ...tasks.map((task) => ({ kind: 'task', taskId: task.id, attempt: 1, poll: 0 }) as const)),
    ).toEqual([]);
    expect(commits.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(commits.length).toBeLessThan(3);
  });

  it('records an end that comes twice once, and gives neither message back', async () => {
    const relay = new MemoryRelay();
    const tasks = await putRunning(relay, 2);
    const { ports } = counting(relay);
    expect(await serve(ports, ...[...tasks, ...tasks].map(outcomeOf))).toEqual([]);
    expect(relay.sumOf('TasksEnded')).toBe(2);
    expect(relay.sumOf('OutcomesIgnored')).toBe(2);
    expect((await relay.store.loadGate('default')).counters['inFlight']).toBeUndefined();
  });

  it('gives back the one message whose task the table will not take, and records the others', async () => {
    const relay = new MemoryRelay();
    const tasks = await putRunning(relay, 4);
    const cause = new Error('an item too large');
    const { ports } = counting(relay, (ids) => (ids.includes(tasks[2]?.id ?? '') ? cause : undefined));
    expect(await serve(ports, ...tasks.map(outcomeOf))).toEqual([{ messageId: 'm2', error: cause }]);
    const ended = await relay.store.loadTasks(tasks.map(({ id }) => id));
    expect(ended.map(({ status }) => status)).toEqual(['completed', 'completed', 'running', 'completed']);
  });

  it('reads again only the tasks that others have changed', async () => {
    const relay = new MemoryRelay();
    const tasks = await putRunning(relay, 3);
    const loaded: string[] = [];
    let isFirst = true;
    const ports = relay.withStore({
      loadTask: (id) => {
        loaded.push(id);
        return relay.store.loadTask(id);
      },
      commit: async (commit) => {
        if (commit.changes.length === 0 || !isFirst) return relay.store.commit(commit);
        isFirst = false;
        return { kind: 'lost', taskIds: [tasks[1]?.id ?? ''], isGateLost: false };
      },
    });
    expect(await serve(ports, ...tasks.map(outcomeOf))).toEqual([]);
    expect(loaded).toEqual([tasks[1]?.id]);
    expect(relay.sumOf('TasksEnded')).toBe(3);
  });
});
