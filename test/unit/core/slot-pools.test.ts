// Pools of a gate's free slots: how many and how large, from which a claim takes, and what a round takes back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { freeSlots, inFlight } from '../../../core/domain/gate/gate.ts';
import {
  choosePool,
  fullestPools,
  isPooling,
  ownFreeSlots,
  poolSize,
  takenBack,
  withPools,
} from '../../../core/domain/gate/slot-pools.ts';
import { sampleGate } from '../../support/sample-gate.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { SlotPool } from '../../../core/domain/gate/slot-pools.ts';

function gateOf(slots: number, held: number, parts: Partial<Gate> = {}): Gate {
  const settings = { ...defaultSettings.gate, limitStart: slots };
  return sampleGate(settings, { inFlight: held }, parts);
}

function pool(number: number, slots: number): SlotPool {
  return { pool: number, counters: { inFlight: -slots }, moves: 1 };
}

describe('a gate with pools', () => {
  it('counts the slots in its pools as free, apart from those of its own row', () => {
    const gate = withPools(gateOf(1_000, 700), [pool(0, 20), pool(3, 5)]);
    expect(inFlight(gate)).toBe(675);
    expect(freeSlots(gate, NOW)).toBe(325);
    expect(ownFreeSlots(gate, NOW)).toBe(300);
  });

  it('adds up what claims from pools have counted there', () => {
    const claimed = { pool: 1, counters: { inFlight: -2, retriesInFlight: 3 }, moves: 4 };
    expect(withPools(gateOf(1_000, 10), [claimed]).counters).toEqual({ inFlight: 8, retriesInFlight: 3 });
  });

  it('never has more than an eighth of its slots in pools that were filled once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 100_000 }), (slots) => {
        const pools = Math.min(16, Math.floor(slots / 50));
        expect(pools * poolSize(gateOf(slots, 0))).toBeLessThanOrEqual(slots / 8 + 1);
      }),
    );
  });

  it.each([
    ['too small', gateOf(199, 0)],
    ['paused by Get3W', gateOf(500, 0, { pause: { reason: 'limited', since: NOW, until: NOW + 1 } })],
    ['paused by an operator', gateOf(500, 0, { operatorPause: { since: NOW, by: 'me' } })],
    ['in a rush', gateOf(500, 0, { rushedAt: NOW - 999 })],
  ])('uses none while it is %s', (_when, gate) => {
    expect(isPooling(gate, defaultSettings.gate, NOW)).toBe(false);
  });

  it('uses them otherwise', () => {
    expect(isPooling(gateOf(200, 0), defaultSettings.gate, NOW)).toBe(true);
  });
});

describe('a claim', () => {
  const choice = (held: number, pools: readonly SlotPool[], wanted = 1) =>
    choosePool(withPools(gateOf(1_000, held), pools), pools, { wanted, random: 0.5, now: NOW });

  it('takes from the pool that chance names, where enough lies', () => {
    expect(choice(500, [pool(8, 3)], 3)).toEqual({ kind: 'claim', pool: 8 });
  });

  it('fills that pool from the row of the gate where too little lies', () => {
    expect(choice(500, [pool(8, 2), pool(2, 7)], 3)).toEqual({ kind: 'fill', pool: 8 });
  });

  it('takes from another where the row of the gate has few slots left', () => {
    expect(choice(990, [pool(2, 7)])).toEqual({ kind: 'claim', pool: 2 });
  });

  it('leaves the choice to the row of the gate where nothing lies in pools and little is left', () => {
    expect(choice(990, [pool(2, 0)])).toBeUndefined();
  });

  it('takes nothing where the limit has become lower than what the row of the gate counts, though less is held', () => {
    const pools = [pool(8, 40)];
    const gate = withPools(gateOf(500, 520), pools);
    expect(freeSlots(gate, NOW)).toBe(20);
    expect(choosePool(gate, pools, { wanted: 1, random: 0.85, now: NOW })).toBeUndefined();
  });

  it('takes nothing where the limit has become lower than what is held', () => {
    expect(choice(1_100, [pool(8, 7)])).toBeUndefined();
  });
});

describe('a round', () => {
  it('takes back what it lacks from the fullest pools', () => {
    const pools = [pool(0, 2), pool(1, 0), pool(2, 9), pool(3, 4), pool(4, 1)];
    const fullest = fullestPools(pools);
    expect(fullest.map((one) => one.pool)).toEqual([2, 3, 0]);
    expect(takenBack(fullest, 11)).toEqual([
      { pool: 2, slots: 9 },
      { pool: 3, slots: 2 },
    ]);
    expect(takenBack(fullest, 0)).toEqual([]);
  });
});
