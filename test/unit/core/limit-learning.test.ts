import { describe, expect, it } from 'vitest';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { learnFromAccepted, learnFromLimited, startLimitProbe } from '../../../core/domain/gate/limit-learning.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Gate, LearnedLimit } from '../../../core/domain/gate/gate.ts';

const settings = { ...defaultSettings.gate, limitStart: 2, limitMax: 1_000 };
const { limitProbeMs } = settings;

function gateWith(limit: Partial<LearnedLimit>, inFlight: number = 0): Gate {
  const gate = newGate('default', settings, NOW);
  return { ...gate, limit: { ...gate.limit, ...limit }, counters: { [counterName.inFlight]: inFlight } };
}

function resting(slots: number, inFlight: number = slots - 1, parts: Partial<LearnedLimit> = {}): Gate {
  return gateWith({ slots, proven: slots, isBounded: true, probeAt: NOW + limitProbeMs, ...parts }, inFlight);
}

function accept(gate: Gate, ranks: readonly number[], now: number = NOW): Gate {
  return learnFromAccepted(gate, ranks, settings, now);
}

function limit(gate: Gate, now: number = NOW, startedAt: number = now - 50): Gate {
  return learnFromLimited(gate, [{ startedAt }], settings, now);
}

/** As many 429s on end as are evidence. */
function limitOften(gate: Gate, now: number = NOW): Gate {
  return Array.from({ length: 4 }, (_, index) => now + index).reduce((limited, at) => limit(limited, at), gate);
}

function slotsOf(gate: Gate): number {
  return gate.limit.slots;
}

describe('before the first 429', () => {
  it('the limit doubles with each round of successes', () => {
    const two = accept(gateWith({ slots: 2 }), [1, 2]);
    expect(slotsOf(two)).toBe(4);
    expect(slotsOf(accept(two, [1, 2, 3, 4]))).toBe(7);
  });

  it('successes of a limit that is hardly used prove nothing', () => {
    expect(slotsOf(accept(gateWith({ slots: 50 }), [1, 2, 3]))).toBe(50);
  });

  it('it grows no further than the configured limit', () => {
    const told = { ...settings, limitMax: 20 };
    const gate = learnFromAccepted(gateWith({ slots: 20, proven: 20 }), [20, 20], told, NOW);
    expect(gate.limit).toMatchObject({ slots: 20, isBounded: false });
  });

  it('a success that teaches nothing new spares the write', () => {
    const gate = resting(20);
    expect(accept(gate, [20, 19, 3])).toBe(gate);
  });
});

describe('a 429', () => {
  it('alone is weak evidence and changes nothing', () => {
    const refusedOnce = limit(gateWith({ slots: 32, proven: 18 }, 20));
    expect(refusedOnce.limit).toMatchObject({ slots: 32, isBounded: false, streak: 1 });
    expect(refusedOnce.limit.evidence).toBeGreaterThan(0);
  });

  it('that comes four times in a row bounds the limit by the other attempts that hold a slot', () => {
    const bounded = limitOften(gateWith({ slots: 32, proven: 18 }, 20));
    expect(bounded.limit).toMatchObject({ slots: 20, proven: 20, isBounded: true, evidence: 0 });
  });

  it('always takes at least one slot away in the end, and never the last one', () => {
    expect(slotsOf(limitOften(gateWith({ slots: 8 }, 8)))).toBe(7);
    expect(slotsOf(limitOften(gateWith({ slots: 1 }, 0)))).toBe(1);
  });

  it('of the burst that lowered the limit lowers it further, and counts as no further burst', () => {
    let gate = gateWith({ slots: 24 }, 23);
    for (let refused = 0; refused < 10; refused += 1) {
      const holding = { ...gate, counters: { [counterName.inFlight]: 23 - refused } };
      gate = limit(holding, NOW + refused, NOW - 50);
    }
    expect(gate.limit).toMatchObject({ slots: 14, proven: 14, streak: 1 });
  });

  it('at random, in up to a tenth of the submits, leaves the limit alone however often it comes', () => {
    let gate = resting(20, 19);
    for (let index = 0; index < 1_000; index += 1) {
      const at = NOW + index * 100;
      gate = index % 10 === 0 ? limit(gate, at) : accept(gate, [20], at);
    }
    expect(gate.limit).toMatchObject({ slots: 20, proven: 20 });
  });

  it('is outweighed by three successes, but not by those of a gate that is hardly used', () => {
    const often = (rank: number): Gate => {
      let gate = gateWith({ slots: 32, proven: 18 }, 20);
      for (let index = 0; index < 10; index += 1) {
        gate = limit(accept(gate, [rank, rank, rank]), NOW + index * 100);
      }
      return gate;
    };
    expect(often(15).limit.isBounded).toBe(false);
    expect(often(3).limit).toMatchObject({ isBounded: true, slots: 20 });
  });

  it('that repeats while few run lowers the limit for a while, and the limit grows back', () => {
    const gaveWay = limitOften(resting(20, 12));
    expect(gaveWay.limit).toMatchObject({ slots: 12, proven: 20 });
    let gate = gaveWay;
    for (let success = 0; success < 12; success += 1) gate = accept(gate, [12]);
    expect(gate.limit).toMatchObject({ slots: 20, proven: 20, streak: 0 });
  });

  it('that does so again soon after means that less is proven than was thought', () => {
    const twice = limitOften(accept(limitOften(resting(20, 10)), [10]), NOW + 5_000);
    expect(twice.limit).toMatchObject({ slots: 10, proven: 10 });
  });
});

