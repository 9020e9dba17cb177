// The place in its queue that a task's owner is told: tickets that a crash left are no tasks before it.
import { describe, expect, it } from 'vitest';
import { explainWait } from '../../../core/flows/explain-wait.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';

function waiting(index: number): Task {
  return sampleTask({
    id: `019b0000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    status: 'waiting',
    ticket: { kind: 'fresh', order: NOW, version: 1 },
    due: { at: NOW + 60_000, by: 'sweep' },
  });
}

/** What a crash between a grant and the removal of its ticket leaves. */
async function leaveTickets(relay: MemoryRelay, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const before = await relay.put(waiting(index));
    const { ticket: _left, ...granted } = before;
    const after = { ...granted, status: 'cancelled', endedAt: NOW, version: before.version + 1 } as const;
    await relay.store.commit({ changes: [{ before, after }], leavesTickets: true });
  }
}

async function placeOf(relay: MemoryRelay, task: Task): Promise<string | undefined> {
  const wait = await explainWait(relay, task);
  return wait?.text.split('; ')[1];
}

describe('the place of a task in its queue', () => {
  it('is counted from the tickets before its own', async () => {
    const relay = new MemoryRelay();
    const tasks = [await relay.put(waiting(1)), await relay.put(waiting(2)), await relay.put(waiting(3))];
    const places = await Promise.all(tasks.map((task) => placeOf(relay, task)));
    expect(places).toEqual(['place 1 of 3 in its queue', 'place 2 of 3 in its queue', 'place 3 of 3 in its queue']);
  });

  it.each([3, 99, 100, 150])('is never behind all that wait, with %i tickets of a crash before it', async (stale) => {
    const relay = new MemoryRelay();
    await leaveTickets(relay, stale);
    const first = await relay.put(waiting(900));
    expect(await placeOf(relay, first)).toBe('place 1 of 1 in its queue');
    const second = await relay.put(waiting(901));
    expect(await placeOf(relay, second)).toBe('place 2 of 2 in its queue');
  });

  it('is not told behind more tasks than are read', async () => {
    const relay = new MemoryRelay();
    for (let index = 0; index < 100; index += 1) await relay.put(waiting(index));
    const last = await relay.put(waiting(900));
    expect(await placeOf(relay, last)).toBe('far back of 101 in its queue');
  });
});
