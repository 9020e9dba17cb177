// Races and idle rounds of a hand-over that no stage's own tests come by; whole worlds of them are test/simulation's.
import { describe, expect, it } from 'vitest';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { allocateSlots } from '../../../core/flows/allocate-slots.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { Pause } from '../../../core/domain/gate/gate.ts';
import type { HeldPlace } from '../../../core/ports/places.ts';
import type { Commit } from '../../../core/ports/ports.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const GATE_ID = 'default';
const refused: Pause = {
  reason: 'account',
  since: NOW - 60_000,
  status: 403,
  probeAt: NOW - 1_000,
  probeWaitMs: 30_000,
};

function waiting(parts: Partial<Task> = {}): Task {
  return sampleTask({
    status: 'waiting',
    ticket: { kind: 'fresh', order: NOW, version: 1 },
    due: { at: NOW, by: 'sweep' },
    ...parts,
  });
}

async function pausedRelay(pause: Pause): Promise<MemoryRelay> {
  const relay = new MemoryRelay();
  const before = await relay.store.loadGate(GATE_ID);
  await relay.store.commit({ changes: [], gate: { before, after: { ...before, pause } } });
  return relay;
}

describe('a gate whose account is refused', () => {
  it('does not wake itself again and again for tasks that are past their deadline', async () => {
    const relay = await pausedRelay(refused);
    await relay.put(waiting({ deadlineAt: NOW - 1 }));

    await allocateSlots(relay, GATE_ID, {});

    expect(relay.doorbells.waiting('dispatch')).toEqual([]);
    expect((await relay.store.loadGate(GATE_ID)).wakeAt).toBeUndefined();
  });

  it('sends the first that waits to find out, when it is time', async () => {
    const relay = await pausedRelay(refused);
    const task = await relay.put(waiting());

    await allocateSlots(relay, GATE_ID, {});

    expect((await relay.task(task.id)).slot).toMatchObject({ accountProbe: true });
  });

  it('waits before the next probe from when one is sent, however that one ends', async () => {
    const relay = await pausedRelay(refused);
    const first = await relay.put(waiting());
    await relay.put(waiting({ id: 'second' }));

    await allocateSlots(relay, GATE_ID, {});
    expect((await relay.store.loadGate(GATE_ID)).pause).toMatchObject({ probeAt: NOW + 30_000, probeWaitMs: 30_000 });

    // Its connection breaks: the slot comes back, and nothing was learned of the account.
    const before = await relay.task(first.id);
    const { slot: _slot, ...after } = before;
    await relay.store.commit({ changes: [{ before, after: { ...after, status: 'backoff' } }] });
    expect((await relay.store.loadGate(GATE_ID)).counters.accountProbesInFlight ?? 0).toBe(0);
    await allocateSlots(relay, GATE_ID, {});
    expect((await relay.task('second')).status).toBe('waiting');
  });

  it('waits for the Retry-After of a 429 that answers its probe', async () => {
    const relay = await pausedRelay(refused);
    const answered = [
      { type: 'accepted', rank: 0, accountProbe: true },
      { type: 'limited', startedAt: NOW, retryAfterMs: 7_000 },
    ] as const;

    await allocateSlots(relay, GATE_ID, { observations: answered });

    expect((await relay.store.loadGate(GATE_ID)).pause).toMatchObject({ reason: 'limited', until: NOW + 7_000 });
  });

  it('doubles the wait for the refusal of a probe, not for those of attempts that were under way', async () => {
    const relay = await pausedRelay(refused);
    await relay.put(waiting());
    await allocateSlots(relay, GATE_ID, {});
    const refusal = { type: 'account-refused', status: 401 } as const;

    await allocateSlots(relay, GATE_ID, { observations: [{ ...refusal, accountProbe: false }] });
    expect((await relay.store.loadGate(GATE_ID)).pause).toMatchObject({ status: 403, probeWaitMs: 30_000 });

    await allocateSlots(relay, GATE_ID, { observations: [{ ...refusal, accountProbe: true }] });
    expect((await relay.store.loadGate(GATE_ID)).pause).toMatchObject({
      status: 401,
      probeAt: NOW + 60_000,
      probeWaitMs: 60_000,
    });
  });

  it('sees the tasks that queued while it was being opened', async () => {
    const relay = await pausedRelay({ ...refused, probeAt: NOW + 30_000 });
    const task = waiting();
    let isThere = false;
    const racing = relay.withStore({
      commit: async (commit) => {
        // Its ticket is written after the queues were read, and it found the gate still closed.
        if (!isThere) await relay.put(task);
        isThere = true;
        return relay.store.commit(commit);
      },
    });

    await allocateSlots(racing, GATE_ID, { observations: [{ type: 'accepted', rank: 1, accountProbe: true }] });

    expect(await relay.task(task.id)).toMatchObject({ status: 'queued', slot: { kind: 'fresh' } });
  });
});

