// Writes whose answer is lost: DynamoDB has done what it was asked, and the relay does not know.
// Runs against dynoxide with a client that loses answers on purpose; the SDK's own resends and ours both meet them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import { endedVersion, newAccount, newSlot, newTask, nextVersion, START_TIME } from './store/stored-task.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Dynoxide } from '../support/dynoxide.ts';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';

const TABLE = 'lost-answers';

/** Loses that many of the next answers; counts what was really asked. */
interface Losses {
  left: number;
  sent: number;
  /** Done once, after an answer was lost and before the resend. */
  meanwhile?: (() => Promise<unknown>) | undefined;
}

function losing(client: DynamoDBClient, losses: Losses): DynamoDBClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      losses.sent += 1;
      const answer = next(args);
      if (losses.left === 0) return answer;
      losses.left -= 1;
      // Whatever it was, good or bad, no caller receives it.
      await Promise.allSettled([answer]);
      const { meanwhile } = losses;
      losses.meanwhile = undefined;
      await meanwhile?.();
      throw Object.assign(new Error('the answer was lost'), { name: 'TimeoutError' });
    },
    // Below the SDK's own resending, so that it sees the loss as it would see a broken connection.
    { step: 'deserialize', name: 'losesAnswers', priority: 'high' },
  );
  return client;
}

describe.runIf(hasDynoxide() || process.env['CI'])('a write whose answer is lost', () => {
  let dynoxide: Dynoxide;
  const losses: Losses = { left: 0, sent: 0 };
  const clients: DynamoDBClient[] = [];

  beforeAll(async () => {
    dynoxide = await startDynoxide();
    await createRelayTable(localDynamoClient(dynoxide.endpoint), TABLE);
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await dynoxide.stop();
  });

  const opened = (loses = true): Store => {
    const local = localDynamoClient(dynoxide.endpoint);
    const client = loses ? losing(local, losses) : local;
    clients.push(client);
    losses.left = 0;
    const clock = { now: () => START_TIME, sleep: systemClock.sleep };
    const randomSource = new FixedRandomSource(clients.length, clock);
    return makeDynamoStore({ client, tableName: TABLE, clock, randomSource, settings: defaultSettings.gate });
  };

  /** Answers lost in a row: 1 is met by the SDK's resend, 4 use those up and are met by ours. */
  const inARow = [1, 4];

  it.each(inARow)('is recognised as the writer’s own for a task alone, after %i lost answers', async (count) => {
    const store = opened();
    const task = newTask();
    await store.createTask({ task, input: '{}' });
    losses.left = count;
    losses.sent = 0;

    const result = await store.commit({ changes: [{ before: task, after: nextVersion(task) }] });

    expect(result).toEqual({ kind: 'committed' });
    expect(losses).toMatchObject({ left: 0, sent: count + 1 });
    expect(await store.loadTask(task.id)).toMatchObject({ version: 2 });
  });

  it.each(inARow)('counts once in a transaction, after %i lost answers', async (count) => {
    const store = opened();
    const account = newAccount({ concurrentTasksMax: 2, balanceMicros: 9 });
    await store.putAccount(account);
    const gateId = `counted-${count}`;
    await store.loadGate(gateId);
    const task = newTask({
      accountId: account.id,
      gateId,
      money: { priceMicros: 1, day: 20260101, reason: 'reserved' },
    });
    losses.left = count;

    expect(await store.createTask({ task, input: '{}' })).toEqual({ kind: 'created' });
    losses.left = count;
    const held = nextVersion(task, { slot: newSlot() });
    expect(await store.commit({ changes: [{ before: task, after: held }] })).toEqual({ kind: 'committed' });
    losses.left = count;
    const ended = endedVersion(held, { money: { priceMicros: 1, day: 20260101, reason: 'refused' } });
    expect(await store.commit({ changes: [{ before: held, after: ended }] })).toEqual({ kind: 'committed' });

    expect(losses.left).toBe(0);
    expect(await store.loadAccount(account.id)).toMatchObject({ activeTasks: 0, balanceMicros: 9 });
    expect((await store.loadGate(gateId)).counters).toEqual({ releases: 1, outcomes: 1, heldMs: 5_000 });
  });

  it.each(inARow)('moves a gate once, after %i lost answers', async (count) => {
    const store = opened();
    const before = await store.loadGate(`moved-${count}`);
    losses.left = count;

    const turns = [{ accountId: 'acc_one', weight: 2, finishTime: 1.5, servedAt: START_TIME }];
    const gate = { before, after: { ...before, virtualTime: 1 }, turns };

    expect(await store.commit({ changes: [], gate })).toEqual({ kind: 'committed' });
    expect(await store.loadGate(before.id)).toMatchObject({ version: 1, virtualTime: 1 });
    expect(await store.loadQueues(before.id, 'acc_one')).toMatchObject({ weight: 2, finishTime: 1.5 });
  });

  it.each(inARow)(
    'is not answered as a repeat of itself under an idempotency key, after %i lost answers',
    async (count) => {
      const store = opened();
      const idempotency = { key: `key-${count}`, digest: 'd', expiresAt: START_TIME + 1_000 };
      losses.left = count;

      expect(await store.createTask({ task: newTask(), input: '{}', idempotency })).toEqual({ kind: 'created' });
    },
  );

  it.each(inARow)('adds money once, after %i lost answers', async (count) => {
    const store = opened();
    const account = newAccount({ balanceMicros: 1 });
    losses.left = count;
    expect(await store.putAccount(account)).toBe(true);
    losses.left = count;

    expect(await store.updateAccount(account.id, { addedMicros: 10 })).toMatchObject({ balanceMicros: 11 });
  });

  it.each(inARow)('is recognised though written over before the resend, after %i lost answers', async (count) => {
    const [store, other] = [opened(), opened(false)];
    const gateId = `overtaken-${count}`;
    const task = newTask({ gateId });
    await store.createTask({ task, input: '{}' });
    const held = nextVersion(task, { slot: newSlot() });
    const freed = nextVersion(held, { slot: undefined });
    losses.meanwhile = () => other.commit({ changes: [{ before: held, after: freed }] });
    losses.left = count;

    expect(await store.commit({ changes: [{ before: task, after: held }] })).toEqual({ kind: 'committed' });
    expect(await store.loadTask(task.id)).toEqual(freed);
    expect((await store.loadGate(gateId)).counters).toEqual({ releases: 1 });
  });

  it('distinguishes a foreign write from the writer’s own', async () => {
    const [store, other] = [opened(), opened(false)];
    const task = newTask();
    await store.createTask({ task, input: '{}' });
    await other.commit({ changes: [{ before: task, after: nextVersion(task) }] });
    losses.left = 1;

    const result = await store.commit({ changes: [{ before: task, after: nextVersion(task) }] });

    expect(result).toEqual({ kind: 'lost', taskIds: [task.id], isGateLost: false });
  });

  it('is given up as an unavailable store when no answer ever comes', async () => {
    const store = opened();
    losses.left = Number.POSITIVE_INFINITY;

    await expect(store.loadTask('any')).rejects.toMatchObject({ name: 'RelayError', code: 'store-unavailable' });
  });
});
