// Learns how many tasks Get3W lets run at once, from its 429s and from what it accepts. Like CUBIC it remembers what
// was right: it grows fast until it is bounded, rests at the proven limit, and probes above it seldom; plain AIMD would
// meet a 429 every few tasks. A 429 shows that there is room for about as many tasks as hold the other slots, since
// each of those may be running. But Get3W has other reasons for 429 too, so one is weak evidence, several lower the
// limit, and successes weaken the evidence (decision 9).
import { inFlight, slotLimit } from './gate.ts';
import { MINUTE_MS } from '../time-ms.ts';
import type { Gate, LearnedLimit } from './gate.ts';
import type { GateSettings } from './gate-settings.ts';

/** A 429 that an attempt met. */
interface Limited {
  readonly startedAt: number;
}

/** Time in which the tasks submitted under a raised limit are answered, before it is raised again. */
const SETTLE_MS = 2_000;
/**
 * Attempts above the proven limit that must be accepted in a row: one may fit only because another has ended unnoticed.
 */
const CONFIRMATIONS = 5;
/**
 * When the limit is lowered a second time within this time, the proven limit is wrong; the first time, others may have
 * used the key for a moment.
 */
const STRIKE_MS = MINUTE_MS;
/** What one 429 adds to the evidence (three successes take it away again), and how much evidence lowers the limit. */
const REFUSAL_WEIGHT = 3;
const EVIDENCE_NEEDED = 12;

/** From this many refusals of attempts for which there certainly was room, a single refusal proves nothing. */
const UNRELATED_TELLING = 3;

const noEvidence = { evidence: 0, evidenceRoom: 0 } as const;

/** @param ranks ranks of attempts that turned out to have been accepted. */
export function learnFromAccepted(gate: Gate, ranks: readonly number[], settings: GateSettings, now: number): Gate {
  if (ranks.length === 0) return gate;
  const { limit } = gate;
  const grown = grow(weaken({ ...limit, streak: 0 }, ranks), ranks, settings, now);
  // Learning nothing new is the usual case, and the gate is one hot item: skip the write.
  const isKnown =
    grown.streak === limit.streak &&
    grown.evidence === limit.evidence &&
    grown.slots === limit.slots &&
    grown.proven === limit.proven &&
    grown.confirmations === limit.confirmations;
  return isKnown ? gate : { ...gate, limit: grown };
}

/**
 * A true limit refuses far more often than tasks end under it, so any success weakens the evidence; while the limit
 * still grows, only the success of a gate that is well used.
 */
function weaken(limit: LearnedLimit, ranks: readonly number[]): LearnedLimit {
  if (limit.evidence === 0) return limit;
  const successes = limit.isBounded ? ranks.length : ranks.filter((rank) => rank * 2 > limit.evidenceRoom).length;
  const evidence = Math.max(0, limit.evidence - successes);
  return { ...limit, evidence, evidenceRoom: evidence === 0 ? 0 : limit.evidenceRoom };
}

function grow(limit: LearnedLimit, ranks: readonly number[], settings: GateSettings, now: number): LearnedLimit {
  // A success confirms the limit only if at least half of it was in use.
  const telling = ranks.filter((rank) => rank * 2 >= limit.slots).length;
  if (!limit.isBounded) {
    // One more for each success doubles the limit with each round of tasks.
    const slots = Math.min(settings.limitMax, Math.max(limit.slots, limit.slots + telling));
    return { ...limit, slots, proven: Math.max(limit.proven, ...ranks) };
  }
  if (limit.slots < limit.proven) return { ...limit, slots: Math.min(limit.proven, limit.slots + telling) };
  if (limit.slots === limit.proven) return limit;
  const confirmations = limit.confirmations + ranks.filter((rank) => rank > limit.proven).length;
  if (confirmations < CONFIRMATIONS) return { ...limit, confirmations };
  // The bound has moved: the next probe need not wait long, and may be bolder.
  const { limitProbeMs } = settings;
  const probeStep = limit.probeStep * 2;
  return {
    ...limit,
    proven: limit.slots,
    confirmations: 0,
    probeStep,
    probeWaitMs: limitProbeMs,
    probeAt: now + limitProbeMs,
  };
}

