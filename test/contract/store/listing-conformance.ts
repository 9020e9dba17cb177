// How lists of tasks answer to what operators look for: a range of time in either order, the beginning of a model, a code
// met on the way, an id of the client's or of Get3W; and how many there are.
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { endedVersion, newAttempt, newTask, nextVersion, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { TaskFilter } from '../../../core/ports/ports.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const HOUR_MS = 3_600_000;
const failure = { level: 'http', code: 429, text: 'Too Many Requests' } as const;

/** A UUIDv7 of its time, as the relay makes them; `index` tells tasks of the same millisecond apart. */
function madeAt(at: number, index: number, fields: Partial<Task> = {}): Task {
  const hex = at.toString(16).padStart(12, '0');
  const tail = index.toString(16).padStart(12, '0');
  const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${tail}`;
  return newTask({ id, createdAt: at, ...fields });
}

async function pages(store: Store, filter: TaskFilter, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  let count = 0;
  do {
    const page = await store.listTasks({ ...filter, limit, cursor });
    ids.push(...page.tasks.map(({ id }) => id));
    cursor = page.cursor;
    count += 1;
  } while (cursor !== undefined && count < 200);
  return ids;
}

export function describeListing(place: StoreUnderTest): void {
  describe('what operators look for', () => {
    const hourly = Array.from({ length: 24 }, (_, hour) =>
      madeAt(START_TIME + hour * HOUR_MS, hour, {
        accountId: hour % 2 === 0 ? 'acc_even' : 'acc_odd',
        model: `${hour % 3 === 0 ? 'demo' : 'other'}/image-${hour % 4}/text-to-image`,
        correlationId: `order-${hour % 6}`,
      }),
    );
    const open = async (): Promise<Store> => {
      const { store } = await place.open();
      for (const task of hourly) await store.createTask({ task, input: '{}' });
      await eventually(async () => (await pages(store, {}, 50)).length).toBe(24);
      return store;
    };
    const idsOf = (hours: readonly number[]): string[] => hours.map((hour) => hourly[hour]?.id ?? '');
    const hoursOf = (matches: (hour: number) => boolean): number[] => [...hourly.keys()].filter(matches);

    it('is listed by time in either order, from a moment on and before another, for one account and for all', async () => {
      const store = await open();
      const range = { fromMs: START_TIME + 5 * HOUR_MS, toMs: START_TIME + 17 * HOUR_MS };
      const within = hoursOf((hour) => hour >= 5 && hour < 17);
      const even = within.filter((hour) => hour % 2 === 0);
      for (const limit of [1, 4, 50]) {
        expect(await pages(store, range, limit)).toEqual(idsOf(within.toReversed()));
        expect(await pages(store, { ...range, order: 'oldest' }, limit)).toEqual(idsOf(within));
        expect(await pages(store, { ...range, accountId: 'acc_even', order: 'oldest' }, limit)).toEqual(idsOf(even));
        expect(await pages(store, { ...range, accountId: 'acc_even' }, limit)).toEqual(idsOf(even.toReversed()));
      }
      expect(await pages(store, { fromMs: range.toMs, toMs: range.fromMs }, 5)).toEqual([]);
    });

    it('is found by the beginning of its model and by its correlation id', async () => {
      const store = await open();
      const demo = hoursOf((hour) => hour % 3 === 0).toReversed();
      expect(await pages(store, { modelPrefix: 'demo/' }, 3)).toEqual(idsOf(demo));
      expect(await pages(store, { modelPrefix: 'demo/', accountId: 'acc_odd' }, 3)).toEqual(
        idsOf(demo.filter((hour) => hour % 2 === 1)),
      );
      expect(await pages(store, { correlationId: 'order-4' }, 3)).toEqual(idsOf([22, 16, 10, 4]));
      expect(await pages(store, { correlationId: 'order-4', modelPrefix: 'demo/' }, 3)).toEqual([]);
    });

    it('is found by a code that it met on the way, however it ended, and by Get3W’s id of an attempt', async () => {
      const store = await open();
      const [before] = hourly.slice(7) as [Task];
      const refused = newAttempt({ state: 'closed', outcome: 'refused', endedAt: START_TIME, failure });
      const met = nextVersion(before, { attempts: [refused], attemptCount: 1, failures: { 'http-429': 1 } });
      await store.commit({ changes: [{ before, after: met }] });
      const success = newAttempt({ number: 2, state: 'closed', outcome: 'completed', upstreamId: 'g3-7', endedAt: 1 });
      const ended = endedVersion(met, {
        attempts: [...met.attempts, success],
        attemptCount: 2,
        acceptedAt: START_TIME,
      });
      await store.commit({ changes: [{ before: met, after: ended }] });

      await eventually(() => pages(store, { met: ['http-429'] }, 5)).toEqual([before.id]);
      expect(await pages(store, { met: ['http-429'], accountId: 'acc_odd', status: ['completed'] }, 5)).toEqual([
        before.id,
      ]);
      expect(await pages(store, { met: ['http-429'], accountId: 'acc_even' }, 5)).toEqual([]);
      expect(await pages(store, { met: ['task-5003'] }, 5)).toEqual([]);
      expect(await pages(store, { upstreamId: 'g3-7' }, 5)).toEqual([before.id]);
      expect(await pages(store, { upstreamId: 'g3-8' }, 5)).toEqual([]);
      expect(await store.countTasks({ met: ['http-429'] })).toEqual({ tasks: 1, isAtLeast: false });
      const { id, accountId, model } = before;
      const failed = { tasks: [{ id, accountId, model, codes: ['http-429'] }], isAtLeast: false };
      expect(await store.listFailed({ fromMs: before.createdAt })).toEqual(failed);
      expect(await store.listFailed({ accountId: 'acc_odd' })).toEqual(failed);
      expect(await store.listFailed({ accountId: 'acc_even' })).toEqual({ tasks: [], isAtLeast: false });
      expect(await store.listFailed({ toMs: before.createdAt })).toEqual({ tasks: [], isAtLeast: false });
    });

    it('is counted by what its index shows and by what only its row does', async () => {
      const store = await open();
      expect(await store.countTasks({})).toEqual({ tasks: 24, isAtLeast: false });
      expect(await store.countTasks({ accountId: 'acc_odd' })).toEqual({ tasks: 12, isAtLeast: false });
      expect(await store.countTasks({ modelPrefix: 'demo/', order: 'oldest' })).toEqual({ tasks: 8, isAtLeast: false });
      expect(await store.countTasks({ status: ['queued'], model: 'demo/image-0/text-to-image' })).toEqual({
        tasks: 2,
        isAtLeast: false,
      });
      expect(await store.countTasks({ status: ['failed'] })).toEqual({ tasks: 0, isAtLeast: false });
    });

    it('has cursors for its order only', async () => {
      const store = await open();
      const { cursor } = await store.listTasks({ limit: 1 });
      await expect(store.listTasks({ limit: 1, order: 'oldest', cursor })).rejects.toMatchObject({
        code: 'bad-cursor',
      });
    });
  });
}
