import { describe, expect, it } from 'vitest';
import { serveDoorbells } from '../../../functions/dispatch/flow.ts';
import { takeCallback } from '../../../functions/settle/flow.ts';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { parseCallbackToken } from '../../../core/domain/task/callback-token.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { HOUR_MS } from '../../../core/domain/time-ms.ts';
import { NOW, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { SubmitAnswer, SubmitRequest } from '../../../core/ports/ports.ts';
import type { Task } from '../../../core/domain/task/task.ts';

function idOf(index: number): string {
  return `019b0000-0000-7000-8000-00000000000${index}`;
}

function doorbell(task: Task, attempt: number = task.attemptCount + 1) {
  return { kind: 'task', taskId: task.id, attempt } as const;
}

const accepted = { kind: 'accepted', upstreamId: 'upstream-1' } as const;

function slots(limitStart: number) {
  return { gate: { ...defaultSettings.gate, limitStart } };
}

async function steer({ store }: MemoryRelay, change: (gate: Gate) => Gate): Promise<void> {
  const before = await store.loadGate('default');
  await store.commit({ changes: [], gate: { before, after: change(before) } });
}

describe('a batch of doorbells', () => {
  it('submits each task once, with a callback address of its own, and records the answer', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push(accepted);
    const task = await relay.put(sampleTask());
    const failed = await serveDoorbells(relay, [
      { messageId: 'one', doorbell: doorbell(task) },
      { messageId: 'two', doorbell: doorbell(task) },
    ]);
    expect(failed).toEqual([]);
    expect(await relay.task(task.id)).toMatchObject({ status: 'running', attempts: [{ upstreamId: 'upstream-1' }] });
    const token = relay.submitted.map(({ callbackUrl }) => parseCallbackToken(callbackUrl?.split('/').at(-1) ?? ''));
    expect(token).toMatchObject([{ taskId: task.id, attempt: 1 }]);
  });

  it('handles a doorbell that is in one batch with an older one for the same task', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push(accepted);
    const task = await relay.put(sampleTask());
    await serveDoorbells(relay, [
      { messageId: 'one', doorbell: doorbell(task) },
      { messageId: 'two', doorbell: doorbell(task, 7) },
    ]);
    expect((await relay.task(task.id)).status).toBe('running');
  });

  it('lets a task wait that finds no slot, with a ticket, and wakes it when one comes free', async () => {
    const relay = new MemoryRelay(slots(1));
    relay.submitAnswers.push(accepted, {
      kind: 'refused',
      failure: { level: 'http', code: 400, text: 'Invalid parameters' },
    });
    const tasks = await Promise.all([1, 2].map((index) => relay.put(sampleTask({ id: idOf(index) }))));
    await serveDoorbells(
      relay,
      tasks.map((task) => ({ messageId: task.id, doorbell: doorbell(task) })),
    );
    const statuses = await Promise.all(tasks.map(async ({ id }) => (await relay.task(id)).status));
    expect(statuses).toEqual(['running', 'waiting']);
    expect((await relay.store.loadGate('default')).counters).toMatchObject({ inFlight: 1 });
  });

  it('returns the messages of the tasks that met a fault, and only after all others are handled', async () => {
    const relay = new MemoryRelay(slots(5));
    relay.submitAnswers.push(accepted);
    const granted = sampleTask({ id: idOf(1), slot: sampleSlot() });
    const arriving = sampleTask({ id: idOf(2) });
    await Promise.all([granted, arriving].map((task) => relay.put(task)));
    const { store } = relay;
    const failing = relay.withStore({
      commit: async (commit) => {
        // The gate is out of reach; what needs no gate goes on, and slower than the failure.
        if (commit.gate ?? commit.claim) throw new RelayError('store-unavailable', 'no answer');
        await relay.clock.sleep(10);
        return store.commit(commit);
      },
    });
    const serving = serveDoorbells(failing, [
      { messageId: 'granted', doorbell: doorbell(granted) },
      { messageId: 'arriving', doorbell: doorbell(arriving) },
    ]);
    await relay.clock.advance(100);
    expect(await serving).toMatchObject([{ messageId: 'arriving', error: { code: 'store-unavailable' } }]);
    expect((await relay.task(granted.id)).status).toBe('running');
  });

  it('gives back the one message whose decision would make a task that cannot be, with the cause, and serves the rest', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push(accepted);
    const [good, bad] = [1, 2].map((index) => sampleTask({ id: idOf(index) })) as [Task, Task];
    await Promise.all([good, bad].map((task) => relay.put(task)));
    // As a mistake in the code would: what decide is given is sound, what it makes of it is not.
    const read = [good, { ...bad, endedAt: NOW }];
    const failing = relay.withStore({ loadTasks: async () => read });

    const failed = await serveDoorbells(
      failing,
      [good, bad].map((task) => ({ messageId: task.id, doorbell: doorbell(task) })),
    );

    expect(failed).toMatchObject([{ messageId: bad.id, error: { code: 'decision-unsound' } }]);
    expect(relay.sumOf('TasksDamaged')).toBe(1);
    expect((await relay.task(good.id)).status).toBe('running');
    expect((await relay.task(bad.id)).status).toBe('queued');
  });

  it('submits what was claimed even when the gate cannot be reached right after', async () => {
    const relay = new MemoryRelay(slots(1));
    relay.submitAnswers.push(accepted);
    const tasks = await Promise.all([1, 2].map((index) => relay.put(sampleTask({ id: idOf(index) }))));
    const { store } = relay;
    let isClaimed = false;
    const failing = relay.withStore({
      loadGate: async (gateId) => {
        if (isClaimed) throw new RelayError('store-unavailable', 'no answer');
        return store.loadGate(gateId);
      },
      commit: async (commit) => {
        isClaimed = true;
        return store.commit(commit);
      },
    });
    const received = tasks.map((task) => ({ messageId: task.id, doorbell: doorbell(task) }));
    await serveDoorbells(failing, received);
    expect(relay.submitted).toHaveLength(1);
    const statuses = await Promise.all(tasks.map(async ({ id }) => (await relay.task(id)).status));
    expect(statuses).toEqual(['running', 'waiting']);
  });
});