/** To be called when the refused attempts have given their slots back. */
export function learnFromLimited(gate: Gate, refusals: readonly Limited[], settings: GateSettings, now: number): Gate {
  return refusals.reduce(
    (learned, refusal) => ({ ...learned, limit: learnOne(learned, refusal, settings, now) }),
    gate,
  );
}

function learnOne(gate: Gate, { startedAt }: Limited, settings: GateSettings, now: number): LearnedLimit {
  const { limit } = gate;
  const room = Math.max(1, inFlight(gate));
  // Attempts that were sent before the limit was lowered belong to the same burst: they show once more how many tasks
  // there is room for, but are no second strike.
  if (startedAt <= limit.loweredAt) {
    const slots = Math.min(limit.slots, room);
    return { ...limit, slots, proven: limit.isProvenLowered ? Math.min(limit.proven, slots) : limit.proven };
  }
  const isNewBurst = startedAt > limit.limitedAt;
  const met: LearnedLimit = isNewBurst ? { ...limit, limitedAt: now, streak: limit.streak + 1 } : limit;
  const isLimitProbe = limit.isBounded && limit.slots > limit.proven;
  const isUnrelated = limit.isBounded && room < limit.proven;
  // Ending a probe costs nothing, so one refusal ends it; but not where refusals come for other reasons too.
  if (isLimitProbe && !isUnrelated && limit.unrelatedRefusals < UNRELATED_TELLING)
    return failLimitProbe(met, settings, now);
  const evidence = met.evidence + REFUSAL_WEIGHT;
  const evidenceRoom = Math.max(met.evidenceRoom, room);
  const unrelatedRefusals = met.unrelatedRefusals + (isUnrelated ? 1 : 0);
  if (evidence < EVIDENCE_NEEDED) return { ...met, evidence, evidenceRoom, unrelatedRefusals };
  return isLimitProbe
    ? failLimitProbe(met, settings, now)
    : lower(met, Math.min(slotLimit(gate) - 1, evidenceRoom), settings, now);
}

function failLimitProbe(limit: LearnedLimit, settings: GateSettings, now: number): LearnedLimit {
  const probeWaitMs = Math.min(settings.limitProbeMaxMs, limit.probeWaitMs * 2);
  const failed = { slots: limit.proven, probeStep: 1, confirmations: 0, probeWaitMs, probeAt: now + probeWaitMs };
  return { ...limit, ...failed, ...noEvidence, loweredAt: now, isProvenLowered: false };
}

function lower(limit: LearnedLimit, to: number, { limitProbeMs }: GateSettings, now: number): LearnedLimit {
  const slots = Math.max(1, to);
  // The first refusals in a while at a limit at rest: others may have used the key for a moment. Give way and grow
  // back.
  const isProvenLowered = !limit.isBounded || now - limit.loweredAt < STRIKE_MS;
  return {
    ...limit,
    ...(isProvenLowered ? { isBounded: true, proven: slots } : {}),
    ...noEvidence,
    unrelatedRefusals: 0,
    slots,
    loweredAt: now,
    isProvenLowered,
    probeStep: 1,
    confirmations: 0,
    probeWaitMs: limitProbeMs,
    probeAt: now + limitProbeMs,
  };
}

/** Raises a bounded limit when a probe is due and the present limit has been in full use without a 429. */
export function startLimitProbe(gate: Gate, settings: GateSettings, now: number): Gate {
  const { limit } = gate;
  const isAtRest = limit.isBounded && limit.slots === limit.proven && now >= limit.probeAt;
  const isConfirmed = limit.filledAt >= Math.max(limit.raisedAt, limit.limitedAt) && now - limit.raisedAt >= SETTLE_MS;
  if (!isAtRest || !isConfirmed || limit.slots >= settings.limitMax) return gate;
  const slots = Math.min(settings.limitMax, limit.slots + limit.probeStep);
  return { ...gate, limit: { ...limit, slots, raisedAt: now } };
}
