// Arrivals at a large gate with room: from where they take their slots, what they read for it, and what a pause that comes in
// between does to them.
import { describe, expect, it } from 'vitest';
import { rememberedGates } from '../../../core/adapters/remembered-gates.ts';
import { allocateSlots } from '../../../core/flows/allocate-slots.ts';
import { AllocatorTurn } from '../../../core/flows/allocator-turn.ts';
import { loadWholeGate } from '../../../core/flows/load-whole-gate.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { wellModel } from '../../../core/domain/gate/circuit.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { HeldPlace } from '../../../core/ports/places.ts';
import type { FlowPorts } from '../../../core/ports/flow-ports.ts';
import type { Commit } from '../../../core/ports/ports.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const GATE_ID = 'default';

interface Place {
  readonly relay: MemoryRelay;
  readonly ports: FlowPorts;
  readonly commits: Commit[];
  readonly reads: string[];
}

/** A gate of 400 slots that a process has seen before; `whileCommitting` runs before a claim from a pool is committed. */
function pooledPlace(whileCommitting: () => Promise<void> = async () => undefined, slots = 400): Place {
  const relay = new MemoryRelay({ gate: { ...defaultSettings.gate, limitStart: slots, limitMax: slots } });
  const commits: Commit[] = [];
  const reads: string[] = [];
  const store = {
    commit: async (commit: Commit) => {
      if (commit.poolClaim) await whileCommitting();
      const committed = await relay.store.commit(commit);
      if (committed.kind === 'committed') commits.push(commit);
      return committed;
    },
    listQueues: (...query: Parameters<typeof relay.store.listQueues>) => {
      reads.push('queues');
      return relay.store.listQueues(...query);
    },
  };
  const { loadGate, recallGate } = rememberedGates(relay.store, relay.clock);
  return { relay, commits, reads, ports: relay.withStore({ ...store, loadGate, recallGate }) };
}

let made = 0;

async function arrive({ relay, ports }: Place, parts: Partial<Task> = {}): Promise<readonly Task[]> {
  made += 1;
  const id = `01890a5d-ac96-774b-bcce-${String(made).padStart(12, '0')}`;
  const task = await relay.put(sampleTask({ id, createdAt: NOW, ...parts }));
  const arrival = { task, attempt: 1, leaseId: `lease-${made}`, callbackDigest: 'd'.repeat(32) };
  const served: Task[] = [];
  await allocateSlots(ports, GATE_ID, {
    arrivals: [arrival],
    serve: async ({ claimed }) => void served.push(...claimed),
  });
  return served;
}

async function steered(relay: MemoryRelay, parts: Partial<Gate>): Promise<void> {
  const before = await relay.store.loadGate(GATE_ID);
  await relay.store.commit({ changes: [], gate: { before, after: { ...before, ...parts } } });
}

/** Until a pool has slots: the first arrival sees the gate, others fill pools as they find them empty. */
async function withFilledPools(place: Place): Promise<void> {
  for (let count = 0; count < 60; count += 1) await arrive(place);
  place.commits.length = 0;
  place.reads.length = 0;
}

