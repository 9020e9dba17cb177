// Learns how many tasks Get3W lets run at once, from its 429s and from what it accepts.
// Plain AIMD would meet a 429 every few tasks at a small limit; so, like CUBIC, what was right is remembered: fast
// growth until the first 429, rest at what was proven, and seldom a try above it.
// What a 429 says: those that hold a slot besides the refused one are as many as there is room for. It can't say less
// (each of them may be running), and hardly says more (few hold a slot whose task has ended and is not settled yet).
// An attempt's own rank says less: attempts overtake one another on their way to Get3W.
import { inFlight, slotLimit } from './gate.ts';
import type { Gate, LearnedLimit } from './gate.ts';
import type { GateSettings } from './settings.ts';

/** A 429 that an attempt met. */
export interface Limited {
  readonly startedAt: number;
}

/** Time for the answers of the tasks submitted under a raised limit to come in before it is raised again. */
const SETTLE_MS = 2_000;
/** Attempts above the proven limit that must be accepted in a row: one may slip in while another's end is on its way. */
const CONFIRMATIONS = 5;
/** A second 429 within this time of another one means that the proven limit is wrong, and not that somebody passed by. */
const STRIKE_MS = 60_000;

/** @param ranks ranks of attempts that turned out to have been accepted. */
export const learnFromAccepted = (gate: Gate, ranks: readonly number[], settings: GateSettings, now: number): Gate => {
  if (ranks.length === 0) return gate;
  const { limit } = gate;
  const grown = grow({ ...limit, streak: 0 }, ranks, settings, now);
  // Nothing new is the usual case: the gate is one hot item, and a write that changes nothing is a write too many.
  const isKnown =
    grown.streak === limit.streak &&
    grown.slots === limit.slots &&
    grown.proven === limit.proven &&
    grown.confirmations === limit.confirmations;
  return isKnown ? gate : { ...gate, limit: grown };
};

const grow = (limit: LearnedLimit, ranks: readonly number[], settings: GateSettings, now: number): LearnedLimit => {
  // A limit that is hardly used is not confirmed by success: grow only while half of it was in use.
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
  // The bound has moved: the next try need not wait long, and may be bolder.
  const { probeMs } = settings;
  const probeStep = limit.probeStep * 2;
  return { ...limit, proven: limit.slots, confirmations: 0, probeStep, probeWaitMs: probeMs, probeAt: now + probeMs };
};

/** To be asked when the refused attempts have given their slots back. */
export const learnFromLimited = (gate: Gate, refusals: readonly Limited[], settings: GateSettings, now: number): Gate =>
  refusals.reduce((learned, refusal) => ({ ...learned, limit: learnOne(learned, refusal, settings, now) }), gate);

const learnOne = (gate: Gate, { startedAt }: Limited, settings: GateSettings, now: number): LearnedLimit => {
  const { limit } = gate;
  const room = Math.max(1, inFlight(gate));
  // Attempts that left before the last refusal was known belong to the same burst: they tell again how many there is
  // room for, and nothing about time.
  if (startedAt <= limit.limitedAt) {
    const slots = Math.min(limit.slots, room);
    const isBoundByBurst = limit.boundAt === limit.limitedAt;
    return { ...limit, slots, proven: isBoundByBurst ? Math.min(limit.proven, slots) : limit.proven };
  }
  const met: LearnedLimit = { ...limit, limitedAt: now, streak: limit.streak + 1, probeStep: 1, confirmations: 0 };
  if (limit.isBounded && limit.slots > limit.proven) {
    const probeWaitMs = Math.min(settings.probeMaxMs, limit.probeWaitMs * 2);
    return { ...met, slots: limit.proven, probeWaitMs, probeAt: now + probeWaitMs };
  }
  const slots = Math.max(1, Math.min(slotLimit(gate) - 1, room));
  const { probeMs } = settings;
  const waiting: LearnedLimit = { ...met, slots, probeWaitMs: probeMs, probeAt: now + probeMs };
  // At rest, for the first time in a while: others may have used the key for a moment. Give way and grow back.
  if (limit.isBounded && now - limit.limitedAt >= STRIKE_MS) return waiting;
  return { ...waiting, isBounded: true, proven: slots, boundAt: now };
};

/** Raises a bounded limit when it is time to try, and when the present one has been in full use without a 429. */
export const probeAbove = (gate: Gate, settings: GateSettings, now: number): Gate => {
  const { limit } = gate;
  const isAtRest = limit.isBounded && limit.slots === limit.proven && now >= limit.probeAt;
  const isConfirmed = limit.filledAt >= Math.max(limit.raisedAt, limit.limitedAt) && now - limit.raisedAt >= SETTLE_MS;
  if (!isAtRest || !isConfirmed || limit.slots >= settings.limitMax) return gate;
  const slots = Math.min(settings.limitMax, limit.slots + limit.probeStep);
  return { ...gate, limit: { ...limit, slots, raisedAt: now } };
};
