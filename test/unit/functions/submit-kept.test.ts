// What a submit leaves behind: the task as it is written down, and what dispatch and the log are given. What it is refused
// for is submit-task.test.ts's, what it may contain request-reading.test.ts's.
import { describe, expect, it } from 'vitest';
import { submitTask } from '../../../functions/api/submit-task.ts';
import { limits } from '../../../core/domain/limits.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { sampleGate } from '../../support/sample-gate.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const HOOK_URL = 'https://app.acme.org/hook';
/** The UTC day of NOW. */
const TODAY = 20260101;
const INPUT = '{"prompt":"a cät"}';
const account: Account = {
  id: 'acc_one',
  name: 'tests',
  weight: 3,
  isOperator: false,
  activeTasks: 0,
  createdAt: NOW,
};

interface Submitting {
  readonly query?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly correlationId?: string;
  readonly body?: string;
  readonly by?: Partial<Account>;
  readonly relay?: MemoryRelay;
}

async function submit({
  query = {},
  key,
  correlationId,
  body = INPUT,
  by = {},
  relay = new MemoryRelay(),
}: Submitting) {
  const owner = { ...account, ...by };
  await relay.store.putAccount(owner);
  const path = { vendor: 'acme', model: 'sketch', task: 'text-to-image' };
  const answer = await submitTask(relay, owner, { ...path, query, idempotencyKey: key, correlationId, body });
  const [task] = relay.store.allTasks();
  if (!task) throw new Error('no task was made');
  return { relay, answer, task };
}

describe('a task that was just submitted', () => {
  const { deadlineMs, graceMs, pollMinMs } = defaultSettings;

  it('is written down with all that it was given', async () => {
    const query = { webhook: HOOK_URL, priority: '5' };
    const { task } = await submit({ query, correlationId: 'trace-1' });
    expect(task).toEqual({
      id: task.id,
      accountId: 'acc_one',
      model: 'acme/sketch/text-to-image',
      gateId: 'default',
      status: 'queued',
      version: 1,
      createdAt: NOW,
      updatedAt: NOW,
      deadlineAt: NOW + deadlineMs,
      ends: 0,
      priorityMs: 5_000,
      weight: 3,
      webhookUrl: HOOK_URL,
      correlationId: 'trace-1',
      inputBytes: 19,
      input: INPUT,
      attempts: [],
      attemptCount: 0,
      failures: {},
      due: { at: NOW + graceMs, by: 'doorbell' },
      sweepAt: NOW + Math.min(graceMs, pollMinMs),
      isUncounted: true,
    } satisfies Task);
  });

  it('has no field for what it was not given', async () => {
    const { task } = await submit({});
    expect(task.priorityMs).toBe(0);
    for (const field of ['webhookUrl', 'correlationId']) expect(task).not.toHaveProperty(field);
  });

  it.each<[string, Partial<Account>, number | undefined, boolean]>([
    ['neither a balance nor a limit', {}, undefined, true],
    ['a limit', { concurrentTasksMax: 5 }, undefined, false],
    ['a balance', { balanceMicros: 50 }, TODAY, true],
    ['a budget', { monthBudgetMicros: 50 }, TODAY, true],
  ])('counts against its account where that has %s', async (_what, by, day, isUncounted) => {
    const relay = new MemoryRelay();
    relay.priceTable = { unknown: 5, models: {} };
    const { task } = await submit({ by, relay });
    expect(task.money).toEqual({ priceMicros: 5, reason: 'reserved', ...(day !== undefined && { day }) });
    expect(task.isUncounted === true).toBe(isUncounted);
  });

  it.each([
    [{}, undefined, undefined],
    [{ keep: 'yes' }, undefined, 'after-end'],
    [{ keep: 'before-webhook' }, undefined, 'before-webhook'],
    [{ keep: 'yes' }, 'false', undefined],
    [{ keep: 'no' }, 'true', 'after-end'],
  ] as const)('keeps its outputs as its account %j has it, unless it says %s itself', async (by, keep, mode) => {
    expect((await submit({ by, query: keep === undefined ? {} : { keep } })).task.keep).toBe(mode);
  });

  it('keeps none where its account has chosen so, whatever the relay does with others', async () => {
    const media = { ...defaultSettings.media, keep: 'yes' } as const;
    const made = async (by: Partial<Account>) => (await submit({ by, relay: new MemoryRelay({ media }) })).task.keep;
    expect([await made({}), await made({ keep: 'no' })]).toEqual(['after-end', undefined]);
  });

  it('is due before its deadline where that is short', async () => {
    const relay = new MemoryRelay({ deadlineMs: 1_000 });
    const { task } = await submit({ relay });
    expect([task.due?.at, task.sweepAt]).toEqual([NOW + 1_000, NOW + 1_000]);
  });

  it.each([
    [0, true],
    [1, false],
  ])('has its input in its row up to the limit of all its texts, and %i byte beyond it not', async (more, isInRow) => {
    const texts = 'acme/sketch/text-to-image'.length + HOOK_URL.length + 'acc_one'.length + 'trace-1'.length;
    const frame = '{"prompt":""}'.length;
    const body = `{"prompt":"${'x'.repeat(limits.rowTextBytesMax - texts - frame + more)}"}`;
    const { task, relay } = await submit({ query: { webhook: HOOK_URL }, correlationId: 'trace-1', body });
    expect(task.input).toBe(isInRow ? body : undefined);
    expect(await relay.store.loadInput(task.id)).toBe(body);
  });

  it('is reported, and dispatch gets a doorbell for its first attempt', async () => {
    const { relay, task } = await submit({});
    const doorbell = { kind: 'task', taskId: task.id, attempt: 1 };
    expect(relay.doorbells.sent).toEqual([{ queue: 'dispatch', doorbell, delayMs: 0, group: 'acc_one' }]);
    expect(relay.sumOf('TasksAccepted')).toBe(1);
  });
});

