// A model that fails nearly always is left alone: its circuit opens, the tasks behind it wait without using up
// their attempts, and it closes again by a ramp of 1, 2, 4 … slots.
// Works on the counters that the store keeps per model; which task is the circuit probe is fair-queue.ts's business.
import { counterName } from '../task/derived-counts.ts';
import { counter } from './gate.ts';
import type { Circuit, Gate } from './gate.ts';
import type { GateSettings } from './gate-settings.ts';

/** Older outcomes count half after this long: a circuit is about now. */
const TALLY_HALF_LIFE_MS = 15 * 60_000;
/** Successes of probes that close a circuit: after 1 + 2 + 4 the model has shown that it is well. */
const RAMP_SUCCESSES = 7;

function tallyNames(model: string): readonly string[] {
  return [counterName.modelOutcomes(model), counterName.modelFailures(model)];
}

function circuitProbeNames(model: string): readonly string[] {
  return [counterName.circuitProbeSuccesses(model), counterName.circuitProbeFailures(model)];
}

/** Takes away what is in these counters now; what others add meanwhile stays. */
function clear(gate: Gate, names: readonly string[]): Gate {
  return {
    ...gate,
    counters: { ...gate.counters, ...Object.fromEntries(names.map((name) => [name, 0])) },
  };
}

function withCircuit(gate: Gate, model: string, circuit: Circuit | undefined): Gate {
  const { [model]: _old, ...others } = gate.circuits;
  return { ...gate, circuits: circuit ? { ...others, [model]: circuit } : others };
}

/**
 * Models whose tallies one review changes. An update of DynamoDB's names each of them and may be 4 KB long: a gate that had
 * to change hundreds at once could never be written again. The others' turn comes with the next review.
 */
const MODELS_PER_REVIEW = 60;

const PREFIX = counterName.modelOutcomes('');

/** Brings every circuit to where its outcomes and the clock put it. */
export function reviewCircuits(gate: Gate, settings: GateSettings, now: number, random: () => number): Gate {
  let reviewed = gate;
  const seen = Object.keys(gate.counters).flatMap((name) =>
    name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [],
  );
  let left = MODELS_PER_REVIEW;
  for (const model of new Set([...seen, ...Object.keys(gate.circuits)])) {
    const next = reviewCircuit(reviewed, model, { settings, now, random });
    if (next !== reviewed) left -= 1;
    reviewed = next;
    if (left === 0) return reviewed;
  }
  return halveOldTallies(reviewed, now, left);
}

interface ReviewContext {
  readonly settings: GateSettings;
  readonly now: number;
  readonly random: () => number;
}

function reviewCircuit(gate: Gate, model: string, context: ReviewContext): Gate {
  const circuit = gate.circuits[model];
  if (circuit === undefined) return openIfFailing(gate, model, context);
  if (circuit.state === 'open') {
    if (context.now < circuit.probeAt) return gate;
    const fresh = clear(gate, circuitProbeNames(model));
    return withCircuit(fresh, model, { state: 'half-open', since: context.now, probes: circuit.probes });
  }
  const successes = counter(gate, counterName.circuitProbeSuccesses(model));
  const failures = counter(gate, counterName.circuitProbeFailures(model));
  // More failures than successes: not well yet. A single failure among successes is life.
  if (failures > successes) return reopen(gate, model, circuit.probes + 1, context);
  if (successes < RAMP_SUCCESSES) return gate;
  return withCircuit(clear(gate, [...tallyNames(model), ...circuitProbeNames(model)]), model, undefined);
}

/**
 * The tally begins anew as soon as it holds too many successes to open a circuit. So it never holds a past in which
 * the model was well, and the first `outcomesMin` outcomes of an outage open the circuit, whatever came before.
 */
function openIfFailing(gate: Gate, model: string, context: ReviewContext): Gate {
  const { outcomesMin, failureShare } = context.settings.circuit;
  const outcomes = counter(gate, counterName.modelOutcomes(model));
  const failures = counter(gate, counterName.modelFailures(model));
  // Of a model without a failure there is nothing to forget, and the gate is spared the write.
  if (failures === 0) return gate;
  // A part of a success more, since 20 * (1 - 0.9) is a little less than 2.
  const successesMax = Math.floor(outcomesMin * (1 - failureShare) + 1e-6);
  if (outcomes - failures > successesMax) return clear(gate, tallyNames(model));
  return outcomes < outcomesMin ? gate : reopen(gate, model, 0, context);
}

function reopen(gate: Gate, model: string, probes: number, { settings, now, random }: ReviewContext): Gate {
  const { probeMs, probeMaxMs } = settings.circuit;
  const waitMs = Math.min(probeMaxMs, probeMs * 2 ** Math.min(probes, 30));
  // Up to a tenth on top, so that many gates do not try together.
  const probeAt = now + Math.round(waitMs * (1 + random() / 10));
  return withCircuit(clear(gate, circuitProbeNames(model)), model, { state: 'open', since: now, probeAt, probes });
}

/** Of more models than one review changes, those that were seen most: the others' few outcomes open no circuit. */
function halveOldTallies(gate: Gate, now: number, modelsMax: number): Gate {
  if (now - gate.talliesAt < TALLY_HALF_LIFE_MS) return gate;
  const counters = { ...gate.counters };
  const seen = Object.entries(counters).filter(([name, outcomes]) => name.startsWith(PREFIX) && outcomes > 0);
  const most = seen.sort(([, a], [, b]) => b - a).slice(0, modelsMax);
  for (const name of most.flatMap(([outcomes]) => tallyNames(outcomes.slice(PREFIX.length)))) {
    if (counters[name] !== undefined) counters[name] = Math.floor(counters[name] / 2);
  }
  return { ...gate, counters, talliesAt: now };
}

/** Slots a model may be given now: any number while its circuit is closed, none while open, the ramp between. */
export function modelAllowance(gate: Gate, model: string): number {
  const circuit = gate.circuits[model];
  if (circuit === undefined) return Number.POSITIVE_INFINITY;
  if (circuit.state === 'open') return 0;
  const successes = counter(gate, counterName.circuitProbeSuccesses(model));
  const ramp = 2 ** Math.floor(Math.log2(successes + 1));
  return Math.max(0, ramp - counter(gate, counterName.circuitProbesInFlight(model)));
}
