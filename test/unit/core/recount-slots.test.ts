// A gate's counts against its tasks: what a recount finds, what it leaves alone, and how it corrects.
import { describe, expect, it } from 'vitest';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { slotDifferences } from '../../../core/domain/gate/slot-recount.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { recountSlots, repairSlots } from '../../../core/flows/recount-slots.ts';
import { sweep } from '../../../functions/sweep/flow.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { newSlot } from '../../contract/store/stored-task.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const GATE_ID = 'default';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function portsOf(relay: MemoryRelay) {
  return Object.assign(relay, { due: relay.store });
}

function holding(id: string): Task {
  return sampleTask({ id, slot: newSlot({ grantedAt: NOW }), due: { at: NOW + HOUR_MS, by: 'doorbell' } });
}

/** Three tasks hold a slot; of the gate's counts some are off, as a commit left them that was told a wrong `before`. */
async function relayWith({ leaked }: { readonly leaked: number }): Promise<MemoryRelay> {
  const relay = new MemoryRelay();
  await relay.store.loadGate(GATE_ID);
  for (const id of ['a', 'b', 'c']) await relay.put(holding(id));
  for (let index = 0; index < leaked; index += 1) {
    const task = await relay.put(holding(`leaked-${index}`));
    const { slot: _forgotten, ...before } = task;
    await relay.store.commit({ changes: [{ before, after: { ...before, version: task.version + 1 } }] });
  }
  return relay;
}

async function whileTimePasses<Value>(relay: MemoryRelay, work: Promise<Value>): Promise<Value> {
  await relay.clock.advance(5_000);
  return work;
}

async function inFlightOf({ store }: MemoryRelay): Promise<number | undefined> {
  return (await store.loadGate(GATE_ID)).counters['inFlight'];
}

describe('a recount', () => {
  it('finds nothing where the gate counts what its tasks hold', async () => {
    const relay = await relayWith({ leaked: 0 });
    expect(await recountSlots(portsOf(relay), GATE_ID, NOW + HOUR_MS)).toMatchObject({ held: 3, differences: [] });
  });

  it('says nothing where slots move between the gate and its pools in each of its reads', async () => {
    const relay = await relayWith({ leaked: 2 });
    let moves = 0;
    const moving = relay.withStore({
      loadGate: async (id: string) => {
        const gate = await relay.store.loadGate(id);
        return { ...gate, counters: { ...gate.counters, fills: 1 } };
      },
      loadPools: async () => {
        moves += 1;
        return [{ pool: 0, counters: { inFlight: -3 }, moves }];
      },
    });
    const recount = recountSlots(portsOf(moving), GATE_ID, NOW + HOUR_MS);
    expect(await whileTimePasses(relay, recount)).toBeUndefined();
  });

  it('finds slots that no task holds, and changes nothing', async () => {
    const relay = await relayWith({ leaked: 2 });
    const found = await whileTimePasses(relay, recountSlots(portsOf(relay), GATE_ID, NOW + HOUR_MS));
    expect(found?.differences).toEqual([{ name: 'inFlight', counted: 5, held: 3, amount: 2 }]);
    expect(await inFlightOf(relay)).toBe(5);
  });

  it('counts the slot of a damaged row, as the gate does', async () => {
    const relay = await relayWith({ leaked: 0 });
    relay.store.damage('b', { endedAt: NOW });
    expect((await recountSlots(portsOf(relay), GATE_ID, NOW + HOUR_MS))?.differences).toEqual([]);
  });

  it('says nothing when its time runs out', async () => {
    const relay = await relayWith({ leaked: 2 });
    expect(await recountSlots(portsOf(relay), GATE_ID, NOW - 1)).toBeUndefined();
  });

  it('does not report what was there only once', async () => {
    const relay = await relayWith({ leaked: 2 });
    const counting = recountSlots(portsOf(relay), GATE_ID, NOW + HOUR_MS);
    await relay.clock.advance(1_000);
    const before = await relay.store.loadGate(GATE_ID);
    await relay.store.commit({ changes: [], gate: { before, after: before, correction: { inFlight: -2 } } });
    expect((await whileTimePasses(relay, counting))?.differences).toEqual([]);
  });
});

describe('the bounds of a recount', () => {
  const gate = (inFlight: number, releases: number) => ({
    ...newGate(GATE_ID, defaultSettings.gate, NOW),
    counters: { inFlight, releases },
  });
  const held = (inFlight: number) => ({ inFlight, retriesInFlight: 0, accountProbesInFlight: 0 });

  it.each([
    // Four came free meanwhile and one was taken: of ten, six to eleven may have been seen.
    [6, []],
    [11, []],
    [5, [{ name: 'inFlight', counted: 10, held: 5, amount: 1 }]],
    [13, [{ name: 'inFlight', counted: 10, held: 13, amount: -2 }]],
  ] as const)('allow for what came and went while %i were seen', (seen, differences) => {
    expect(slotDifferences(gate(10, 100), gate(7, 104), held(seen))).toEqual(differences);
  });
});

describe('a repair', () => {
  it('corrects the counts and grants what was idle', async () => {
    const relay = await relayWith({ leaked: 2 });
    const found = await whileTimePasses(relay, repairSlots(portsOf(relay), GATE_ID));
    expect(found.differences).toMatchObject([{ name: 'inFlight', amount: 2 }]);
    expect(await inFlightOf(relay)).toBe(3);
    expect(await relay.places.isFull(`allocate#${GATE_ID}`, 1)).toBe(false);
  });

  it('waits for no one: while another function grants slots it refuses', async () => {
    const relay = await relayWith({ leaked: 2 });
    await relay.places.take(`allocate#${GATE_ID}`, 1, 60_000);
    await expect(repairSlots(portsOf(relay), GATE_ID)).rejects.toMatchObject({ code: 'store-contended' });
    expect(await inFlightOf(relay)).toBe(5);
  });
});

it('the sweep counts once an hour, reports a difference and leaves it', async () => {
  const relay = await relayWith({ leaked: 2 });
  const sweeps = 180;
  for (let minute = 0; minute < sweeps; minute += 1) {
    const swept = sweep(portsOf(relay), relay.clock.now() + 50_000);
    await relay.clock.advance(MINUTE_MS);
    await swept;
  }
  expect(relay.sumOf('SlotsMiscounted')).toBe(2 * (sweeps / 60));
  expect(await inFlightOf(relay)).toBe(5);
});
