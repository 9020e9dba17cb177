// Arrivals of a process that remembers a rush: they take their tickets without a look at the gate, and no ticket is left where
// nobody grants slots. How much that spares is test/simulation's.
import { describe, expect, it } from 'vitest';
import { serveDoorbells } from '../../../functions/dispatch/flow.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Commit } from '../../../core/ports/ports.ts';
import type { MemoryStore } from '../../support/memory/memory-store.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const POOL = 'allocate#default';
const accepted = { kind: 'accepted', upstreamId: 'upstream-1' } as const;

interface Rush {
  readonly relay: MemoryRelay;
  readonly tasks: readonly Task[];
  /** Calls of the store that look at the gate or write, in their order. */
  readonly calls: string[];
  readonly commits: Commit[];
  serve(): Promise<readonly unknown[]>;
}

/** Tasks that arrive in one batch at a gate with room, of which the process read so long ago that a rush was noted right then. */
async function rushOf(agoMs: number, count: number, overrides: Partial<MemoryStore> = {}): Promise<Rush> {
  const gate = { ...defaultSettings.gate, limitStart: 20, limitMax: 20 };
  const relay = new MemoryRelay({ gate });
  relay.submitAnswers.push(...Array.from({ length: count }, () => accepted));
  const tasks: Task[] = [];
  for (let index = 0; index < count; index += 1) {
    tasks.push(await relay.put(sampleTask({ id: `019b0000-0000-7000-8000-00000000000${index}` })));
  }
  const seen = { ...(await relay.store.loadGate('default')), rushedAt: NOW - agoMs };
  const [calls, commits]: [string[], Commit[]] = [[], []];
  const watched = relay.withStore({
    recallGate: () => seen,
    loadGate: (gateId: string) => {
      calls.push('gate');
      return relay.store.loadGate(gateId);
    },
    commit: (commit) => {
      calls.push('commit');
      commits.push(commit);
      return relay.store.commit(commit);
    },
    ...overrides,
  });
  const serve = () =>
    serveDoorbells(
      watched,
      tasks.map(({ id }, index) => ({ messageId: `m${index}`, doorbell: { kind: 'task', taskId: id, attempt: 1 } })),
    );
  return { relay, tasks, calls, commits, serve };
}

async function statusesOf({ relay, tasks }: Rush): Promise<readonly string[]> {
  return (await relay.store.loadTasks(tasks.map(({ id }) => id))).map(({ status }) => status);
}

describe('arrivals in a rush that their process remembers', () => {
  it('take their tickets in one commit, and read no gate while another grants the slots', async () => {
    const rush = await rushOf(900, 3);
    await rush.relay.places.take(POOL, 1, 60_000);

    expect(await rush.serve()).toEqual([]);

    expect(await statusesOf(rush)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(rush.calls).toEqual(['commit']);
    expect(rush.commits).toMatchObject([{ countsBeside: true }]);
  });

  it('grant the slots where nobody has the turn by then, so that no ticket is left', async () => {
    const rush = await rushOf(900, 3);

    expect(await rush.serve()).toEqual([]);

    expect(rush.calls.slice(0, 2)).toEqual(['commit', 'gate']);
    const granted = await rush.relay.store.loadTasks(rush.tasks.map(({ id }) => id));
    expect(granted.map(({ slot }) => slot !== undefined)).toEqual([true, true, true]);
    expect(rush.relay.doorbells.waiting('dispatch')).toHaveLength(3);
    expect(rush.relay.places.held(POOL)).toBe(0);
  });

  it('look at the gate where the turn cannot be read', async () => {
    const rush = await rushOf(900, 2);
    rush.relay.places.isFull = () => Promise.reject(new Error('no answer'));

    expect(await rush.serve()).toEqual([]);

    const granted = await rush.relay.store.loadTasks(rush.tasks.map(({ id }) => id));
    expect(granted.map(({ slot }) => slot !== undefined)).toEqual([true, true]);
  });

  it('ask the gate for slots when the rush is over', async () => {
    const rush = await rushOf(1_000, 3);

    expect(await rush.serve()).toEqual([]);

    expect(rush.calls[0]).toBe('gate');
    expect(await statusesOf(rush)).toEqual(['running', 'running', 'running']);
  });

  it.each<readonly [string, () => Promise<never> | Promise<{ kind: 'lost'; taskIds: []; isGateLost: false }>]>([
    ['another writer was faster', () => Promise.resolve({ kind: 'lost', taskIds: [], isGateLost: false })],
    ['too many write at once', () => Promise.reject(new RelayError('store-contended', 'too many at once'))],
  ])('ask the gate for slots where their tickets could not be taken: %s', async (_why, refuse) => {
    let commits = 0;
    const rush: Rush = await rushOf(900, 2, {
      commit: (commit) => {
        commits += 1;
        return commits === 1 ? refuse() : rush.relay.store.commit(commit);
      },
    });

    expect(await rush.serve()).toEqual([]);

    expect(await statusesOf(rush)).toEqual(['running', 'running']);
  });

  it('give their messages back where the table does not answer', async () => {
    const rush = await rushOf(900, 1, {
      commit: () => Promise.reject(new RelayError('store-unavailable', 'no answer')),
    });

    expect(await rush.serve()).toMatchObject([{ messageId: 'm0' }]);

    expect(await statusesOf(rush)).toEqual(['queued']);
  });
});
