// What a round reads while the round before it is being committed: that it does so, and that what is old by then is
// neither granted twice nor served out of turn. Whole worlds of rounds are test/simulation's.
import { describe, expect, it } from 'vitest';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { allocateSlots } from '../../../core/flows/allocate-slots.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Commit } from '../../../core/ports/ports.ts';
import type { MemoryStore } from '../../support/memory/memory-store.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const GATE_ID = 'default';
const ROUND_GRANTS = 98;

function idOf(index: number): string {
  return `${sampleTask().id.slice(0, -3)}${100 + index}`;
}

function waiting(index: number, parts: Partial<Task> = {}): Task {
  return sampleTask({
    id: idOf(index),
    status: 'waiting',
    ticket: { kind: 'fresh', order: NOW + index, version: 1 },
    due: { at: NOW, by: 'sweep' },
    ...parts,
  });
}

interface Rush {
  readonly relay: MemoryRelay;
  readonly tasks: number;
  readonly slots: number;
}

/** A gate at which so many wait that a function takes the turn and grants in rounds. */
async function rushOf(
  tasks: number,
  slots: number,
  parts: (index: number) => Partial<Task> = () => ({}),
): Promise<Rush> {
  const relay = new MemoryRelay({ gate: { ...defaultSettings.gate, limitStart: slots, limitMax: slots } });
  for (let index = 0; index < tasks; index += 1) await relay.put(waiting(index, parts(index)));
  return { relay, tasks, slots };
}

interface Seen {
  /** Names of the calls of the store in their order; a commit has an end too. */
  readonly calls: string[];
  readonly commits: Commit[];
}

/** Its first commit is lost, so that it takes the turn; then it grants in rounds. */
async function allocateInRounds(relay: MemoryRelay, during: (commits: number) => Promise<void> = async () => {}) {
  const seen: Seen = { calls: [], commits: [] };
  let lost = 0;
  const watched = relay.withStore({
    listQueues: (...asked: Parameters<MemoryStore['listQueues']>) => {
      seen.calls.push('queues');
      return relay.store.listQueues(...asked);
    },
    loadGate: (...asked: Parameters<MemoryStore['loadGate']>) => {
      seen.calls.push('gate');
      return relay.store.loadGate(...asked);
    },
    commit: async (commit: Commit) => {
      if (lost < 2) {
        lost += 1;
        return { kind: 'lost', taskIds: [], isGateLost: true } as const;
      }
      seen.calls.push('commit');
      // What the table does in that time.
      for (let step = 0; step < 50; step += 1) await Promise.resolve();
      const committed = await relay.store.commit(commit);
      seen.commits.push(commit);
      seen.calls.push('committed');
      await during(seen.commits.length);
      return committed;
    },
  });
  const allocating = allocateSlots(watched, GATE_ID, {});
  await relay.clock.advance(1_000);
  await allocating;
  return seen;
}

function grantedOf({ commits }: Seen): readonly (readonly string[])[] {
  return commits.map(({ changes }) => changes.map(({ after }) => after.id));
}

/** Reads after the first round is committed, and before the second is. */
function betweenRounds({ calls }: Seen): readonly string[] {
  const committed = calls.indexOf('committed');
  return calls.slice(committed + 1, calls.indexOf('commit', committed));
}

