// Brings the gate's knowledge up to date: with what dispatch and settle have just observed, with the clock, and with
// the time of the gate's next review should nothing else happen. Pure; fair-queue.ts gives out the slots afterwards.
import { circuitState } from './circuit.ts';
import { counterName } from '../task/derived-counts.ts';
import { counter, inFlight, isStopped } from './gate.ts';
import { waitingQueues } from './gate-view.ts';
import { learnFromAccepted, learnFromLimited, startLimitProbe } from './limit-learning.ts';
import type { Gate, Pause } from './gate.ts';
import type { GateSettings } from './gate-settings.ts';
import type { GateView } from './gate-view.ts';

/** What the gate learns from an attempt. */
export type Observation =
  /** Get3W answered 429. */
  | {
      readonly type: 'limited';
      readonly startedAt: number;
      readonly retryAfterMs?: number | undefined;
    }
  /** Get3W answered 401 or 403; `accountProbe` as below. */
  | { readonly type: 'account-refused'; readonly status: number; readonly accountProbe: boolean }
  /** Get3W accepted an attempt. `accountProbe`: it was sent to find out whether Get3W serves the account again. */
  | { readonly type: 'accepted'; readonly rank: number; readonly accountProbe: boolean };

interface ReviewContext {
  readonly settings: GateSettings;
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

type Seen<Type extends Observation['type']> = Extract<Observation, { type: Type }>;

function seen<Type extends Observation['type']>(all: readonly Observation[], type: Type): Seen<Type>[] {
  return all.filter((observation): observation is Seen<Type> => observation.type === type);
}

function withoutPause(gate: Gate): Gate {
  const { pause: _over, ...rest } = gate;
  return rest;
}

/** Without what an operator's pause left behind once its time is over: a gate with one takes no plain claims. */
function withoutOverStop(gate: Gate, now: number): Gate {
  if (!gate.operatorPause || isStopped(gate, now)) return gate;
  const { operatorPause: _over, ...rest } = gate;
  return rest;
}

/** @returns the same object when there was nothing to learn, so that the caller can skip the write. */
export function reviewGate(gate: Gate, observations: readonly Observation[], context: ReviewContext): Gate {
  const { settings, now } = context;
  const accepted = seen(observations, 'accepted');
  let next = learnFromAccepted(
    gate,
    accepted.map(({ rank }) => rank),
    settings,
    now,
  );
  const limited = seen(observations, 'limited');
  if (limited.length > 0) next = learnFromLimited(next, limited, settings, now);
  next = reviewAccount(next, observations, context);
  // After it: a 429 that answers the probe of a refused account lifts that pause, and its Retry-After begins another.
  if (limited.length > 0) next = pauseAfterLimited(next, limited, context);
  if (next.pause?.reason === 'limited' && now >= next.pause.until) next = withoutPause(next);
  return startLimitProbe(withoutOverStop(next, now), settings, now);
}

/**
 * A 429 pauses the whole gate, and not just its task, when it has a `Retry-After`, when nothing of ours is running, or
 * when 429s go on.
 */
function pauseAfterLimited(gate: Gate, limited: readonly Seen<'limited'>[], context: ReviewContext): Gate {
  if (gate.pause?.reason === 'account') return gate;
  const { settings, now, random } = context;
  const toldMs = Math.max(0, ...limited.map(({ retryAfterMs }) => retryAfterMs ?? 0));
  const { streak } = gate.limit;
  // While tasks of ours run, the next free slot is the right moment to try; while none runs, others use the key: back
  // off.
  const isStubborn = streak >= 2 || inFlight(gate) === 0;
  const ownMs = isStubborn
    ? Math.min(settings.pauseMaxMs, settings.pauseBaseMs * 2 ** Math.min(Math.max(streak - 2, 0), 30)) *
      (0.5 + random() / 2)
    : 0;
  const until = now + Math.round(Math.max(toldMs, ownMs));
  if (until <= now || (gate.pause && gate.pause.until >= until)) return gate;
  return { ...gate, pause: { reason: 'limited', since: gate.pause?.since ?? now, until } };
}

function reviewAccount(gate: Gate, observations: readonly Observation[], { settings, now }: ReviewContext): Gate {
  const refusals = seen(observations, 'account-refused');
  const refusal = refusals.find(({ accountProbe }) => accountProbe) ?? refusals[0];
  if (refusal) return pauseAccount(gate, refusal, settings, now);
  const isWell =
    gate.pause?.reason === 'account' && seen(observations, 'accepted').some(({ accountProbe }) => accountProbe);
  return isWell ? withoutPause(gate) : gate;
}

function pauseAccount(gate: Gate, refusal: Seen<'account-refused'>, settings: GateSettings, now: number): Gate {
  const { status, accountProbe } = refusal;
  const earlier = gate.pause?.reason === 'account' ? gate.pause : undefined;
  // Attempts that were under way when the account was first refused are refused too: they are not new probes.
  if (earlier && !accountProbe) return gate;
  const probeWaitMs = earlier ? Math.min(settings.accountProbeMaxMs, earlier.probeWaitMs * 2) : settings.accountProbeMs;
  const pause: Pause = {
    reason: 'account',
    since: earlier?.since ?? now,
    status,
    probeAt: now + probeWaitMs,
    probeWaitMs,
  };
  return { ...gate, pause };
}

/**
 * When the gate must be reviewed even if no task comes or goes: at the end of a pause, at the next probe of the account
 * or of a circuit. Undefined when the next task that comes or goes is early enough, or no task waits.
 */
export function nextWakeAt(view: GateView, now: number): number | undefined {
  const { gate, models } = view;
  const waiting = waitingQueues(view);
  if (waiting.length === 0) return undefined;
  if (isStopped(gate, now)) return gate.operatorPause?.until;
  if (gate.pause?.reason === 'limited') return gate.pause.until;
  if (gate.pause?.reason === 'account') {
    // A due probe that no task took in this round waits for a new task, or for the sweep: waking at once would go on
    // for ever while all waiting tasks are past their deadline.
    const isDue = gate.pause.probeAt <= now;
    return isDue || counter(gate, counterName.accountProbesInFlight) > 0 ? undefined : gate.pause.probeAt;
  }
  const probes = waiting.flatMap(({ model }) => {
    const circuit = models.get(model)?.circuit;
    return circuit && circuitState(circuit, now) === 'open' ? [circuit.probeAt] : [];
  });
  return probes.length === 0 ? undefined : Math.min(...probes);
}