describe('slots that many give out at once', () => {
  const POOL = 'allocate#default';

  /** Tasks that wait for the slots of a gate whose limit is known. */
  async function relayWith(waitingTasks: number, limit: number): Promise<MemoryRelay> {
    const gate = { ...defaultSettings.gate, limitStart: limit, limitMax: limit };
    const relay = new MemoryRelay({ gate });
    for (let index = 0; index < waitingTasks; index += 1) await relay.put(waiting({ id: idOf(index) }));
    return relay;
  }

  function idOf(index: number): string {
    return `${sampleTask().id.slice(0, -3)}${100 + index}`;
  }

  async function granted(relay: MemoryRelay): Promise<number> {
    return (await relay.store.loadGate(GATE_ID)).counters['inFlight'] ?? 0;
  }

  it('are left to the one whose turn it is', async () => {
    const relay = await relayWith(2, 5);
    await relay.places.take(POOL, 1, 3_000);
    await allocateSlots(relay, GATE_ID, {});
    expect(await granted(relay)).toBe(0);
    // It has died, and its turn is over.
    await relay.clock.advance(3_001);
    await allocateSlots(relay, GATE_ID, {});
    expect(await granted(relay)).toBe(2);
  });

  it('are given by the next who comes where the turn cannot be looked at', async () => {
    const relay = await relayWith(2, 5);
    relay.places.isFull = () => Promise.reject(new Error('no answer'));
    await allocateSlots(relay, GATE_ID, {});
    expect(await granted(relay)).toBe(2);
  });

  it('are looked at once more by who gives its turn back, for those who left theirs to it', async () => {
    const relay = await relayWith(1, 5);
    let lost = 0;
    const losing = relay.withStore({
      commit: async (commit) => {
        if (lost === 2 || !commit.gate) return relay.store.commit(commit);
        lost += 1;
        return { kind: 'lost', taskIds: [], isGateLost: true };
      },
    });
    const places = {
      take: relay.places.take.bind(relay.places),
      isFull: relay.places.isFull.bind(relay.places),
      giveBack: async (place: HeldPlace) => {
        // A function that found the turn taken has left this one.
        if ((await relay.store.loadTask(idOf(7))) === undefined) await relay.put(waiting({ id: idOf(7) }));
        await relay.places.giveBack(place);
      },
    };
    const allocating = allocateSlots(Object.assign(losing, { places }), GATE_ID, {});
    await relay.clock.advance(1_000);
    await allocating;
    expect(relay.places.taken.get(POOL)).toBe(1);
    expect(relay.places.held(POOL)).toBe(0);
    expect(await granted(relay)).toBe(2);
  });

  it('are looked at a second later where the one whose turn it is fails in a further round', async () => {
    const relay = await relayWith(120, 150);
    let lost = 0;
    let rounds = 0;
    const failing = relay.withStore({
      commit: async (commit) => {
        if (lost < 2 && commit.gate) {
          lost += 1;
          return { kind: 'lost', taskIds: [], isGateLost: true };
        }
        rounds += 1;
        if (rounds > 1) throw new RelayError('store-unavailable', 'DynamoDB does not answer');
        return relay.store.commit(commit);
      },
    });
    const allocating = allocateSlots(failing, GATE_ID, {});
    await relay.clock.advance(1_000);
    await allocating;
    // Who came meanwhile has left its slot to it.
    expect(relay.places.taken.get(POOL)).toBe(1);
    expect(await granted(relay)).toBe(98);
    const asked = relay.doorbells.waiting('dispatch').filter(({ doorbell }) => doorbell.kind === 'gate');
    expect(asked).toMatchObject([{ doorbell: { gateId: GATE_ID }, delayMs: 1_000 }]);
  });

  it('go to as many as a transaction takes, in one round where none arrives and one account waits', async () => {
    const relay = await relayWith(120, 120);
    const sizes: number[] = [];
    const noting = relay.withStore({
      commit: (commit) => {
        sizes.push(commit.changes.length);
        return relay.store.commit(commit);
      },
    });
    await allocateSlots(noting, GATE_ID, {});
    expect(await granted(relay)).toBe(120);
    expect(sizes).toEqual([98, 22]);
  });

  it('are used at once by who arrives, while the tickets of those granted beside it are still being removed', async () => {
    const relay = await relayWith(2, 9);
    const held = Promise.withResolvers<void>();
    const slow = relay.withStore({ removeTickets: () => held.promise });
    const task = await relay.put(sampleTask({ id: idOf(80), createdAt: NOW + 1 }));
    const arrival = { task, attempt: 1, leaseId: 'lease', callbackDigest: 'a'.repeat(64) };
    const served: string[] = [];

    const allocating = allocateSlots(slow, GATE_ID, {
      arrivals: [arrival],
      serve: async ({ claimed }) => void served.push(...claimed.map(({ id }) => id)),
    });
    await relay.clock.advance(100);

    expect(served).toEqual([task.id]);
    expect(await granted(relay)).toBe(3);
    held.resolve();
    await allocating;
  });

  it('are not waited for in the row that grants write, by who arrives while another gives them out', async () => {
    const relay = await relayWith(3, 2);
    await relay.places.take(POOL, 1, 60_000);
    const commits: Commit[] = [];
    const noting = relay.withStore({
      commit: (commit) => {
        commits.push(commit);
        return relay.store.commit(commit);
      },
    });
    const task = await relay.put(sampleTask({ id: idOf(80) }));
    const arrival = { task, attempt: 1, leaseId: 'lease', callbackDigest: 'a'.repeat(64) };
    await allocateSlots(noting, GATE_ID, { arrivals: [arrival] });
    expect((await relay.task(task.id)).status).toBe('waiting');
    expect(commits.map(({ countsBeside }) => countsBeside)).toEqual([true]);
  });

  it.each([
    ['takes a ticket where the gate was full a moment ago and many wait', 0, 'waiting', 0],
    ['has its slot where the gate was full a while ago', 2_000, 'submitting', 16],
  ])('who arrives %s', async (_what, agoMs, status, slots) => {
    const relay = await relayWith(16, 40);
    const before = await relay.store.loadGate(GATE_ID);
    const limit = { ...before.limit, filledAt: NOW - agoMs };
    await relay.store.commit({ changes: [], gate: { before, after: { ...before, limit } } });
    const task = await relay.put(sampleTask({ id: idOf(80), createdAt: NOW - 60_000 }));
    const arrival = { task, attempt: 1, leaseId: 'lease', callbackDigest: 'a'.repeat(64) };
    await allocateSlots(relay, GATE_ID, { arrivals: [arrival] });
    expect((await relay.task(task.id)).status).toBe(status);
    expect(await granted(relay)).toBeGreaterThanOrEqual(slots);
    if (slots === 0) expect(await granted(relay)).toBe(0);
  });
});

