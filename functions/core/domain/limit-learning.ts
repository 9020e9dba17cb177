// Learns how many tasks Get3W lets run at once, from its 429s and from what it accepts.
// Plain AIMD would meet a 429 every few tasks at a small limit; so, like CUBIC, the learned bound is remembered:
// fast growth up to what was proven lately, rest at it, and seldom a try above it.
// An attempt's rank (slots in use when it got its own) is the measure: accepted, it proves room for so many;
// refused above all that is proven, it bounds; refused below, it says only that something changed: give way a little.
import { slotLimit } from './gate.ts';
import type { Gate, LearnedLimit } from './gate.ts';
import type { GateSettings } from './settings.ts';

/** A 429 that an attempt met. */
export interface Limited {
  readonly rank: number;
  readonly startedAt: number;
}

const WINDOW_MS = 60_000;
/** Time for the answers of the tasks submitted under a raised limit to come in before it is raised again. */
const SETTLE_MS = 2_000;
/** What is given up when a 429 contradicts what was proven lately. */
const GIVE_WAY = 0.9;

export const provenSlots = (limit: LearnedLimit): number => Math.max(limit.provenNow, limit.provenBefore);

const turnWindow = (limit: LearnedLimit, now: number): LearnedLimit => {
  if (now - limit.windowAt < WINDOW_MS) return limit;
  const isLongAgo = now - limit.windowAt >= 2 * WINDOW_MS;
  return { ...limit, provenBefore: isLongAgo ? 0 : limit.provenNow, provenNow: 0, windowAt: now };
};

/** @param ranks ranks of attempts that turned out to have been accepted. */
export const learnFromAccepted = (gate: Gate, ranks: readonly number[], settings: GateSettings, now: number): Gate => {
  if (ranks.length === 0) return gate;
  const limit = turnWindow(gate.limit, now);
  const provenNow = Math.max(limit.provenNow, ...ranks);
  const known: LearnedLimit = { ...limit, provenNow, streak: 0 };
  const slots = grown(known, ranks, settings);
  // Nothing new is the usual case: the gate is one hot item, and a write that changes nothing is a write too many.
  const isKnown = limit === gate.limit && provenNow === limit.provenNow && limit.streak === 0 && slots === limit.slots;
  return isKnown ? gate : { ...gate, limit: { ...known, slots } };
};

/** Growth by success: doubling a round while unbounded, and back up to what was proven after giving way. */
const grown = (limit: LearnedLimit, ranks: readonly number[], settings: GateSettings): number => {
  const goal = limit.isBounded ? Math.min(provenSlots(limit), settings.limitMax) : settings.limitMax;
  if (limit.slots >= goal) return limit.slots;
  // A limit that is hardly used is not confirmed by success: grow only while half of it was in use.
  const telling = ranks.filter((rank) => rank * 2 >= limit.slots).length;
  return Math.min(goal, limit.slots + telling);
};

export const learnFromLimited = (gate: Gate, refusals: readonly Limited[], settings: GateSettings, now: number): Gate =>
  refusals.reduce((learned, refusal) => learnOne(learned, refusal, settings, now), gate);

const learnOne = (gate: Gate, { rank, startedAt }: Limited, settings: GateSettings, now: number): Gate => {
  const limit = turnWindow(gate.limit, now);
  // Refusals of attempts that left before the last one was answered belong to the same burst and teach no more
  // about time, only about rank.
  const isSameBurst = startedAt <= limit.limitedAt;
  const next: LearnedLimit = {
    ...limit,
    limitedAt: isSameBurst ? limit.limitedAt : now,
    streak: isSameBurst ? limit.streak : limit.streak + 1,
  };
  if (rank > provenSlots(limit)) return { ...gate, limit: bounded(next, rank, isSameBurst, settings, now) };
  const slots = isSameBurst ? next.slots : Math.max(1, next.slots * GIVE_WAY);
  return { ...gate, limit: { ...next, slots } };
};

/** Nothing of this rank was accepted lately: the bound lies just below it. Each failed try doubles the next wait. */
const bounded = (
  limit: LearnedLimit,
  rank: number,
  isSameBurst: boolean,
  settings: GateSettings,
  now: number,
): LearnedLimit => {
  const isFailedProbe = limit.isBounded && limit.raisedAt > limit.probeAt - limit.probeWaitMs;
  const probeWaitMs = isSameBurst
    ? limit.probeWaitMs
    : isFailedProbe
      ? Math.min(settings.probeMaxMs, limit.probeWaitMs * 2)
      : settings.probeMs;
  return {
    ...limit,
    slots: Math.max(1, Math.min(limit.slots, rank - 1)),
    isBounded: true,
    probeStep: 1,
    probeWaitMs,
    probeAt: now + probeWaitMs,
  };
};

/** Raises a bounded limit when it is time to try, and when the present one has been in full use without a 429. */
export const probeAbove = (gate: Gate, settings: GateSettings, now: number): Gate => {
  const { limit } = gate;
  const isConfirmed = limit.filledAt >= limit.raisedAt && now - limit.raisedAt >= SETTLE_MS;
  if (!limit.isBounded || now < limit.probeAt || !isConfirmed || limit.slots >= settings.limitMax) return gate;
  const isGoingWell = limit.raisedAt > limit.limitedAt;
  const slots = Math.min(settings.limitMax, slotLimit(gate) + limit.probeStep);
  return {
    ...gate,
    limit: {
      ...limit,
      slots,
      raisedAt: now,
      probeStep: limit.probeStep * 2,
      // A try that went well means that the bound has moved: the next one need not wait long.
      probeWaitMs: isGoingWell ? settings.probeMs : limit.probeWaitMs,
      probeAt: now + settings.probeMs,
    },
  };
};
