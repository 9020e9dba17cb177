// Inputs that are too long for the table: written before their task, read by dispatch, and gone with an erasure.
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { limits } from '../../../core/domain/limits.ts';
import { loadInput } from '../../../core/flows/load-input.ts';
import { eraseTask, removeContents } from '../../../core/flows/erase-task.ts';
import { retryTask } from '../../../functions/api/change-task.ts';
import { submitTask } from '../../../functions/api/submit-task.ts';
import { serveDoorbells } from '../../../functions/dispatch/flow.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { completedTask, NOW, sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';

const account: Account = { id: 'acc_one', name: 'a', weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };
const path = { vendor: 'acme', model: 'edit', task: 'image-to-image', idempotencyKey: undefined, query: {} };

/** A data URI of so many bytes in all, as clients send small images. */
function bodyOf(bytes: number): string {
  const frame = '{"image":"data:image/png;base64,"}'.length;
  return `{"image":"data:image/png;base64,${'A'.repeat(bytes - frame)}"}`;
}

async function submitted(bytes: number, relay = new MemoryRelay()) {
  const body = bodyOf(bytes);
  await submitTask(relay, account, { ...path, body });
  const [task] = relay.store.allTasks();
  if (!task) throw new Error('no task');
  return { relay, task, body };
}

describe('an input', () => {
  it.each([
    [limits.tableInputBytesMax, 0],
    [limits.tableInputBytesMax + 1, 1],
    [limits.bodyBytesMax, 1],
  ])('of %i bytes lies in the bucket in %i objects, and Get3W gets it unchanged', async (bytes, objects) => {
    const { relay, task, body } = await submitted(bytes);
    expect(relay.inputs.texts.size).toBe(objects);
    expect(await relay.store.loadInput(task.id)).toBe(objects === 0 ? body : undefined);
    expect(await loadInput(relay, task)).toBe(body);
    relay.submitAnswers.push({ kind: 'accepted', upstreamId: 'u' });
    const doorbell = { kind: 'task', taskId: task.id, attempt: 1 } as const;
    expect(await serveDoorbells(relay, [{ messageId: '1', doorbell }])).toEqual([]);
    expect(relay.submitted[0]?.input).toBe(body);
  });

  it('is in the bucket before its task is in the table', async () => {
    const relay = new MemoryRelay();
    const seen: number[] = [];
    const watched = relay.withStore({
      createTask: (creation) => {
        seen.push(relay.inputs.texts.size);
        return relay.store.createTask(creation);
      },
    });
    await submitTask(watched, account, { ...path, body: bodyOf(10_000) });
    expect(seen).toEqual([1]);
  });

  it('of a submit that makes no task is removed again', async () => {
    const relay = new MemoryRelay();
    relay.priceTable = { models: {}, unknown: 5 };
    const poor = { ...account, balanceMicros: 1 };
    await relay.store.putAccount(poor);
    await expect(submitTask(relay, poor, { ...path, body: bodyOf(10_000) })).rejects.toMatchObject({ status: 403 });
    expect(relay.inputs.texts.size).toBe(0);
    const keyed = { ...path, idempotencyKey: 'once', body: bodyOf(10_000) };
    await submitTask(relay, account, keyed);
    await submitTask(relay, account, keyed);
    expect(relay.store.allTasks()).toHaveLength(1);
    expect(relay.inputs.texts.size).toBe(1);
  });

  it('is not sent once its batch has taken too long for a whole POST: nothing is in doubt', async () => {
    const relay = new MemoryRelay({ gate: { ...defaultSettings.gate, limitStart: 10 } });
    for (let count = 0; count < 4; count += 1) {
      await submitTask(relay, account, { ...path, body: bodyOf(limits.bodyBytesMax) });
    }
    let posted = 0;
    const slow = Object.assign(relay, {
      provider: {
        submit: async () => {
          posted += 1;
          await relay.clock.sleep(15_000);
          return { kind: 'accepted', upstreamId: `u${posted}` } as const;
        },
      },
    });
    const received = relay.store.allTasks().map(({ id }) => {
      return { messageId: id, doorbell: { kind: 'task', taskId: id, attempt: 1 } as const };
    });
    const serving = serveDoorbells(slow, received);
    await relay.clock.advance(60_000);
    expect(await serving).toEqual([]);
    expect(posted).toBe(3);
    const statuses = relay.store.allTasks().map(({ status }) => status);
    expect(statuses.toSorted()).toEqual(['backoff', 'running', 'running', 'running']);
  });

  it('makes no task when the bucket does not take it', async () => {
    const relay = new MemoryRelay();
    relay.inputs.storeInput = () => Promise.reject(new Error('no bucket'));
    await expect(submitTask(relay, account, { ...path, body: bodyOf(10_000) })).rejects.toThrow('no bucket');
    expect(relay.store.allTasks()).toEqual([]);
  });

  it('of two tasks that are alike lies there twice, under names that tell nothing', async () => {
    const { relay } = await submitted(5_000);
    await submitTask(relay, account, { ...path, body: bodyOf(5_000) });
    const keys = [...relay.inputs.texts.keys()];
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(key).toMatch(/^inputs\/acc_one\/[\w-]{27,}$/);
  });
});

describe('the input of an ended task', () => {
  const KEY = 'inputs/acc_one/secret';

  it('has its age begin again when the task is put back', async () => {
    const relay = new MemoryRelay();
    relay.inputs.texts.set(KEY, '{}');
    const ended = { endedAt: NOW, ends: 1, result: { code: 1400, outputs: null, error: 'x' } };
    const { due: _due, ...task } = sampleTask({ status: 'failed', inputId: 'secret', ...ended });
    await relay.put(task);
    const ports = Object.assign(relay, { accounts: relay.store });
    expect((await retryTask(ports, account, task.id)).status).toBe(200);
    expect(relay.inputs.renewed).toEqual([KEY]);
  });

  it('is removed with an erasure, also by one that broke off', async () => {
    const relay = new MemoryRelay();
    const { store } = relay;
    const task = completedTask(['https://a.example/1'], { inputId: 'secret', ends: 0 });
    await relay.put(task);
    relay.inputs.texts.set(KEY, '{}');
    const remove = relay.inputs.removeInput.bind(relay.inputs);
    relay.inputs.removeInput = () => Promise.reject(new Error('the function was killed'));
    const ports = Object.assign(relay, { webhooks: store, erasures: store, spend: store });
    await relay.clock.advance(20_000);
    await expect(eraseTask(ports, task)).rejects.toThrow('killed');

    relay.inputs.removeInput = remove;
    const left = (await store.loadErased(task.id))?.contents;
    expect(left?.objects).toEqual([KEY]);
    if (left) await removeContents(ports, task.id, left);
    expect(relay.inputs.texts.size).toBe(0);
    expect((await store.loadErased(task.id))?.contents).toBeUndefined();
  });
});