describe('an arrival at a large gate with room', () => {
  it('claims from a pool, and neither writes the gate nor reads its queues', async () => {
    const place = pooledPlace();
    await withFilledPools(place);
    const before = await loadWholeGate(place.relay.store, GATE_ID);
    const own = await place.relay.store.loadGate(GATE_ID);

    const served = await arrive(place);

    const pools = await place.relay.store.loadPools(GATE_ID);
    const [commit] = place.commits;
    // Some arrival after the sixtieth may find its pool empty; this one did not.
    expect(commit?.poolClaim).toEqual({ gateId: GATE_ID, pool: expect.any(Number) as number });
    expect(served).toHaveLength(1);
    expect(place.reads).toEqual([]);
    expect((await place.relay.store.loadGate(GATE_ID)).counters).toEqual(own.counters);
    expect((await loadWholeGate(place.relay.store, GATE_ID)).counters['inFlight']).toBe(
      (before.counters['inFlight'] ?? 0) + 1,
    );
    expect(pools.length).toBeGreaterThan(1);
  });

  it('has a rank that counts no slot in a pool as taken, whether it claims there or from the row of the gate', async () => {
    const place = pooledPlace();
    const ranks: number[] = [];
    for (let count = 1; count <= 60; count += 1) {
      const [claimed] = await arrive(place);
      ranks.push(claimed?.slot?.rank ?? 0);
    }
    expect(place.commits.some(({ poolClaim }) => poolClaim)).toBe(true);
    expect(ranks.filter((rank, index) => rank > index + 1)).toEqual([]);
  });

  it('asks the gate for a model that fails', async () => {
    const place = pooledPlace();
    await withFilledPools(place);
    await place.relay.store.saveModel(GATE_ID, 'acme/broken/video', wellModel(NOW), { ...wellModel(NOW), outcomes: 1 });

    await arrive(place, { model: 'acme/broken/video' });

    expect(place.commits.map(({ poolClaim }) => poolClaim)).toEqual([undefined]);
  });

  it.each([
    ['an operator', { operatorPause: { since: NOW, by: 'me' } }],
    ['Get3W', { pause: { reason: 'limited', since: NOW, until: NOW + 60_000 } }],
  ] as const)(
    'begins no POST that a pause by %s overtook, and waits without a trace of its claim',
    async (_by, pause) => {
      const slow = { isSlow: false };
      const place: Place = pooledPlace(async () => {
        if (!slow.isSlow) return;
        await steered(place.relay, pause);
        await place.relay.clock.advance(61);
      });
      await withFilledPools(place);
      slow.isSlow = true;
      const held = (await loadWholeGate(place.relay.store, GATE_ID)).counters['inFlight'];

      const served = await arrive(place);

      const task = await place.relay.task(`01890a5d-ac96-774b-bcce-${String(made).padStart(12, '0')}`);
      expect(served).toEqual([]);
      expect(task).toMatchObject({ status: 'waiting', attemptCount: 0, attempts: [] });
      expect(task.lease).toBeUndefined();
      expect((await loadWholeGate(place.relay.store, GATE_ID)).counters['inFlight']).toBe(held);
    },
  );
});

describe('tasks that wait at a gate', () => {
  it('are granted the slots that lie in its pools', async () => {
    const place = pooledPlace();
    await withFilledPools(place);
    const gate = await place.relay.store.loadGate(GATE_ID);
    const pooled = (await loadWholeGate(place.relay.store, GATE_ID)).pooled ?? 0;
    // Its own row has none left.
    const limit = { ...gate.limit, slots: gate.counters['inFlight'] ?? 0 };
    await steered(place.relay, { limit });
    const ticket = { kind: 'fresh', order: NOW, version: 1 } as const;
    const waiting = await place.relay.put(
      sampleTask({ id: 'waiting', status: 'waiting', ticket, due: { at: NOW, by: 'sweep' } }),
    );

    await allocateSlots(place.ports, GATE_ID, {});

    expect(pooled).toBeGreaterThan(0);
    expect((await place.relay.task(waiting.id)).slot).toBeDefined();
    expect((await loadWholeGate(place.relay.store, GATE_ID)).pooled ?? 0).toBe(pooled - 1);
  });
});

describe('arrivals that come together', () => {
  it('find pools that hold as many as they are', async () => {
    const place = pooledPlace(undefined, 240);
    await arrive(place);
    for (let batch = 0; batch < 12; batch += 1) {
      const tasks = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          place.relay.put(sampleTask({ id: `batch-${batch}-${index}`, createdAt: NOW })),
        ),
      );
      const arrivals = tasks.map((task) => ({
        task,
        attempt: 1,
        leaseId: `lease-${task.id}`,
        callbackDigest: 'd'.repeat(32),
      }));
      await allocateSlots(place.ports, GATE_ID, { arrivals });
    }
    const fills = place.commits.flatMap(({ claim, changes }) =>
      changes.length === 10 && claim?.fill ? [claim.fill.slots] : [],
    );
    expect(fills.filter((slots) => slots < 10)).toEqual([]);
    expect(place.commits.some(({ poolClaim, changes }) => poolClaim && changes.length === 10)).toBe(true);
  });
});