describe('tasks that change between their claim and the gate', () => {
  /** Ports whose first reading of tasks is what the test says, as if everything else had happened since. */
  const lagging = (relay: MemoryRelay, seen: Task): MemoryRelay => {
    let isFirst = true;
    return relay.withStore({
      loadTasks: async (ids) => {
        if (!isFirst) return relay.store.loadTasks(ids);
        isFirst = false;
        return [seen];
      },
    });
  };

  it('one that has taken a ticket in the meantime gets its slot once', async () => {
    const relay = new MemoryRelay(slots(1));
    const seen = await relay.put(sampleTask());
    await applyEvent(relay, seen.id, { type: 'slot-denied' });
    expect(await serveDoorbells(lagging(relay, seen), [{ messageId: 'one', doorbell: doorbell(seen) }])).toEqual([]);
    expect(await relay.task(seen.id)).toMatchObject({ status: 'queued', slot: { rank: 1 } });
  });

  it('one that already made the attempt is not submitted under a callback address of that attempt', async () => {
    const relay = new MemoryRelay(slots(2));
    // Read before its first attempt, which has been refused since; its backoff is over, and it holds a slot again.
    const seen = sampleTask({ slot: sampleSlot() });
    const now = { ...seen, status: 'queued', attemptCount: 1, version: 4 } as const;
    await relay.put(now);
    expect(await serveDoorbells(lagging(relay, seen), [{ messageId: 'one', doorbell: doorbell(seen) }])).toEqual([]);
    expect(relay.submitted).toEqual([]);
    expect(await relay.task(seen.id)).toEqual(now);
  });

  it('one that was cancelled takes no slot from a waiting task', async () => {
    const relay = new MemoryRelay(slots(1));
    const [seen, waiting] = [sampleTask({ id: idOf(1) }), sampleTask({ id: idOf(2) })];
    await Promise.all([relay.put(seen), relay.put(waiting)]);
    await applyEvent(relay, waiting.id, { type: 'slot-denied' });
    await applyEvent(relay, seen.id, { type: 'cancel-requested' });
    const serving = serveDoorbells(lagging(relay, { ...seen, priorityMs: 60_000 }), [
      { messageId: 'one', doorbell: doorbell(seen) },
    ]);
    await relay.clock.advance(1_000);
    expect(await serving).toEqual([]);
    expect(await relay.task(waiting.id)).toMatchObject({ status: 'queued', slot: {} });
  });
});