describe('more tasks at once than the row of the gate takes claims', () => {
  const POOL = `allocate#${GATE_ID}`;
  const arriving = (id: string) => ({
    task: sampleTask({ id, createdAt: NOW }),
    attempt: 1,
    leaseId: `lease-${id}`,
    callbackDigest: 'd'.repeat(32),
  });

  async function rushedRelay(agoMs: number): Promise<MemoryRelay> {
    const relay = new MemoryRelay({ gate: { ...defaultSettings.gate, limitStart: 40, limitMax: 40 } });
    const before = await relay.store.loadGate(GATE_ID);
    await relay.store.commit({ changes: [], gate: { before, after: { ...before, rushedAt: NOW - agoMs } } });
    return relay;
  }

  it.each([
    ['in a rush, for an arrival', 0, true, 0],
    ['when a slot comes free', 60_000, false, 1],
    ['for an arrival that may find room for all', 60_000, true, 1],
  ])(
    'read no more of a gate whose turn is another’s than they need %s',
    async (_when, rushedAgoMs, isArrival, reads) => {
      const relay = await rushedRelay(rushedAgoMs);
      await relay.places.take(POOL, 1, 60_000);
      let queueReads = 0;
      const counting = relay.withStore({
        listQueues: (...query) => {
          queueReads += 1;
          return relay.store.listQueues(...query);
        },
      });
      const arrival = arriving('01890a5d-ac96-774b-bcce-b302099a8057');
      const arrivals = isArrival ? [{ ...arrival, task: await relay.put(arrival.task) }] : [];
      await allocateSlots(counting, GATE_ID, { arrivals });
      expect(queueReads).toBe(reads);
    },
  );

  it('make the one whose claim is always refused take the turn, and note the rush', async () => {
    const relay = new MemoryRelay();
    const claim = arriving('first');
    await relay.put(claim.task);
    const busy = relay.withStore({
      commit: (commit) => {
        if (commit.claim) throw new RelayError('store-contended', 'too many at once');
        return relay.store.commit(commit);
      },
    });

    const allocating = allocateSlots(busy, GATE_ID, { arrivals: [claim] });
    await relay.clock.advance(1_000);

    expect((await allocating).claimed.map(({ id }) => id)).toEqual(['first']);
    expect(relay.places.taken.get(POOL)).toBe(1);
    expect((await relay.store.loadGate(GATE_ID)).rushedAt).toBeGreaterThanOrEqual(NOW);
  });

  it('take tickets, and are granted their slots together by one of them', async () => {
    const relay = await rushedRelay(100);
    const arrivals = Array.from({ length: 8 }, (_, index) => arriving(`task-${index}`));
    for (const { task } of arrivals) await relay.put(task);
    const rounds: number[] = [];
    const noting = relay.withStore({
      commit: (commit) => {
        if (commit.gate) rounds.push(commit.changes.length);
        return relay.store.commit(commit);
      },
    });

    await Promise.all(arrivals.map((arrival) => allocateSlots(noting, GATE_ID, { arrivals: [arrival] })));

    expect(await relay.store.loadGate(GATE_ID)).toMatchObject({ rushedAt: NOW, counters: { inFlight: 8 } });
    expect(rounds.reduce((sum, tasks) => sum + tasks, 0)).toBe(8);
    expect(rounds.length).toBeLessThan(4);
    expect(relay.places.held(POOL)).toBe(0);
  });

  it('claim for themselves again when it has been quiet for a while', async () => {
    const relay = await rushedRelay(1_000);
    const { task, ...claim } = arriving('later');
    await relay.put(task);

    const { claimed } = await allocateSlots(relay, GATE_ID, { arrivals: [{ task, ...claim }] });

    expect(claimed.map(({ id }) => id)).toEqual(['later']);
    expect(relay.places.taken.get(POOL) ?? 0).toBe(0);
  });
});

