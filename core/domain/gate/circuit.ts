// When a model fails nearly always, its circuit opens: its tasks wait without using up their attempts. The circuit
// closes again by a ramp of 1, 2, 4 … slots.
// What is known of a model is kept in a row of its own, which exists only while there is something to remember: a
// healthy model costs no write. fair-queue.ts chooses the task that is the circuit probe.
import type { ModelOutcome } from '../task/derived-counts.ts';
import type { GateSettings } from './gate-settings.ts';

/**
 * Keeps a model's tasks away from Get3W until `probeAt` (epoch milliseconds); from then on the ramp lets probes
 * through.
 */
export interface Circuit {
  readonly since: number;
  readonly probeAt: number;
  /** Ramps that have failed since the circuit first opened. */
  readonly probes: number;
  /** Outcomes of the probes of the current ramp. */
  readonly successes: number;
  readonly failures: number;
}

/** What is known of a model that has failed lately. */
export interface ModelHealth {
  /** Raised by one with each change of anything but `probesInFlight`; 0 while no row exists. */
  readonly version: number;
  /**
   * Outcomes since the tally was last reset, and how many of them were failures; both are halved every quarter of an
   * hour.
   */
  readonly outcomes: number;
  readonly failures: number;
  readonly talliedAt: number;
  readonly circuit?: Circuit;
  /** Slots held by probes of the circuit; the store counts them together with the tasks that hold them. */
  readonly probesInFlight: number;
}

export interface LearnContext {
  readonly settings: GateSettings;
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The tally is halved each time this long has passed: a circuit is about the present. */
const TALLY_HALF_LIFE_MS = 15 * 60_000;
/** Successful probes that close a circuit: after 1 + 2 + 4 the model has shown that it is healthy. */
const RAMP_SUCCESSES = 7;

/** A healthy model: no failure is remembered of it. */
export function wellModel(now: number, version: number = 0, probesInFlight: number = 0): ModelHealth {
  return { version, outcomes: 0, failures: 0, talliedAt: now, probesInFlight };
}

/** True when there is nothing to remember of a model: its row may be deleted. */
export function isForgettable(health: ModelHealth, now: number): boolean {
  return health.circuit === undefined && health.probesInFlight === 0 && decayed(health, now).failures === 0;
}

/** @returns the same object when the outcome changes nothing, so that the caller can skip the write. */
export function learnOutcome(health: ModelHealth, outcome: ModelOutcome, context: LearnContext): ModelHealth {
  if (health.circuit) return learnFromProbe(health, health.circuit, outcome, context);
  return learnFromTally(health, outcome, context);
}

/**
 * The tally is reset as soon as it holds too many successes to open a circuit. So it never remembers a time in which
 * the model was healthy, and the first `outcomesMin` outcomes of an outage open the circuit, whatever came before.
 */
function learnFromTally(health: ModelHealth, { isFailure }: ModelOutcome, context: LearnContext): ModelHealth {
  const { outcomesMin, failureShare } = context.settings.circuit;
  const past = decayed(health, context.now);
  // A success of a model without failures is the usual case, and not worth a write.
  if (!isFailure && past.failures === 0) return health;
  const outcomes = past.outcomes + 1;
  const failures = past.failures + (isFailure ? 1 : 0);
  // The small addend is for rounding: 20 * (1 - 0.9) is a little less than 2.
  const successesMax = Math.floor(outcomesMin * (1 - failureShare) + 1e-6);
  if (outcomes - failures > successesMax) return wellModel(context.now, health.version, health.probesInFlight);
  const talliedAt = past === health ? health.talliedAt : context.now;
  const tallied: ModelHealth = { ...health, outcomes, failures, talliedAt };
  return outcomes < outcomesMin ? tallied : opened(tallied, 0, context.now, context);
}

function decayed(health: ModelHealth, now: number): ModelHealth {
  const halvings = Math.floor((now - health.talliedAt) / TALLY_HALF_LIFE_MS);
  if (halvings <= 0) return health;
  const half = (count: number): number => Math.floor(count / 2 ** Math.min(halvings, 30));
  return { ...health, outcomes: half(health.outcomes), failures: half(health.failures) };
}

/** Only the probes of the current ramp count: what ends while the circuit is open was sent before it opened. */
function learnFromProbe(
  health: ModelHealth,
  circuit: Circuit,
  { isFailure, isCircuitProbe }: ModelOutcome,
  context: LearnContext,
): ModelHealth {
  if (!isCircuitProbe || circuitState(circuit, context.now) === 'open') return health;
  const successes = circuit.successes + (isFailure ? 0 : 1);
  const failures = circuit.failures + (isFailure ? 1 : 0);
  // More failures than successes: not healthy yet. A single failure among successes is normal.
  if (failures > successes) return opened(health, circuit.probes + 1, circuit.since, context);
  if (successes >= RAMP_SUCCESSES) return wellModel(context.now, health.version, health.probesInFlight);
  return { ...health, circuit: { ...circuit, successes, failures } };
}

function opened(health: ModelHealth, probes: number, since: number, context: LearnContext): ModelHealth {
  const { settings, now, random } = context;
  const { probeMs, probeMaxMs } = settings.circuit;
  const waitMs = Math.min(probeMaxMs, probeMs * 2 ** Math.min(probes, 30));
  // Up to a tenth is added, so that many gates do not probe at the same moment.
  const probeAt = now + Math.round(waitMs * (1 + random() / 10));
  return { ...health, circuit: { since, probeAt, probes, successes: 0, failures: 0 } };
}

export function circuitState({ probeAt }: Circuit, now: number): 'open' | 'half-open' {
  return now < probeAt ? 'open' : 'half-open';
}

/**
 * Slots that a model may be given now: any number while its circuit is closed, none while it is open, the ramp's next
 * step while it is half-open.
 */
export function modelAllowance(health: ModelHealth | undefined, now: number): number {
  const circuit = health?.circuit;
  if (!health || !circuit) return Number.POSITIVE_INFINITY;
  if (circuitState(circuit, now) === 'open') return 0;
  const ramp = 2 ** Math.floor(Math.log2(circuit.successes + 1));
  return Math.max(0, ramp - health.probesInFlight);
}
