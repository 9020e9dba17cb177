import { describe, expect, it } from 'vitest';
import { modelAllowance, reviewCircuits } from '../../../core/domain/gate/circuit.ts';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';

const settings = defaultSettings.gate;
const { probeMs, probeMaxMs } = settings.circuit;
const MODEL = 'acme/sketch/text-to-image';

function review(gate: Gate, now: number = NOW): Gate {
  return reviewCircuits(gate, settings, now, () => 0);
}

function count(gate: Gate, added: Record<string, number>): Gate {
  const counters = { ...gate.counters };
  for (const [name, amount] of Object.entries(added)) counters[name] = (counters[name] ?? 0) + amount;
  return { ...gate, counters };
}

/** The gate after outcomes of the model, each seen and reviewed by itself. */
function after(gate: Gate, outcomes: readonly ('success' | 'failure')[], now: number = NOW): Gate {
  return outcomes.reduce((seen, outcome) => {
    const failures = outcome === 'failure' ? { [counterName.modelFailures(MODEL)]: 1 } : {};
    return review(count(seen, { [counterName.modelOutcomes(MODEL)]: 1, ...failures }), now);
  }, gate);
}

function times<Outcome>(outcome: Outcome, number: number): Outcome[] {
  return Array.from({ length: number }, () => outcome);
}

const fresh = newGate('default', settings, NOW);

const opened = after(fresh, times('failure' as const, 20));

function probed(gate: Gate, successes: number, failures: number, now: number): Gate {
  return review(
    count(gate, {
      [counterName.circuitProbeSuccesses(MODEL)]: successes,
      [counterName.circuitProbeFailures(MODEL)]: failures,
    }),
    now,
  );
}

const halfOpen = review(opened, NOW + probeMs);

describe('the circuit of a model', () => {
  it('opens after twenty outcomes of which eighteen are failures', () => {
    expect(after(fresh, times('failure', 19)).circuits).toEqual({});
    expect(opened.circuits[MODEL]).toMatchObject({ state: 'open', probeAt: NOW + probeMs });
    const mixed = [...times('success' as const, 2), ...times('failure' as const, 18)];
    expect(after(fresh, mixed).circuits[MODEL]?.state).toBe('open');
  });

  it('opens as soon after a thousand successes as after none', () => {
    const well = after(fresh, times('success', 1_000));
    expect(after(well, times('failure', 19)).circuits).toEqual({});
    expect(after(well, times('failure', 21)).circuits[MODEL]?.state).toBe('open');
  });

  it('stays closed for a model that fails every other time, however long', () => {
    const coin = Array.from({ length: 2_000 }, (_, index) => (index % 2 === 0 ? 'success' : 'failure'));
    expect(after(fresh, coin).circuits).toEqual({});
  });

  it('gives no slot while open, and lets one probe pass when its wait is over', () => {
    expect(modelAllowance(opened, MODEL)).toBe(0);
    expect(review(opened, NOW + probeMs - 1)).toBe(opened);
    expect(modelAllowance(halfOpen, MODEL)).toBe(1);
    expect(modelAllowance(count(halfOpen, { [counterName.circuitProbesInFlight(MODEL)]: 1 }), MODEL)).toBe(0);
  });

  it('opens again when its probe fails, and waits longer each time, up to a bound', () => {
    let gate = opened;
    let now = NOW;
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const circuit = gate.circuits[MODEL];
      if (circuit?.state !== 'open') throw new Error('it is open again');
      waits.push(circuit.probeAt - now);
      now = circuit.probeAt;
      gate = probed(review(gate, now), 0, 1, now);
    }
    expect(waits.slice(0, 3)).toEqual([probeMs, 2 * probeMs, 4 * probeMs]);
    expect(waits.at(-1)).toBe(probeMaxMs);
  });

  it('closes by a ramp of one, two and four slots, and forgets what opened it', () => {
    const ramp = [0, 1, 2, 3, 4, 5, 6].map((successes) => modelAllowance(probed(halfOpen, successes, 0, NOW), MODEL));
    expect(ramp).toEqual([1, 2, 2, 4, 4, 4, 4]);
    const closed = probed(halfOpen, 7, 0, NOW);
    expect(closed.circuits).toEqual({});
    expect(modelAllowance(closed, MODEL)).toBe(Infinity);
    expect(after(closed, times('failure', 19)).circuits).toEqual({});
  });

  it('takes a single failure on the ramp for life', () => {
    expect(probed(halfOpen, 3, 1, NOW).circuits[MODEL]?.state).toBe('half-open');
    expect(probed(halfOpen, 1, 2, NOW).circuits[MODEL]?.state).toBe('open');
  });

  it('is about now: failures of hours ago count for ever less', () => {
    const failing = after(fresh, times('failure', 19));
    let later = failing;
    for (let hour = 1; hour <= 5; hour += 1) later = review(later, NOW + hour * 3_600_000);
    expect(after(later, ['failure'], NOW + 5 * 3_600_000).circuits).toEqual({});
  });
});
