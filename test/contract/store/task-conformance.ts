// How any task store behaves: loading, creating, committing, and who wins a race.
// One suite for every store; store-conformance.test.ts says where they run.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../core/domain/limits.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { endedVersion, nextVersion, newAttempt, newSlot, newTask, START_TIME } from './stored-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { StoreUnderTest } from './store-under-test.ts';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function created(store: Store, ...tasks: Task[]): Promise<void> {
  await Promise.all(tasks.map((task) => store.createTask({ task, input: '{}' })));
}

export function describeTasks(place: StoreUnderTest): void {
  describe('tasks', () => {
    describeLoading(place);
    describeCreation(place);
    describeCommits(place);
    describeRaces(place);
  });
}

function describeLoading(place: StoreUnderTest): void {
  it('gives back a task and its input as they were put in', async () => {
    const { store } = await place.open();
    const task = newTask({
      webhookUrl: 'https://example.com/hook?a=ü',
      status: 'submitting',
      slot: newSlot(),
      lease: { id: 'lease-1', until: START_TIME + 60_000 },
      attempts: [newAttempt()],
      attemptCount: 1,
    });
    const input = JSON.stringify({ prompt: 'ein Bär im Nebel — 霧の中の熊 🐻‍❄️ \u0000 \u2028', size: 1.5e-7 });

    await store.createTask({ task, input });

    expect(await store.loadTask(task.id)).toEqual(task);
    expect(await store.loadInput(task.id)).toBe(input);
  });

  it('keeps outputs that a database of its own number and depth limits could not', async () => {
    const { store } = await place.open();
    const task = newTask();
    await created(store, task);
    const deep = many(60).reduce<unknown>((inner) => ({ inner: [inner] }), 'bottom');
    const outputs = { seed: 2 ** 70, large: 1e300, deep, half: '\ud83d', empty: '', none: [null] };
    const result = { code: 1e300, outputs, error: 'a code of its own' };
    const ended = endedVersion(task, { status: 'failed', result });

    expect(await store.commit({ changes: [{ before: task, after: ended }] })).toEqual({ kind: 'committed' });
    expect((await store.loadTask(task.id))?.result).toEqual(result);
  });

  it('keeps a short input with its task, through every change of it', async () => {
    const { store } = await place.open();
    const input = '{"prompt":"“short”"}';
    const task = newTask({ input });
    const next = nextVersion(task, { status: 'backoff', nextAttemptAt: START_TIME });
    await store.createTask({ task, input });
    await store.commit({ changes: [{ before: task, after: next }] });

    expect((await store.loadTask(task.id))?.input).toBe(input);
    expect(await store.loadInput(task.id)).toBe(input);
  });

  it('keeps an input as large as the table is used for', async () => {
    const { store } = await place.open();
    const task = newTask({ inputBytes: limits.tableInputBytesMax });
    const input = '霧'.repeat(Math.floor(limits.tableInputBytesMax / 3));

    expect(await store.createTask({ task, input })).toEqual({ kind: 'created' });
    expect(await store.loadInput(task.id)).toBe(input);
  });

  it('keeps no input for a task that names one in the bucket', async () => {
    const { store } = await place.open();
    const task = newTask({ inputId: 'a'.repeat(32) });
    expect(await store.createTask({ task, input: '{}' })).toEqual({ kind: 'created' });
    expect(await store.loadInput(task.id)).toBeUndefined();
    expect((await store.loadTask(task.id))?.inputId).toBe(task.inputId);
  });

  it('keeps a task with as many attempts, texts and outputs as there can be, in any script', async () => {
    const { store } = await place.open();
    const task = newTask();
    await created(store, task);
    const randomSource = new FixedRandomSource(1);
    const text = (chars: number): string =>
      String.fromCharCode(...many(chars).map(() => 0x4e00 + Math.floor(randomSource.random() * 0x51ff)));
    const failure = () => ({ level: 'task', code: 5003, text: text(limits.errorTextCharsMax) }) as const;
    const attempts = many(limits.attemptsKept).map((index) =>
      newAttempt({
        number: index + 1,
        state: 'closed',
        outcome: 'failed',
        endedAt: START_TIME,
        failure: failure(),
        doubt: { failure: failure(), since: START_TIME },
      }),
    );
    const outputs = [text(limits.outputsCharsMax - 4)];
    const result = { code: 5003, outputs, error: text(limits.errorTextCharsMax) };
    const ended = endedVersion(task, { status: 'failed', attempts, attemptCount: attempts.length, result });

    expect(await store.commit({ changes: [{ before: task, after: ended }] })).toEqual({ kind: 'committed' });
    expect(await store.loadTask(task.id)).toEqual(ended);
    expect(await store.loadTasks([task.id])).toEqual([ended]);
  });

  it('knows nothing of a task that was not made', async () => {
    const { store } = await place.open();

    expect(await store.loadTask('nobody')).toBeUndefined();
    expect(await store.loadInput('nobody')).toBeUndefined();
  });

  it('loads a hundred tasks in the order they were asked for, unknown and repeated ids left out', async () => {
    const { store } = await place.open();
    const tasks = many(98).map(() => newTask());
    await created(store, ...tasks);
    const ids = tasks.map(({ id }) => id).reverse();

    expect((await store.loadTasks(['nobody', ...ids, ids[0] ?? ''])).map(({ id }) => id)).toEqual(ids);
    expect(await store.loadTasks([])).toEqual([]);
  });
}

