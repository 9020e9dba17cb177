// How any store erases a task: what it held is gone, a mark stays, and its id makes no task again.
import { describe, expect, it } from 'vitest';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { endEventId } from '../../../core/domain/webhook/outbox-event.ts';
import { endedVersion, newAccount, newTask, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { TaskContents } from '../../../core/ports/erasure-port.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const idempotency = { key: 'mine', digest: 'd', expiresAt: START_TIME + 1_000_000 };

/** An ended task of an account that counts nothing, with its event and a delivery of it. */
async function handedOn(store: Store): Promise<{ readonly task: Task; readonly contents: TaskContents }> {
  const account = newAccount();
  await store.putAccount(account);
  const task = newTask({ accountId: account.id, isUncounted: true });
  await store.createTask({ task, input: '{"prompt":"secret"}', idempotency });
  const after = endedVersion(task, { endedAt: START_TIME + 5_000 });
  await store.commit({ changes: [{ before: task, after }] });
  const place = { accountId: account.id, position: START_TIME + 5_000, id: endEventId(task.id, 1) };
  const logged = await store.loadEvent(place);
  if (!logged) throw new Error('the event was not logged');
  const delivery = newDelivery({ logged, laneId: 'we_1', now: START_TIME, expiresAt: START_TIME + 10_000 });
  await store.addDelivery(delivery);
  const key = { laneId: 'we_1', id: delivery.id };
  await store.noteDeliveries(logged, [key]);
  await store.closeEvent(logged);
  return { task: after, contents: { deliveries: [key], events: [place] } };
}

export function describeErasure(place: StoreUnderTest): void {
  describe('erasing', () => {
    it('leaves no task, input, event, delivery or list of deliveries, and a mark with whose it was', async () => {
      const { store } = await place.open();
      const { task, contents } = await handedOn(store);
      expect(await store.loadErased(task.id)).toBeUndefined();
      expect(await store.markErased(task, contents, START_TIME + 9_000)).toBe(true);
      expect(await store.loadErased(task.id)).toEqual({
        accountId: task.accountId,
        erasedAt: START_TIME + 9_000,
        contents,
      });
      await store.removeContents(task.id, contents);
      // A second time, as after an answer that was lost.
      await store.removeContents(task.id, contents);
      expect(await store.loadErased(task.id)).toEqual({ accountId: task.accountId, erasedAt: START_TIME + 9_000 });
      expect(await store.loadTask(task.id)).toBeUndefined();
      expect(await store.loadTasks([task.id])).toEqual([]);
      expect(await store.loadInput(task.id)).toBeUndefined();
      expect(await store.loadDeliveries(contents.deliveries)).toEqual([]);
      expect(await store.deliveriesOfTask(task.id)).toEqual([]);
      expect(await store.readEvents(task.accountId, { position: 0, id: '' }, 10)).toEqual([]);
    });

    it('does not mark a task that has changed since it was read', async () => {
      const { store } = await place.open();
      const { task, contents } = await handedOn(store);
      const earlier = { ...task, version: task.version - 1 };
      expect(await store.markErased(earlier, contents, START_TIME)).toBe(false);
      expect(await store.loadTask(task.id)).toEqual(task);
    });

    it('keeps the idempotency key from making the task again, which would be paid again', async () => {
      const { store } = await place.open();
      const { task, contents } = await handedOn(store);
      await store.markErased(task, contents, START_TIME + 9_000);
      await store.removeContents(task.id, contents);
      const again = newTask({ accountId: task.accountId, isUncounted: true });
      const result = await store.createTask({ task: again, input: '{}', idempotency });
      expect(result).toEqual({ kind: 'repeated', taskId: task.id, digest: 'd' });
      expect(await store.loadTask(task.id)).toBeUndefined();
      expect(await store.loadTask(again.id)).toBeUndefined();
    });
  });
}