describe('a doorbell at the wrong time', () => {
  it('is sent again when it came before its backoff was over', async () => {
    const relay = new MemoryRelay();
    const due = { at: NOW + 65_000, by: 'doorbell' } as const;
    const task = await relay.put(sampleTask({ status: 'backoff', nextAttemptAt: NOW + 5_000, due }));
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect(relay.doorbells.waiting('dispatch')).toMatchObject([{ delayMs: 5_000 }]);
    expect(await relay.task(task.id)).toEqual(task);
  });

  it('is acknowledged when it is about an attempt that was made already', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push(accepted);
    const task = await relay.put(sampleTask());
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect(await serveDoorbells(relay, [{ messageId: 'two', doorbell: doorbell(task) }])).toEqual([]);
    expect(relay.submitted).toHaveLength(1);
  });
});

describe('a task that waits while a slot is free, because the function that gave it its ticket died', () => {
  it('has the slot when its message comes again', async () => {
    const relay = new MemoryRelay(slots(1));
    const task = await relay.put(sampleTask());
    await applyEvent(relay, task.id, { type: 'slot-denied' });
    expect((await relay.task(task.id)).status).toBe('waiting');
    await serveDoorbells(relay, [{ messageId: 'again', doorbell: doorbell(task) }]);
    expect(await relay.task(task.id)).toMatchObject({ status: 'queued', slot: {} });
  });
});

describe('an attempt whose input cannot be read after its claim', () => {
  it('ends without a doubt, since nothing was sent, and another follows', async () => {
    const relay = new MemoryRelay();
    const task = await relay.put(sampleTask());
    const failing = relay.withStore({
      loadInput: () => Promise.reject(new RelayError('store-unavailable', 'no answer')),
    });
    expect(await serveDoorbells(failing, [{ messageId: 'one', doorbell: doorbell(task) }])).toEqual([]);
    const { status, attempts } = await relay.task(task.id);
    expect(status).toBe('backoff');
    expect(attempts).toMatchObject([{ state: 'closed', failure: { level: 'transport', code: 'unreachable' } }]);
    expect(relay.submitted).toEqual([]);
  });
});

describe('a slot that was granted while its task waited', () => {
  const granted = (): Task => sampleTask({ slot: sampleSlot() });

  it('is given back when the gate has been paused since', async () => {
    const relay = new MemoryRelay();
    const task = await relay.put(granted());
    await steer(relay, (gate) => ({ ...gate, pause: { reason: 'limited', since: NOW, until: NOW + 9_000 } }));
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect(await relay.task(task.id)).toMatchObject({ status: 'waiting', ticket: {} });
    expect(relay.submitted).toEqual([]);
  });

  it('is given back while an operator has paused the gate, though a pause for a 429 is just over', async () => {
    const relay = new MemoryRelay();
    const task = await relay.put(granted());
    await steer(relay, (gate) => ({
      ...gate,
      pause: { reason: 'limited', since: NOW - 2, until: NOW - 1 },
      operatorPause: { since: NOW, by: 'acc_operator' },
    }));
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect((await relay.task(task.id)).status).toBe('waiting');
    expect(relay.submitted).toEqual([]);
  });

  it('is used when the time of an operator’s pause is over', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push(accepted);
    const task = await relay.put(granted());
    const operatorPause = { since: NOW - 2, by: 'acc_operator', until: NOW - 1 };
    await steer(relay, (gate) => ({ ...gate, operatorPause }));
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect((await relay.task(task.id)).status).toBe('running');
  });

  it('is used when the pause is over', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push(accepted);
    const task = await relay.put(granted());
    await steer(relay, (gate) => ({ ...gate, pause: { reason: 'limited', since: NOW - 2, until: NOW - 1 } }));
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect((await relay.task(task.id)).status).toBe('running');
  });
});