describe('the answer to a submit', () => {
  it('names the task and the model for the log, and estimates half a minute where nothing is known', async () => {
    const { answer, task } = await submit({});
    expect(answer).toEqual({
      status: 200,
      body: { id: task.id, status: 'created', estimated_duration: 30 },
      headers: {},
      about: { taskId: task.id, model: 'acme/sketch/text-to-image' },
    });
  });

  it.each([
    [{ outcomes: 4, heldMs: 50_000 }, 13],
    [{ outcomes: 4, heldMs: 100 }, 1],
  ])('estimates the time that tasks have taken: of %j it is %i s', async (counters, seconds) => {
    const relay = new MemoryRelay();
    const gate = sampleGate(relay.settings.gate, counters);
    const { answer } = await submit({ relay: relay.withStore({ loadGate: async () => gate }) });
    expect(answer.body).toMatchObject({ estimated_duration: seconds });
  });

  it('to a repeat says so, to the log too', async () => {
    const { relay, task } = await submit({ key: 'order-1' });
    const { answer } = await submit({ relay, key: 'order-1' });
    expect(answer).toMatchObject({
      headers: { 'idempotent-replayed': 'true' },
      about: { taskId: task.id, isReplay: true },
    });
    expect(relay.doorbells.sent).toHaveLength(1);
    expect(relay.sumOf('TasksAccepted')).toBe(1);
  });

  it('to a repeat a day later is that to a new submit', async () => {
    const { relay } = await submit({ key: 'order-1' });
    await relay.clock.advance(limits.idempotencyMs - 1);
    await submit({ relay, key: 'order-1' });
    expect(relay.store.allTasks()).toHaveLength(1);
    await relay.clock.advance(1);
    await submit({ relay, key: 'order-1' });
    expect(relay.store.allTasks()).toHaveLength(2);
  });

  it('to a repeat whose task is kept no longer is a 400 that says so, waiting or not', async () => {
    for (const query of [{}, { sync: 'true' }] as readonly Readonly<Record<string, string>>[]) {
      const { relay } = await submit({ key: 'order-1' });
      const later = relay.withStore({ loadTask: async () => undefined });
      await expect(submit({ relay: later, key: 'order-1', query })).rejects.toMatchObject({
        status: 400,
        details: 'the task of this Idempotency-Key is no longer kept',
      });
    }
  });
});