describe('arrivals at a gate with room for all', () => {
  const arriving = (id: string) => ({
    task: sampleTask({ id, createdAt: NOW }),
    attempt: 1,
    leaseId: `lease-${id}`,
    callbackDigest: 'd'.repeat(32),
  });

  async function relayOf(limit: number): Promise<MemoryRelay> {
    const relay = new MemoryRelay({ gate: { ...defaultSettings.gate, limitStart: limit, limitMax: limit } });
    await relay.store.loadGate(GATE_ID);
    return relay;
  }

  it('claim their slots at once, without a round that is lost to another', async () => {
    const relay = await relayOf(20);
    const arrivals = Array.from({ length: 10 }, (_, index) => arriving(`task-${index}`));
    for (const { task } of arrivals) await relay.put(task);
    let commits = 0;
    const counting = relay.withStore({
      commit: (commit) => {
        commits += 1;
        return relay.store.commit(commit);
      },
    });

    await Promise.all(arrivals.map((arrival) => allocateSlots(counting, GATE_ID, { arrivals: [arrival] })));

    expect(commits).toBe(10);
    expect(await relay.store.loadGate(GATE_ID)).toMatchObject({ version: 0, counters: { inFlight: 10 } });
  });

  it('claim beside another function that grants slots, where more are free than tasks wait', async () => {
    const relay = await relayOf(20);
    await relay.put(waiting({ id: 'waits' }));
    await relay.places.take(`allocate#${GATE_ID}`, 1, 60_000);
    const { task, ...claim } = arriving('arrives');
    await relay.put(task);

    const { claimed } = await allocateSlots(relay, GATE_ID, { arrivals: [{ task, ...claim }] });

    expect(claimed.map(({ id }) => id)).toEqual(['arrives']);
    expect((await relay.task('waits')).status).toBe('waiting');
  });

  it('take a ticket there where not all that wait could be served', async () => {
    const relay = await relayOf(2);
    await relay.put(waiting({ id: 'waits' }));
    await relay.places.take(`allocate#${GATE_ID}`, 1, 60_000);
    const { task, ...claim } = arriving('arrives');
    await relay.put(task);

    await allocateSlots(relay, GATE_ID, { arrivals: [{ task, ...claim }] });

    expect((await relay.task('arrives')).status).toBe('waiting');
  });
});

describe('a round of an arrival that raises the limit to probe it', () => {
  it('grants the slot that it opened, though it leaves to others those that come free', async () => {
    const relay = new MemoryRelay({ gate: { ...defaultSettings.gate, limitStart: 2 } });
    for (const id of ['running-1', 'running-2'])
      await relay.put(sampleTask({ id, status: 'running', slot: sampleSlot() }));
    for (let index = 0; index < 20; index += 1) await relay.put(waiting({ id: `waiting-${index}` }));
    const before = await relay.store.loadGate(GATE_ID);
    // At rest for a minute, the next probe due, and full half a second ago.
    const limit = {
      ...before.limit,
      isBounded: true,
      proven: 2,
      raisedAt: NOW - 60_000,
      probeAt: NOW - 1,
      filledAt: NOW - 500,
    };
    await relay.store.commit({ changes: [], gate: { before, after: { ...before, limit } } });
    const task = await relay.put(sampleTask({ id: 'arriving', createdAt: NOW }));

    const arrivals = [{ task, attempt: 1, leaseId: 'lease', callbackDigest: 'd'.repeat(32) }];
    await allocateSlots(relay, GATE_ID, { arrivals });

    expect(await relay.store.loadGate(GATE_ID)).toMatchObject({ limit: { slots: 3 }, counters: { inFlight: 3 } });
  });
});