describe('what the gate learns from the answer to a probe of the account', () => {
  const paused = {
    reason: 'account',
    since: NOW - 60_000,
    status: 403,
    probeAt: NOW - 1,
    probeWaitMs: 30_000,
  } as const;
  const probed = async (relay: MemoryRelay): Promise<Gate> => {
    const task = await relay.put(sampleTask());
    await steer(relay, (gate) => ({ ...gate, pause: paused }));
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    return relay.store.loadGate('default');
  };

  it('an answer of Get3W itself other than 401 or 403 lifts the pause', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push({ kind: 'refused', failure: { level: 'http', code: 429, text: 'Rate limit exceeded' } });
    expect((await probed(relay)).pause?.reason).not.toBe('account');
  });

  it('a refusal doubles the wait until the next probe', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push({
      kind: 'refused',
      failure: { level: 'http', code: 401, text: 'Invalid or revoked API key' },
    });
    expect((await probed(relay)).pause).toMatchObject({ status: 401, probeWaitMs: 60_000 });
  });

  it('no connection, or an answer that was lost, does not', async () => {
    for (const kind of ['refused', 'doubted'] as const) {
      const relay = new MemoryRelay();
      const code = kind === 'refused' ? 'unreachable' : 'reset';
      relay.submitAnswers.push({ kind, failure: { level: 'transport', code, text: 'no answer' } });
      expect((await probed(relay)).pause?.reason).toBe('account');
    }
  });
});

describe('an answer that already has the outcome', () => {
  it('ends the task in the same step', async () => {
    const relay = new MemoryRelay();
    const outputs = ['https://get3w.example/1.png'];
    relay.submitAnswers.push({ ...accepted, outcome: { kind: 'succeeded', outputs } });
    const task = await relay.put(sampleTask());
    await serveDoorbells(relay, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect(await relay.task(task.id)).toMatchObject({ status: 'completed', result: { code: 0, outputs }, version: 3 });
  });
});

/** The same relay, whose Get3W does something else before it answers. */
function submittingBy(relay: MemoryRelay, submit: MemoryRelay['provider']['submit']): MemoryRelay {
  return Object.assign(relay.withStore({}), { provider: { ...relay.provider, submit } });
}

describe('the answer to a submit', () => {
  it('is recorded on the task as its claim left it, without another read', async () => {
    const relay = new MemoryRelay();
    relay.submitAnswers.push(accepted);
    const task = await relay.put(sampleTask());
    let reads = 0;
    const { store } = relay;
    const counting = relay.withStore({
      loadTask: (id) => {
        reads += 1;
        return store.loadTask(id);
      },
    });
    await serveDoorbells(counting, [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect(await relay.task(task.id)).toMatchObject({ status: 'running', attempts: [{ upstreamId: 'upstream-1' }] });
    expect(reads).toBe(0);
  });

  it('that a callback and the end of its task have overtaken changes nothing of them', async () => {
    const relay = new MemoryRelay();
    const task = await relay.put(sampleTask());
    const outputs = ['https://get3w.example/1.png'];
    const end = JSON.stringify({ id: 'upstream-1', status: 'completed', code: 0, outputs, error: null });
    const submit = async ({ callbackUrl }: SubmitRequest): Promise<SubmitAnswer> => {
      expect(await takeCallback(relay, callbackUrl?.split('/').at(-1) ?? '', end)).toBe('known');
      return accepted;
    };
    const failed = await serveDoorbells(submittingBy(relay, submit), [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect(failed).toEqual([]);
    // Its claim and its end: the answer, made on the task as it was claimed, lost to the end and wrote nothing.
    expect(await relay.task(task.id)).toMatchObject({ status: 'completed', result: { code: 0, outputs }, version: 3 });
    expect((await relay.store.loadGate('default')).counters['inFlight']).toBeUndefined();
  });

  it('that comes after its lease has run out ends the doubt that the sweep put the attempt in', async () => {
    const relay = new MemoryRelay();
    const task = await relay.put(sampleTask());
    const submit = async (): Promise<SubmitAnswer> => {
      await relay.clock.advance(HOUR_MS);
      expect(await applyEvent(relay, task.id, { type: 'due-passed' })).toMatchObject({ kind: 'changed' });
      expect(await relay.task(task.id)).toMatchObject({ status: 'in-doubt' });
      return accepted;
    };
    await serveDoorbells(submittingBy(relay, submit), [{ messageId: 'one', doorbell: doorbell(task) }]);
    expect(await relay.task(task.id)).toMatchObject({ status: 'running', attempts: [{ upstreamId: 'upstream-1' }] });
  });
});
