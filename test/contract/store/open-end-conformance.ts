// How any store keeps the event of an end that its task holds as open: due with the task and not by itself, in its place
// for every reader of the log, until the end is handed on.
import { describe, expect, it } from 'vitest';
import { endEventId, eventKeyOf } from '../../../core/domain/webhook/outbox-event.ts';
import { limits } from '../../../core/domain/limits.ts';
import { eventually } from '../../support/eventually.ts';
import { everyDue } from './every-due.ts';
import { endedVersion, newAccount, newTask, nextVersion, START_TIME } from './stored-task.ts';
import { logReader } from './log-reader.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { EventKey } from '../../../core/domain/webhook/outbox-event.ts';
import type { StoredEvent } from '../../../core/ports/webhook-ports.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const { eventGraceMs } = limits;
const beginning = { position: 0, id: '' } as const;
const uncounted = { isUncounted: true } as const;

async function openedLog(place: StoreUnderTest) {
  const { store } = await place.open();
  const account = newAccount();
  await store.putAccount(account);
  return { store, accountId: account.id };
}

/** A task that has ended, and whose end is open. */
async function endedOpen(store: Store, accountId: string, at: number, fields: Partial<Task> = {}): Promise<Task> {
  const task = newTask({ accountId, ...fields });
  await store.createTask({ task, input: '{}' });
  const after = endedVersion(task, { endedAt: at, openEnds: [{ end: 1, at }], sweepAt: at + eventGraceMs });
  expect(await store.commit({ changes: [{ before: task, after }] })).toEqual({ kind: 'committed' });
  return after;
}

async function handOn(store: Store, before: Task): Promise<Task> {
  const after = nextVersion(before, { openEnds: undefined, sweepAt: undefined });
  expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
  return after;
}

function keyOfEnd({ id, accountId, endedAt = 0 }: Task): EventKey {
  return { accountId, position: endedAt, id: endEventId(id, 1) };
}

async function eventOfEnd(store: Store, task: Task): Promise<StoredEvent> {
  const stored = await store.loadEvent(keyOfEnd(task));
  if (!stored) throw new Error('its event is not in the log');
  return stored;
}

/** As deliver guards it: by what it reads of the account after the event. */
async function guardedEvent(store: Store, stored: StoredEvent): Promise<StoredEvent> {
  const { eventFence } = await store.loadReceivers(stored.event.accountId);
  return store.guardEvent(stored, eventFence);
}

export function describeOpenEnds(place: StoreUnderTest): void {
  describe('an open end', () => {
    it('makes its task due, and its event with it alone, until it is handed on', async () => {
      const { store, accountId } = await openedLog(place);
      const task = await endedOpen(store, accountId, START_TIME + 5);
      const soon = START_TIME + 5 + eventGraceMs;

      expect(await store.loadTask(task.id)).toEqual(task);
      expect(await eventOfEnd(store, task)).toMatchObject({ isClosed: false, isDueWithTask: true });
      expect(await everyDue(store, soon - 1)).toEqual([]);
      await eventually(() => everyDue(store, soon)).toEqual([{ kind: 'task', id: task.id, dueAt: soon }]);

      const handedOn = await handOn(store, task);
      expect(await store.loadTask(task.id)).toEqual(handedOn);
      await eventually(() => everyDue(store, soon)).toEqual([]);
    });

    it('is kept with the time at which it is announced again, beside others', async () => {
      const { store, accountId } = await openedLog(place);
      const task = await endedOpen(store, accountId, START_TIME + 5);
      const openEnds = [
        { end: 1, at: START_TIME + 5, announceAt: START_TIME + 90_000 },
        { end: 2, at: START_TIME + 60_000 },
      ];
      const after = nextVersion(task, { ends: 2, openEnds });
      await store.commit({ changes: [{ before: task, after }] });
      expect(await store.loadTask(task.id)).toEqual(after);
    });

    it('leaves an event a due of its own that had to go behind what was read', async () => {
      const { store, accountId } = await openedLog(place);
      await endedOpen(store, accountId, START_TIME + 100);
      await store.readEvents(accountId, beginning, 10);
      const task = await endedOpen(store, accountId, START_TIME + 50);
      const stored = await eventOfEnd(store, task);
      expect(stored).toMatchObject({ position: START_TIME + 101, isClosed: false });
      expect(stored).not.toHaveProperty('isDueWithTask');
      await store.closeEvent(stored);
      expect(await eventOfEnd(store, task)).toMatchObject({ isClosed: true });
    });

    it('has its event moved behind what was read before it is handed on, and due by itself there', async () => {
      const { store, accountId } = await openedLog(place);
      await endedOpen(store, accountId, START_TIME + 100);
      const [first] = await store.readEvents(accountId, beginning, 10);
      const late = await endedOpen(store, accountId, START_TIME + 50, uncounted);

      const moved = await guardedEvent(store, await eventOfEnd(store, late));

      expect(moved).toMatchObject({ position: START_TIME + 101, isClosed: false });
      expect(moved).not.toHaveProperty('isDueWithTask');
      const rest = first && (await store.readEvents(accountId, eventKeyOf(first), 10));
      expect(rest?.map(({ event }) => event.id)).toEqual([moved.event.id]);
    });

    it('has its event in its place for good once it is handed on, though a slow run would still move it', async () => {
      const { store, accountId } = await openedLog(place);
      const task = await endedOpen(store, accountId, START_TIME + 50, uncounted);
      const seenBySlowRun = await eventOfEnd(store, task);
      await handOn(store, task);
      const last = await endedOpen(store, accountId, START_TIME + 100);
      const read = await store.readEvents(accountId, beginning, 10);
      expect(read.map(({ event }) => event.id)).toEqual([task, last].map(({ id }) => endEventId(id, 1)));

      expect(await guardedEvent(store, seenBySlowRun)).toMatchObject({ position: START_TIME + 50 });

      expect(await store.readEvents(accountId, beginning, 10)).toHaveLength(2);
    });

    it('keeps its event where a reader has seen it, though it is open still', async () => {
      const { store, accountId } = await openedLog(place);
      const task = await endedOpen(store, accountId, START_TIME + 50, uncounted);
      const stored = await eventOfEnd(store, task);
      await store.readEvents(accountId, beginning, 10);
      expect(await guardedEvent(store, stored)).toMatchObject({ position: START_TIME + 50, isDueWithTask: true });
      expect(await guardedEvent(store, await eventOfEnd(store, task))).toMatchObject({ position: START_TIME + 50 });
    });

    it.each([
      ['looks at the log', {}],
      ['does not look at the log', uncounted],
    ] as const)(
      'is neither missed nor read twice among many that are handed on, whose end %s',
      async (_how, fields) => {
        const { store, accountId } = await openedLog(place);
        const written: string[] = [];
        const writer = async (index: number): Promise<void> => {
          for (let round = 0; round < 4; round += 1) {
            // Times that are older the later they are written: the worst there can be.
            const task = await endedOpen(store, accountId, START_TIME + 1_000 - round * 100 - index, fields);
            written.push(endEventId(task.id, 1));
            // Two runs by a doubled doorbell, one of which hands it on.
            const stored = await eventOfEnd(store, task);
            await Promise.all([
              guardedEvent(store, stored),
              guardedEvent(store, stored).then(() => handOn(store, task)),
            ]);
          }
        };
        const writing = Promise.all(Array.from({ length: 5 }, (_, index) => writer(index)));
        const { read, readOn } = logReader(store, accountId);

        await eventually(readOn).toBe(20);
        await writing;
        expect(await readOn()).toBe(20);
        expect([...read].sort()).toEqual([...written].sort());
      },
    );
  });
}