describe('a claim from a pool that took long', () => {
  it('is undone where the gate cannot be read before the POST', async () => {
    const slow = { isSlow: false };
    const place: Place = pooledPlace(async () => {
      if (slow.isSlow) await place.relay.clock.advance(61);
    });
    await withFilledPools(place);
    const { loadGate } = place.ports.store;
    let reads = 0;
    const ports = place.relay.withStore({
      commit: (commit) => place.ports.store.commit(commit),
      recallGate: (id) => place.ports.store.recallGate?.(id),
      loadGate: (id: string) => {
        reads += 1;
        if (reads === 2) return Promise.reject(new RelayError('store-unavailable', 'no answer'));
        return loadGate(id);
      },
    });
    slow.isSlow = true;
    expect(await arrive({ ...place, ports })).toEqual([]);
    const task = await place.relay.task(`01890a5d-ac96-774b-bcce-${String(made).padStart(12, '0')}`);
    // It was given back, and the gate, which is open, has granted it a slot as to one that waits.
    expect(task).toMatchObject({ attemptCount: 0, attempts: [] });
  });
});

describe('a gate that opens or closes beside the holder of the turn', () => {
  const ticketAt = (index: number) => ({ kind: 'fresh', order: NOW + index, version: 1 }) as const;

  async function waitingAt({ relay }: Place, count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, (_, index) => `waits-${index}`);
    for (const [index, id] of ids.entries()) {
      await relay.put(sampleTask({ id, status: 'waiting', ticket: ticketAt(index), due: { at: NOW, by: 'sweep' } }));
    }
    return ids;
  }

  it('is looked at by who opened it, where the holder had looked for the last time', async () => {
    const place = pooledPlace();
    await place.relay.store.loadGate(GATE_ID);
    const refused = { reason: 'account', since: NOW, status: 401, probeAt: NOW + 30_000, probeWaitMs: 30_000 } as const;
    await steered(place.relay, { pause: refused });
    const ids = await waitingAt(place, 5);
    const holder = new AllocatorTurn(place.relay, GATE_ID);
    await holder.take();
    const ending = place.relay.withStore({
      commit: async (commit) => {
        if (commit.gate) await holder.end();
        return place.relay.store.commit(commit);
      },
    });

    await allocateSlots(ending, GATE_ID, { observations: [{ type: 'accepted', rank: 1, accountProbe: true }] });

    const tasks = await Promise.all(ids.map((id) => place.relay.task(id)));
    expect(tasks.every(({ slot }) => slot)).toBe(true);
  });

  it('wakes at the end of a pause that came as its holder ended, for a ticket that was taken unseen', async () => {
    const place = pooledPlace();
    await place.relay.store.loadGate(GATE_ID);
    await steered(place.relay, { rushedAt: NOW });
    await waitingAt(place, 8);
    const { places } = place.relay;
    const pausing = new Proxy(places, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (name !== 'giveBack') return typeof method === 'function' ? (method.bind(target) as unknown) : method;
        return async (held: HeldPlace) => {
          const pause = { reason: 'limited', since: NOW, until: NOW + 20_000 } as const;
          const { pause: known } = await place.relay.store.loadGate(GATE_ID);
          if (!known) {
            await steered(place.relay, { pause });
            await place.relay.put(
              sampleTask({ id: 'unseen', status: 'waiting', ticket: ticketAt(9), due: { at: NOW, by: 'sweep' } }),
            );
          }
          return target.giveBack(held);
        };
      },
    });

    await allocateSlots(Object.assign(place.relay.withStore({}), { places: pausing }), GATE_ID, {});

    expect(place.relay.doorbells.waiting('dispatch').some(({ doorbell }) => doorbell.kind === 'gate')).toBe(true);
  });
});

