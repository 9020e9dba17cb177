// What a submit is refused for because of the gate; everything else that a client can meet is test/system's.
import { describe, expect, it } from 'vitest';
import { submitTask } from '../../../functions/api/submit-task.ts';
import { limits } from '../../../core/domain/limits.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { queuesOf, sampleGate } from '../../support/sample-gate.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { AccountQueues } from '../../../core/domain/gate/gate-view.ts';

const account: Account = {
  id: sampleTask().accountId,
  name: 'tests',
  weight: 1,
  isOperator: false,
  activeTasks: 0,
  createdAt: NOW,
};

function submitTo(gate: Gate, queues?: AccountQueues, task: string = 'text-to-image') {
  const relay = new MemoryRelay();
  const ports = relay.withStore({ loadGate: async () => gate, loadQueues: async () => queues });
  return submitTask(ports, account, {
    vendor: 'acme',
    model: 'sketch',
    task,
    query: {},
    idempotencyKey: undefined,
    body: '{"prompt":"a cat"}',
  });
}

function gateWith(counters: Gate['counters'], parts: Partial<Gate> = {}): Gate {
  return sampleGate(defaultSettings.gate, counters, parts);
}

function waitingFor(tasks: Readonly<Record<string, number>>): AccountQueues {
  const named = Object.entries(tasks).map(([task, count]) => [`acme/sketch/${task}`, count] as const);
  return queuesOf(account.id, Object.fromEntries(named));
}

async function takenIn(prompt: string) {
  const relay = new MemoryRelay();
  const body = JSON.stringify({ prompt });
  const submit = { vendor: 'acme', model: 'sketch', task: 'text-to-image', query: {}, idempotencyKey: undefined, body };
  const reply = await submitTask(relay, account, submit);
  return { relay, body, task: await relay.store.loadTask((reply.body as { readonly id: string }).id) };
}

describe('the input of a submit', () => {
  it('is in the row of its task while that leaves room for an attempt within 1 KB', async () => {
    const { task, body } = await takenIn('a'.repeat(300));
    expect(task?.input).toBe(body);
  });

  it('has a row of its own beyond that, and is still found', async () => {
    const { relay, task, body } = await takenIn('ü'.repeat(300));
    expect(task).not.toHaveProperty('input');
    expect(await relay.store.loadInput(task?.id ?? '')).toBe(body);
  });
});

describe('a submit', () => {
  const heldMs = 60_000;
  const { deadlineMs } = defaultSettings;
  const slots = defaultSettings.gate.limitStart;
  const known = { outcomes: 5, heldMs: 5 * heldMs };
  const backlog = (deadlineMs / heldMs) * slots + 10;

  it('is accepted while the gate has room and the wait is short enough', async () => {
    expect(await submitTo(gateWith({}))).toMatchObject({ status: 200, body: { status: 'created' } });
  });

  it('that could not get its slot before its deadline is refused, with when to try again', async () => {
    const retryAfter = String((10 * heldMs) / slots / 1_000);
    await expect(submitTo(gateWith(known), waitingFor({ 'text-to-image': backlog }))).rejects.toMatchObject({
      status: 429,
      headers: { 'retry-after': retryAfter },
    });
  });

  it('is estimated by the pace of its own account, and not by the backlog of others', async () => {
    const crowded = gateWith(known, { waitingWeight: 99 });
    expect(await submitTo(crowded)).toMatchObject({
      status: 200,
      body: { estimated_duration: 60 + (100 * 60) / slots },
    });
    await expect(submitTo(crowded, waitingFor({ 'text-to-image': backlog / 50 }))).rejects.toMatchObject({
      status: 429,
    });
  });

  it("of one more model is refused when its account's row has no room for more names", async () => {
    const names: Record<string, number> = {};
    for (let index = 0, bytes = 0; bytes <= limits.queueNamesBytesMax; index += 1) {
      names[`model-${index}`] = 1;
      bytes += `fresh|acme/sketch/model-${index}`.length;
    }
    const crowded = waitingFor(names);
    await expect(submitTo(gateWith({}), crowded)).rejects.toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
      details: 'too many different models of the account wait for a slot',
    });
    expect(await submitTo(gateWith({}), crowded, 'model-3')).toMatchObject({ status: 200 });
  });
});

