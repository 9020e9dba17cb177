// When a model fails nearly always, its circuit opens: its tasks wait without using up their attempts. The circuit
// closes again by a ramp of 1, 2, 4 … slots.
// What is known of a model is kept in a row of its own, which exists only while there is something to remember: a
// healthy model costs no write. fair-queue.ts chooses the task that is the circuit probe.
import { MINUTE_MS } from '../time-ms.ts';
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

interface Tally {
  readonly failures: number;
  readonly successes: number;
}

interface LearnContext {
  readonly settings: GateSettings;
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The tally is halved each time this long has passed: a circuit is about the present. */
const TALLY_HALF_LIFE_MS = 15 * MINUTE_MS;
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
 * The tally is a sequential test (a one-sided CUSUM, after Page, Biometrika 41, 1954): a failure adds one, a success
 * takes away as many failures as go with it at `failureShare`. A tally with nothing left is reset, so it never remembers
 * a time in which the model was healthy: the first `outcomesMin` outcomes of an outage open the circuit, whatever came
 * before. A model that fails less often than `failureShare` hardly ever opens its circuit, however long it goes on.
 */
function learnFromTally(health: ModelHealth, { isFailure }: ModelOutcome, context: LearnContext): ModelHealth {
  const { circuit } = context.settings;
  const past = decayed(health, context.now);
  // A success of a model without failures is the usual case, and not worth a write.
  if (!isFailure && past.failures === 0) return health;
  const outcomes = past.outcomes + 1;
  const failures = past.failures + (isFailure ? 1 : 0);
  const unexplained = unexplainedFailures({ failures, successes: outcomes - failures }, circuit.failureShare);
  if (unexplained <= 0) return wellModel(context.now, health.version, health.probesInFlight);
  const talliedAt = past === health ? health.talliedAt : context.now;
  const tallied: ModelHealth = { ...health, outcomes, failures, talliedAt };
  return unexplained < circuit.outcomesMin ? tallied : opened(tallied, 0, context.now, context);
}

/** Failures beyond those that go with the successes of a model that fails with the share `failureShare`. */
function unexplainedFailures({ failures, successes }: Tally, failureShare: number): number {
  // At a share of 1 one success explains any number of failures.
  if (successes === 0) return failures;
  const perSuccess = failureShare / (1 - failureShare);
  // The quotient is not exact: 0.9 / 0.1 is a little more than 9.
  return failures - Math.floor(successes * perSuccess + 1e-6);
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
  // What opened the circuit keeps it open: a first probe that fails, or so many failures to a success. By a stricter
  // rule a model that fails three times of five would be shut out for hours once its circuit had opened by chance.
  const unexplained = unexplainedFailures({ failures, successes }, context.settings.circuit.failureShare);
  if (unexplained > 0) return opened(health, circuit.probes + 1, circuit.since, context);
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