describe('a limit that falls while slots lie in pools', () => {
  /** To so many more than are held, which is less than the gate's own row counts. */
  async function lowered(place: Place, more: number): Promise<number> {
    const whole = await loadWholeGate(place.relay.store, GATE_ID);
    const held = whole.counters['inFlight'] ?? 0;
    expect(whole.pooled).toBeGreaterThan(more);
    await steered(place.relay, { limit: { ...whole.limit, slots: held + more, proven: held + more, isBounded: true } });
    return held;
  }

  it('is paid from the pools, and then what is free is granted', async () => {
    const place = pooledPlace();
    await withFilledPools(place);
    const held = await lowered(place, 10);
    const ticket = { kind: 'fresh', order: NOW, version: 1 } as const;
    const waiting = Array.from({ length: 12 }, (_, index) => `waiting-${index}`);
    for (const id of waiting) {
      await place.relay.put(sampleTask({ id, status: 'waiting', ticket, due: { at: NOW, by: 'sweep' } }));
    }

    await allocateSlots(place.ports, GATE_ID, {});

    const after = await loadWholeGate(place.relay.store, GATE_ID);
    expect(after.counters['inFlight']).toBe(held + 10);
    const tasks = await Promise.all(waiting.map((id) => place.relay.task(id)));
    expect(tasks.filter(({ slot }) => slot)).toHaveLength(10);
  });

  it('lets no arrival claim from a pool before it is paid', async () => {
    const place = pooledPlace();
    await withFilledPools(place);
    await lowered(place, 3);

    await arrive(place);

    expect(place.commits.filter(({ poolClaim }) => poolClaim)).toEqual([]);
    const { counters, limit } = await loadWholeGate(place.relay.store, GATE_ID);
    expect(counters['inFlight']).toBeLessThanOrEqual(limit.slots);
  });

  it('is learned from what tasks hold, though 429s come while no task waits', async () => {
    const learned = async (place: Place): Promise<number> => {
      await place.relay.clock.advance(10);
      const startedAt = place.relay.clock.now();
      const refused = Array.from({ length: 4 }, () => ({ type: 'limited', startedAt }) as const);
      await allocateSlots(place.ports, GATE_ID, { observations: refused });
      return (await place.relay.store.loadGate(GATE_ID)).limit.slots;
    };
    const pooled = pooledPlace();
    await withFilledPools(pooled);
    const plain = pooledPlace();
    for (let count = 0; count < 60; count += 1) await arrive({ ...plain, ports: plain.relay });

    expect((await loadWholeGate(pooled.relay.store, GATE_ID)).pooled).toBeGreaterThan(0);
    expect(await learned(pooled)).toBe(await learned(plain));
  });
});

describe('many processes that find pools empty at once', () => {
  it('fill each of them once', async () => {
    const place = pooledPlace();
    await arrive(place);
    const ids = Array.from(
      { length: 40 },
      (_, index) => `01890a5d-ac96-774b-bcce-${String(900 + index).padStart(12, '0')}`,
    );
    const tasks = await Promise.all(ids.map((id) => place.relay.put(sampleTask({ id, createdAt: NOW }))));
    const all = tasks.map((task) =>
      allocateSlots(place.ports, GATE_ID, {
        arrivals: [{ task, attempt: 1, leaseId: `lease-${task.id}`, callbackDigest: 'd'.repeat(32) }],
      }),
    );
    await place.relay.clock.advance(5_000);
    await Promise.all(all);

    const { pooled = 0 } = await loadWholeGate(place.relay.store, GATE_ID);
    expect(pooled).toBeGreaterThan(0);
    expect(pooled).toBeLessThanOrEqual(400 / 8);
  });
});

describe('a claim from a pool whose answer is lost', () => {
  it('is known by its lease, and its task is submitted', async () => {
    const place = pooledPlace();
    await withFilledPools(place);
    let lost = 0;
    const ports = place.relay.withStore({
      commit: async (commit) => {
        const committed = await place.relay.store.commit(commit);
        if (!commit.poolClaim || lost > 0) return committed;
        lost += 1;
        throw new RelayError('store-contended', 'another try of the same is in progress');
      },
      recallGate: (id) => place.ports.store.recallGate?.(id),
    });
    expect(await arrive({ ...place, ports })).toHaveLength(1);
    expect(lost).toBe(1);
  });
});