describe('a round that follows another', () => {
  it('has its queues read while the other is committed, and the gate after it', async () => {
    const { relay } = await rushOf(220, 400);
    const seen = await allocateInRounds(relay);

    const first = seen.calls.indexOf('commit');
    expect(seen.calls.slice(first - 1, first + 2)).toEqual(['queues', 'commit', 'committed']);
    // Those are read for the third.
    expect(betweenRounds(seen)).toEqual(['gate', 'queues']);
    expect(grantedOf(seen).map(({ length }) => length)).toEqual([ROUND_GRANTS, ROUND_GRANTS, 220 - 2 * ROUND_GRANTS]);
  });

  it('grants no task twice, and every task once', async () => {
    const { relay, tasks } = await rushOf(300, 400);
    const ids = grantedOf(await allocateInRounds(relay)).flat();

    expect(new Set(ids).size).toBe(tasks);
    expect(ids).toHaveLength(tasks);
    expect((await relay.store.loadGate(GATE_ID)).counters['inFlight']).toBe(tasks);
  });

  it('serves accounts by the turns that the other takes', async () => {
    // Four accounts share 95 grants of a round: which of them gets one less changes from round to round.
    const { relay } = await rushOf(400, 3 * 95, (index) => ({ accountId: `acc_${Math.floor(index / 100)}` }));
    const ids = grantedOf(await allocateInRounds(relay)).flat();

    const served = [0, 1, 2, 3].map((account) =>
      ids.filter((id) => idOf(100 * account) <= id && id < idOf(100 * (account + 1))),
    );
    expect(served.map(({ length }) => length).sort()).toEqual([71, 71, 71, 72]);
  });

  it('reads past the tickets of all rounds before it that are still being removed', async () => {
    const { relay } = await rushOf(3 * ROUND_GRANTS, 400);
    const held = Promise.withResolvers<void>();
    const remove = relay.store.removeTickets.bind(relay.store);
    Object.assign(relay.store, {
      removeTickets: async (...asked: Parameters<typeof remove>) => {
        await held.promise;
        await remove(...asked);
      },
    });

    const seen = await allocateInRounds(relay, async (commits) => {
      if (commits === 3) held.resolve();
    });

    expect(grantedOf(seen).map(({ length }) => length)).toEqual([ROUND_GRANTS, ROUND_GRANTS, ROUND_GRANTS]);
  });

  it('reads for itself where the other is lost', async () => {
    const { relay } = await rushOf(220, 400);
    let isLost = false;
    const commit = relay.store.commit.bind(relay.store);
    relay.store.commit = async (wanted) => {
      if (isLost || wanted.changes.length < ROUND_GRANTS) return commit(wanted);
      isLost = true;
      // A task that was to be granted has just been cancelled.
      const [change] = wanted.changes;
      if (change?.before) {
        const { ticket: _ticket, due: _due, ...cancelled } = change.before;
        const after = { ...cancelled, version: cancelled.version + 1, status: 'cancelled', endedAt: NOW } as const;
        await commit({ changes: [{ before: change.before, after }] });
      }
      return commit(wanted);
    };
    const seen = await allocateInRounds(relay);

    const [lost] = seen.commits;
    const again = seen.commits.slice(1).flatMap(({ changes }) => changes.map(({ after }) => after.id));
    expect(isLost).toBe(true);
    expect(again).toHaveLength(219);
    expect(again).not.toContain(lost?.changes[0]?.after.id);
  });

  it('reads for itself where a model fails: its probes are counted by the commit', async () => {
    const { relay } = await rushOf(220, 400);
    const healthy = { version: 0, outcomes: 0, failures: 0, talliedAt: NOW, probesInFlight: 0 };
    await relay.store.saveModel(GATE_ID, 'other/model/task', healthy, {
      ...healthy,
      version: 1,
      outcomes: 9,
      failures: 9,
    });
    const seen = await allocateInRounds(relay);

    expect(betweenRounds(seen)).toEqual(['gate', 'queues', 'queues']);
  });

  it('reads for itself where reading ahead fails', async () => {
    const { relay } = await rushOf(220, 400);
    const list = relay.store.listQueues.bind(relay.store);
    let reads = 0;
    relay.store.listQueues = (...asked) => {
      reads += 1;
      // The first three are those of the rounds that were lost, and of the first that was not.
      if (reads === 4) return Promise.reject(new RelayError('store-unavailable', 'DynamoDB does not answer'));
      return list(...asked);
    };
    const seen = await allocateInRounds(relay);

    expect(grantedOf(seen).flat()).toHaveLength(220);
  });

  it('notes a rush while tasks wait, and no longer once it serves all that wait and leaves slots', async () => {
    const { relay } = await rushOf(2 * ROUND_GRANTS + 8, 400);
    const seen = await allocateInRounds(relay, async () => relay.clock.stepTo(relay.clock.now() + 1));
    const notedAt = seen.commits.flatMap(({ gate }) => (gate ? [gate.after.rushedAt] : []));
    expect(grantedOf(seen).map(({ length }) => length)).toEqual([ROUND_GRANTS, ROUND_GRANTS, 8]);
    expect(notedAt[1]).toBeGreaterThan(notedAt[0] ?? Infinity);
    // As the last round has read it.
    expect(notedAt[2]).toBe(notedAt[1]);
  });
});
