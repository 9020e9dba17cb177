// The one gate before Get3W, an item per provider key and class of model: what it knows, and how many may pass now.
// gate-review.ts changes what it knows, fair-queue.ts says who is next; the store keeps its counters with every task.
// Whatever grows with accounts or models has rows of its own: gate-view.ts and circuit.ts.
import { counterName } from '../task/derived-counts.ts';
import type { GateSettings } from './gate-settings.ts';

/** One gate serves all models of the provider key; classes of models with limits of their own would have their own. */
export const DEFAULT_GATE_ID = 'default';

/** What has been learned of Get3W's limit of concurrent tasks. */
export interface LearnedLimit {
  /** Slots that may be in use at once. Below `proven` it grows back, above it is a probe. */
  readonly slots: number;
  /** False until the first 429: until then the limit doubles with each round of successes. */
  readonly isBounded: boolean;
  /** As many as Get3W has had room for: before the first 429 the highest rank accepted, then where the limit rests. */
  readonly proven: number;
  /** When 429s last lowered the limit. */
  readonly loweredAt: number;
  /** True when they lowered `proven` too, and not only the slots for a while. */
  readonly isProvenLowered: boolean;
  readonly limitedAt: number;
  /** Bursts of 429 since anything succeeded. */
  readonly streak: number;
  /** Evidence that the limit is too high: each 429 adds to it, each success that a lower limit would not have allowed takes away. */
  readonly evidence: number;
  /** The most that held a slot besides an attempt whose 429 is part of the evidence. */
  readonly evidenceRoom: number;
  /** 429s since the limit was lowered that came while fewer than `proven` were in: Get3W says it for other reasons too. */
  readonly unrelatedRefusals: number;
  /** When to probe above the bound, by how much, and how long to wait after a failed probe. */
  readonly probeAt: number;
  readonly probeStep: number;
  readonly probeWaitMs: number;
  readonly raisedAt: number;
  /** Attempts above `proven` accepted since it was raised. */
  readonly confirmations: number;
  /** Last time that every slot was in use: a limit that is not used proves nothing. */
  readonly filledAt: number;
}

/** Why nothing may pass for now. */
export type Pause =
  | { readonly reason: 'limited'; readonly since: number; readonly until: number }
  | {
      readonly reason: 'account';
      readonly since: number;
      /** HTTP status of the refusal. */
      readonly status: number;
      /** When one task may try again, and the wait after it fails. */
      readonly probeAt: number;
      readonly probeWaitMs: number;
    };

export interface OperatorPause {
  readonly since: number;
  readonly by: string;
}

export interface Gate {
  readonly id: string;
  /** Raised by one with each change of anything but the counters. */
  readonly version: number;
  readonly limit: LearnedLimit;
  readonly pause?: Pause;
  readonly operatorPause?: OperatorPause;
  /** Start of the task served last: where an account that joins begins. */
  readonly virtualTime: number;
  /** Sum of the weights of the accounts that waited when all of them were last read: a hint for estimates. */
  readonly waitingWeight?: number;
  /** The next time it must be looked at though nothing else happens; a doorbell for it is on its way. */
  readonly wakeAt?: number;
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
 * Slots that may be given now, whoever wants them: none while paused, one while the account is being probed.
 * Which of the waiting may have them is fair-queue.ts's question.
 */
export function freeSlots(gate: Gate, now: number): number {
  if (gate.operatorPause) return 0;
  const free = Math.max(0, slotLimit(gate) - inFlight(gate));
  if (!gate.pause) return free;
  if (gate.pause.reason === 'limited') return now < gate.pause.until ? 0 : free;
  const mayProbe = now >= gate.pause.probeAt && counter(gate, counterName.accountProbesInFlight) === 0;
  return mayProbe ? Math.min(1, free) : 0;
}

/** True while a slot that is given now goes to find out whether the account is well again. */
export function isProbingAccount(gate: Gate): boolean {
  return gate.pause?.reason === 'account';
}