describe('an account with as many unfinished tasks as it may have', () => {
  const full: Account = { ...account, activeTasks: defaultSettings.shares.unfinishedTasksMax };
  const opened = async () => {
    const relay = new MemoryRelay();
    const submit = (by: Account, key?: string) =>
      submitTask(relay, by, {
        vendor: 'acme',
        model: 'sketch',
        task: 'text-to-image',
        query: {},
        idempotencyKey: key,
        body: '{"prompt":"a cat"}',
      });
    const first = await submit(account, 'a key');
    return { relay, submit, first };
  };

  it('is refused one more with 429, the reason and when to try again, with or without a key', async () => {
    const { submit } = await opened();
    for (const key of [undefined, 'another key']) {
      await expect(submit(full, key)).rejects.toMatchObject({
        status: 429,
        headers: { 'retry-after': '60' },
        details: 'the account has 10000 unfinished tasks, at most 10000 are allowed',
      });
    }
  });

  it('is counted by its tasks that wait for a slot', async () => {
    const waitingMax = defaultSettings.shares.unfinishedTasksMax;
    await expect(submitTo(gateWith({}), waitingFor({ 'text-to-image': waitingMax }))).rejects.toMatchObject({
      status: 429,
    });
    expect(await submitTo(gateWith({}), waitingFor({ 'text-to-image': waitingMax - 1 }))).toMatchObject({
      status: 200,
    });
  });

  it('still gets the task that an earlier request with its key has made', async () => {
    const { submit, first } = await opened();
    const repeated = await submit(full, 'a key');
    expect(repeated).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' } });
    expect((repeated.body as { id: string }).id).toBe((first.body as { id: string }).id);
  });

  it('is accepted as before where an operator has set a limit of its own, or it is the operator', async () => {
    const { submit } = await opened();
    expect(await submit({ ...full, isOperator: true })).toMatchObject({ status: 200 });
    expect(await submit({ ...full, concurrentTasksMax: 20_000 })).toMatchObject({ status: 200 });
  });
});

describe('a repeat of a submit whose task was accepted', () => {
  const key = 'a key';
  const heldMs = 60_000;
  const busy = gateWith({ outcomes: 5, heldMs: 5 * heldMs });
  const backlog = (defaultSettings.deadlineMs / heldMs) * defaultSettings.gate.limitStart + 10;
  const names = Array.from({ length: Math.ceil(limits.queueNamesBytesMax / 20) }, (_, index) => `model-${index}`);
  const crowded = waitingFor(Object.fromEntries(names.map((name) => [name, 1])));
  const limited: Account = { ...account, concurrentTasksMax: 1 };
  const metered: Account = { ...account, balanceMicros: 5 };

  it.each([
    ['has its wait estimated beyond the deadline', account, busy, waitingFor({ 'text-to-image': backlog })],
    ['has more models waiting than its account may name', account, gateWith({}), crowded],
    ['has its account at the limit that an operator set', limited, gateWith({}), undefined],
    ['finds the last money of its account spent on that task', metered, gateWith({}), undefined],
  ])('is answered with the task when the relay %s', async (_why, by, gate, queues) => {
    const relay = new MemoryRelay();
    relay.priceTable = { unknown: 5, models: {} };
    await relay.store.putAccount(by);
    const submit = (ports: MemoryRelay, idempotencyKey: string, body = '{"prompt":"a cat"}') =>
      submitTask(ports, by, {
        vendor: 'acme',
        model: 'sketch',
        task: 'text-to-image',
        query: {},
        idempotencyKey,
        body,
      });
    const first = (await submit(relay, key)).body as { id: string };
    const later = relay.withStore({ loadGate: async () => gate, loadQueues: async () => queues });
    // A new task is refused, so that the repeat has something to be refused for.
    await expect(submit(later, 'another key')).rejects.toMatchObject({
      status: by.balanceMicros === undefined ? 429 : 403,
    });
    expect(await submit(later, key)).toMatchObject({
      status: 200,
      headers: { 'idempotent-replayed': 'true' },
      body: { id: first.id, status: 'created' },
    });
    await expect(submit(later, key, '{"prompt":"a dog"}')).rejects.toMatchObject({ status: 409 });
    expect(relay.store.allTasks()).toHaveLength(1);
  });
});