describe('a probe above the proven limit', () => {
  const ready = (parts: Partial<LearnedLimit> = {}): Gate =>
    resting(20, 20, { probeAt: NOW, raisedAt: NOW - 60_000, filledAt: NOW - 1_000, ...parts });

  it('comes when it is time, by one slot, and only after full use without a 429', () => {
    expect(slotsOf(startLimitProbe(ready(), settings, NOW))).toBe(21);
    expect(slotsOf(startLimitProbe(ready({ probeAt: NOW + 1 }), settings, NOW))).toBe(20);
    expect(slotsOf(startLimitProbe(ready({ filledAt: NOW - 70_000 }), settings, NOW))).toBe(20);
    expect(slotsOf(startLimitProbe(ready({ limitedAt: NOW - 500 }), settings, NOW))).toBe(20);
  });

  it('ends at the first 429: back to the proven limit, and twice as long until the next', () => {
    const failed = limit(startLimitProbe(ready(), settings, NOW), NOW + 500);
    expect(failed.limit).toMatchObject({ slots: 20, proven: 20, probeWaitMs: 2 * limitProbeMs });
    expect(failed.limit.probeAt).toBe(NOW + 500 + 2 * limitProbeMs);
  });

  it('goes on after a 429 that came while fewer than the proven limit were running', () => {
    const raised = startLimitProbe(ready(), settings, NOW);
    const fewer = { ...raised, counters: { [counterName.inFlight]: 11 } };
    expect(limit(fewer, NOW + 500).limit).toMatchObject({ slots: 21, proven: 20 });
  });

  it('goes on after a refusal where Get3W was seen to refuse for other reasons too, and ends after several', () => {
    let gate = resting(20, 12);
    for (let refusal = 0; refusal < 3; refusal += 1) gate = limit(accept(gate, [20, 20, 20]), NOW + refusal);
    const tried = { ...gate, limit: { ...gate.limit, slots: 21 }, counters: { [counterName.inFlight]: 20 } };
    const once = limit(accept(tried, [20, 20, 20]), NOW + 1_000);
    expect(slotsOf(once)).toBe(21);
    expect(limitOften(once, NOW + 2_000).limit).toMatchObject({ slots: 20, proven: 20 });
  });

  it('is believed after five acceptances and not before: one may slip in while another task ends', () => {
    const raised = startLimitProbe(ready(), settings, NOW);
    const almost = accept(raised, [21, 21, 21, 21, 20]);
    expect(almost.limit).toMatchObject({ slots: 21, proven: 20 });
    expect(accept(almost, [21]).limit).toMatchObject({
      slots: 21,
      proven: 21,
      probeStep: 2,
      probeWaitMs: limitProbeMs,
    });
  });

  it('grows with each success, up to the configured limit', () => {
    const bold = ready({ probeStep: 16 });
    expect(slotsOf(startLimitProbe(bold, settings, NOW))).toBe(36);
    expect(slotsOf(startLimitProbe(bold, { ...settings, limitMax: 25 }, NOW))).toBe(25);
  });
});