function describeCreation(place: StoreUnderTest): void {
  const asked = (digest = 'digest') => ({ key: 'Key 1 ü', digest, expiresAt: START_TIME + 1_000 });

  it('makes one task for one idempotency key, however often it is asked', async () => {
    const { store } = await place.open();
    const [first, second] = [newTask(), newTask()];

    expect(await store.createTask({ task: first, input: '{}', idempotency: asked() })).toEqual({ kind: 'created' });
    expect(await store.createTask({ task: second, input: '{}', idempotency: asked() })).toEqual({
      kind: 'repeated',
      taskId: first.id,
      digest: 'digest',
    });
    expect(await store.loadTask(second.id)).toBeUndefined();
    expect(await store.loadInput(second.id)).toBeUndefined();
  });

  it('tells by the digest that the same key was used for something else', async () => {
    const { store } = await place.open();
    const first = newTask();
    await store.createTask({ task: first, input: '{}', idempotency: asked('one') });

    const answer = await store.createTask({ task: newTask(), input: '{"a":1}', idempotency: asked('other') });

    expect(answer).toEqual({ kind: 'repeated', taskId: first.id, digest: 'one' });
  });

  it('keeps the idempotency keys of accounts apart', async () => {
    const { store } = await place.open();
    await store.createTask({ task: newTask(), input: '{}', idempotency: asked() });

    const other = newTask({ accountId: 'acc_other' });

    expect(await store.createTask({ task: other, input: '{}', idempotency: asked() })).toEqual({ kind: 'created' });
  });

  it('forgets an idempotency key at the moment it expires', async () => {
    const { store, clock } = await place.open();
    const [early, late] = [newTask(), newTask()];
    await store.createTask({ task: newTask(), input: '{}', idempotency: asked() });

    clock.stepTo(START_TIME + 999);
    expect(await store.createTask({ task: early, input: '{}', idempotency: asked() })).toMatchObject({
      kind: 'repeated',
    });
    clock.stepTo(START_TIME + 1_000);
    const again = { ...asked('new'), expiresAt: START_TIME + 2_000 };
    expect(await store.createTask({ task: late, input: '{}', idempotency: again })).toEqual({ kind: 'created' });
    expect(await store.createTask({ task: early, input: '{}', idempotency: again })).toMatchObject({ taskId: late.id });
  });

  it('makes one task of twenty that come at once with the same idempotency key', async () => {
    const { store } = await place.open();
    const tasks = many(20).map(() => newTask());

    const answers = await Promise.all(
      tasks.map((task) => store.createTask({ task, input: '{}', idempotency: asked() })),
    );

    const winner = tasks[answers.findIndex(({ kind }) => kind === 'created')];
    expect(answers.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    expect(answers.filter((answer) => answer.kind === 'repeated' && answer.taskId === winner?.id)).toHaveLength(19);
    expect(await store.loadTasks(tasks.map(({ id }) => id))).toEqual([winner]);
  });

  it('makes one task of twenty that come at once with one key, also for an account that counts nothing', async () => {
    const { store } = await place.open();
    const tasks = many(20).map(() => newTask({ isUncounted: true }));

    const answers = await Promise.all(
      tasks.map((task) => store.createTask({ task, input: '{"n":1}', idempotency: asked() })),
    );
    const again = await store.createTask({ task: newTask({ isUncounted: true }), input: '{}', idempotency: asked() });
    const other = await store.createTask({
      task: newTask({ isUncounted: true }),
      input: '{}',
      idempotency: asked('x'),
    });

    expect(answers.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    const made = (await store.loadTasks(tasks.map(({ id }) => id))).map(({ id }) => id);
    expect(made).toHaveLength(1);
    expect(again).toEqual({ kind: 'repeated', taskId: made[0], digest: 'digest' });
    expect(other).toEqual({ kind: 'repeated', taskId: made[0], digest: 'digest' });
    expect(await store.loadInput(made[0] ?? '')).toBe('{"n":1}');
  });

  it('takes a task of an account that counts nothing in and gives it back, its input beside it', async () => {
    const { store } = await place.open();
    const task = newTask({ isUncounted: true });

    expect(await store.createTask({ task, input: '{"n":2}' })).toEqual({ kind: 'created' });

    expect(await store.loadTask(task.id)).toEqual(task);
    expect(await store.loadInput(task.id)).toBe('{"n":2}');
    await expect(store.createTask({ task, input: '{}' })).rejects.toThrow('twice');
  });

  it('refuses to make the same task twice', async () => {
    const { store } = await place.open();
    const task = newTask();
    await created(store, task);

    await expect(store.createTask({ task, input: '{"other":true}' })).rejects.toThrow('twice');
    expect(await store.loadInput(task.id)).toBe('{}');
  });
}

function describeCommits(place: StoreUnderTest): void {
  it('writes the next version of a task', async () => {
    const { store } = await place.open();
    const task = newTask();
    await created(store, task);
    const next = nextVersion(task, { updatedAt: START_TIME + 1, due: { at: START_TIME + 5, by: 'sweep' } });

    expect(await store.commit({ changes: [{ before: task, after: next }] })).toEqual({ kind: 'committed' });
    expect(await store.loadTask(task.id)).toEqual(next);
  });

  it('writes nothing over a version that was not read', async () => {
    const { store } = await place.open();
    const task = newTask();
    await created(store, task);
    const next = nextVersion(task);
    await store.commit({ changes: [{ before: task, after: next }] });
    const late = nextVersion(task, { status: 'cancelled' });

    const result = await store.commit({ changes: [{ before: task, after: late }] });

    expect(result).toEqual({ kind: 'lost', taskIds: [task.id], isGateLost: false });
    expect(await store.loadTask(task.id)).toEqual(next);
  });

  it('never makes a task out of a change', async () => {
    const { store } = await place.open();
    const task = newTask();

    const result = await store.commit({ changes: [{ before: task, after: nextVersion(task) }] });

    expect(result).toEqual({ kind: 'lost', taskIds: [task.id], isGateLost: false });
    expect(await store.loadTask(task.id)).toBeUndefined();
  });

  it('writes all of several tasks or none, and names those that were stale', async () => {
    const { store } = await place.open();
    const [first, stale, third] = [newTask(), newTask(), newTask()] as const;
    await created(store, first, stale, third);
    await store.commit({ changes: [{ before: stale, after: nextVersion(stale) }] });
    const changes = [first, stale, third].map((before) => ({ before, after: nextVersion(before) }));

    expect(await store.commit({ changes })).toEqual({ kind: 'lost', taskIds: [stale.id], isGateLost: false });
    expect(await store.loadTasks([first.id, third.id])).toEqual([first, third]);
  });

  it('has nothing to do for a commit of nothing', async () => {
    const { store } = await place.open();

    expect(await store.commit({ changes: [] })).toEqual({ kind: 'committed' });
  });

  it('writes sixty tasks at once', async () => {
    const { store } = await place.open();
    const tasks = many(60).map(() => newTask());
    await created(store, ...tasks);
    const changes = tasks.map((before) => ({ before, after: nextVersion(before, { slot: newSlot() }) }));

    expect(await store.commit({ changes })).toEqual({ kind: 'committed' });
    expect(await store.loadTasks(tasks.map(({ id }) => id))).toEqual(changes.map(({ after }) => after));
  });

  it('throws for a commit that is more than one transaction holds, and for one task in it twice', async () => {
    const { store } = await place.open();
    const tasks = many(101).map(() => newTask());
    await created(store, ...tasks);
    const changes = tasks.map((before) => ({ before, after: nextVersion(before) }));

    await expect(store.commit({ changes })).rejects.toThrow('101');
    await expect(store.commit({ changes: [...changes.slice(0, 2), ...changes.slice(0, 1)] })).rejects.toThrow('once');
    expect((await store.loadTasks(tasks.slice(0, 3).map(({ id }) => id))).map(({ version }) => version)).toEqual([
      1, 1, 1,
    ]);
  });
}

function describeRaces(place: StoreUnderTest): void {
  it('lets exactly one of thirty writers of the same version through', async () => {
    const { store } = await place.open();
    const task = newTask();
    await created(store, task);

    const results = await Promise.all(
      many(30).map((by) => store.commit({ changes: [{ before: task, after: nextVersion(task, { priorityMs: by }) }] })),
    );

    const winners = results.flatMap(({ kind }, by) => (kind === 'committed' ? [by] : []));
    expect(winners).toHaveLength(1);
    expect(await store.loadTask(task.id)).toMatchObject({ version: 2, priorityMs: winners[0] });
  });

  it('brings thirty writers through one after the other when they read again', async () => {
    const { store } = await place.open();
    const task = newTask({ priorityMs: 0 });
    await created(store, task);
    const addOne = async (): Promise<void> => {
      for (;;) {
        const before = await store.loadTask(task.id);
        if (!before) return;
        const after = nextVersion(before, { priorityMs: before.priorityMs + 1 });
        if ((await store.commit({ changes: [{ before, after }] })).kind === 'committed') return;
      }
    };

    await Promise.all(many(30).map(addOne));

    expect(await store.loadTask(task.id)).toMatchObject({ version: 31, priorityMs: 30 });
  });
}
