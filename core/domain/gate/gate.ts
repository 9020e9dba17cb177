// The one gate before Get3W, an item per provider key and class of model: what it knows, and how many may pass now.
// gate-review.ts changes what it knows, fair-queue.ts chooses who is next, and the store updates its counters with
// every task. What grows with accounts or models is in rows of its own: gate-view.ts and circuit.ts.
import { counterName } from '../task/derived-counts.ts';
import type { GateSettings } from './gate-settings.ts';

/**
 * One gate serves all models of the provider key; a class of models with a limit of its own would get a gate of its
 * own.
 */
export const DEFAULT_GATE_ID = 'default';

/** What has been learned of Get3W's limit of concurrent tasks. */
export interface LearnedLimit {
  /** Slots that may be in use at once. Below `proven` the limit grows back; above it, a probe is under way. */
  readonly slots: number;
  /** False until 429s first lower the limit: until then it doubles with each round of successes. */
  readonly isBounded: boolean;
  /**
   * As many tasks as Get3W is known to have room for: the highest rank accepted while unbounded, then where the limit
   * rests.
   */
  readonly proven: number;
  /** When 429s last lowered the limit. */
  readonly loweredAt: number;
  /** True when they lowered `proven` too, and not only `slots` for a while. */
  readonly isProvenLowered: boolean;
  readonly limitedAt: number;
  /** Bursts of 429 since anything succeeded. */
  readonly streak: number;
  /**
   * Evidence that the limit is too high: a 429 adds to it, a success that a lower limit would not have allowed reduces
   * it.
   */
  readonly evidence: number;
  /** The most attempts that held a slot beside one whose 429 is part of the evidence. */
  readonly evidenceRoom: number;
  /**
   * 429s since the limit was lowered that came while fewer than `proven` were in flight: Get3W has other reasons for
   * 429 too.
   */
  readonly unrelatedRefusals: number;
  /** When to probe above the bound, by how much, and how long to wait after a failed probe. */
  readonly probeAt: number;
  readonly probeStep: number;
  readonly probeWaitMs: number;
  readonly raisedAt: number;
  /** Attempts above `proven` accepted since it was raised. */
  readonly confirmations: number;
  /** Last time that every slot was in use: a limit that was not reached proves nothing. */
  readonly filledAt: number;
}

/** Why no task may pass for now. */
export type Pause =
  | { readonly reason: 'limited'; readonly since: number; readonly until: number }
  | {
      readonly reason: 'account';
      readonly since: number;
      /** HTTP status of the refusal. */
      readonly status: number;
      /** When one task may be sent as a probe, and the wait if it fails. */
      readonly probeAt: number;
      readonly probeWaitMs: number;
    };

interface OperatorPause {
  readonly since: number;
  readonly by: string;
  /** When it ends without an operator; it lasts until one resumes the gate where this is absent. */
  readonly until?: number;
  /** Why, in the words of the person. */
  readonly reason?: string;
}

export interface Gate {
  readonly id: string;
  /** Raised by one with each change of anything but the counters. */
  readonly version: number;
  readonly limit: LearnedLimit;
  readonly pause?: Pause;
  readonly operatorPause?: OperatorPause;
  /** Virtual start of the task served last: where an account that joins begins. */
  readonly virtualTime: number;
  /** Sum of the weights of the accounts that waited when all of them were last read: a hint for estimates. */
  readonly waitingWeight?: number;
  /** When more tasks last came at once than could claim their slots one by one: for a while they are granted together. */
  readonly rushedAt?: number;
  /** When the gate must be reviewed even if nothing else happens; a doorbell for it is on its way. */
  readonly wakeAt?: number;
  /** Zero or less: what the rows of releases add to the slots that its own row counts; part of its counters. */
  readonly released?: number;
  /** Free slots that lie in pools, where these were read: its own row counts them as taken. */
  readonly pooled?: number;
  /** Only ever added to, by every commit of a task; see counterName. */
  readonly counters: Readonly<Record<string, number>>;
}

export function newGate(id: string, settings: GateSettings, now: number): Gate {
  return {
    id,
    version: 0,
    limit: {
      slots: settings.limitStart,
      isBounded: false,
      proven: 0,
      loweredAt: 0,
      isProvenLowered: false,
      limitedAt: 0,
      streak: 0,
      evidence: 0,
      evidenceRoom: 0,
      unrelatedRefusals: 0,
      probeAt: 0,
      probeStep: 1,
      probeWaitMs: settings.limitProbeMs,
      raisedAt: now,
      confirmations: 0,
      filledAt: 0,
    },
    virtualTime: 0,
    counters: {},
  };
}

export function counter(gate: Gate, name: string): number {
  return gate.counters[name] ?? 0;
}

export function slotLimit(gate: Gate): number {
  return Math.max(1, Math.floor(gate.limit.slots));
}

export function inFlight(gate: Gate): number {
  return counter(gate, counterName.inFlight);
}

/**
 * How many slots the gate's own row may count before so many are taken. Nothing but releases changes the rest, and these
 * only free more: who keeps to this bound never exceeds the limit, whatever has changed since the gate was read.
 */
export function ownSlotsMax(gate: Gate, taken: number): number {
  return slotLimit(gate) - (gate.released ?? 0) - taken;
}

/** True while an operator's pause lasts. One that is over stays in the row until the next round, which takes it out. */
export function isStopped({ operatorPause }: Pick<Gate, 'operatorPause'>, now: number): boolean {
  return operatorPause !== undefined && (operatorPause.until === undefined || now < operatorPause.until);
}

/** True while no slot may be given, however many are free. */
export function isHeldBack(gate: Gate, now: number): boolean {
  return isStopped(gate, now) || (gate.pause?.reason === 'limited' && now < gate.pause.until);
}

/** True while an attempt with this slot must not be sent: one that probes a refused account may. */
export function isPausedFor(slot: { readonly accountProbe: boolean } | undefined, gate: Gate, now: number): boolean {
  if (isStopped(gate, now)) return true;
  const { pause } = gate;
  if (!pause || (pause.reason === 'limited' && pause.until <= now)) return false;
  return !slot?.accountProbe;
}

/**
 * Slots that may be given now, to any task: none while paused, one while the account is being probed. fair-queue.ts
 * chooses the tasks.
 */
export function freeSlots(gate: Gate, now: number): number {
  if (isHeldBack(gate, now)) return 0;
  const free = Math.max(0, slotLimit(gate) - inFlight(gate));
  if (gate.pause?.reason !== 'account') return free;
  const mayProbe = now >= gate.pause.probeAt && counter(gate, counterName.accountProbesInFlight) === 0;
  return mayProbe ? Math.min(1, free) : 0;
}

/** How long arrivals keep from claiming for themselves; a rush that goes on is noted again and again. */
const RUSH_MS = 1_000;

/** True while tasks come faster than the gate's one row takes claims. */
export function isRushed({ rushedAt }: Gate, now: number): boolean {
  return rushedAt !== undefined && now - rushedAt < RUSH_MS;
}

/** True while the next slot is for a probe of whether Get3W serves the account again. */
export function isProbingAccount(gate: Gate): boolean {
  return gate.pause?.reason === 'account';
}
