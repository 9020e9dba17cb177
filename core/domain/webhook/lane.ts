// A receiver as the sender sees it: its condition, whether it is paused, how many calls it may have at once, how much
// of its rate is left. A lane has one holder at a time, so only that holder changes its state.
// Pure; the lane worker of the deliver stage applies it. The store orders the deliveries.
import { isGone, retryDelayMs } from './decide-delivery.ts';
import { isSuccess } from './delivery.ts';
import type { CallCause, CallResult } from './delivery.ts';
import type { DeliveryContext } from './decide-delivery.ts';
import type { DeliverySettings } from './delivery-policy.ts';
import type { ShareSettings } from '../share-settings.ts';

export interface Lane {
  /** An endpoint's id, or `url_…` for the host of `?webhook=` targets. */
  readonly id: string;
  readonly accountId: string;
  /** Failed calls since the last success. */
  readonly strikes: number;
  /** When the first of them failed. */
  readonly failingSince?: number;
  readonly pausedUntil?: number;
  /** Pauses since the last success; they lengthen the next one. */
  readonly pauses: number;
  /** Calls at once after a pause: 1, then doubled with each round of successes; absent for a healthy receiver. */
  readonly ramp?: number;
  /** What is left of the endpoint's calls per second, and when that was counted. */
  readonly bucket?: { readonly tokens: number; readonly at: number };
  /** The moment for which a delayed doorbell is on its way. */
  readonly doorbellAt?: number;
  /** Set once its receiver has accepted a webhook: from then on it is known to answer. */
  readonly isProven?: boolean;
  /** Times it was postponed since its last call because its account's share of runs was used up. */
  readonly deferrals?: number;
  /** Time of the event whose delivery has waited longest; absent when everything is delivered. */
  readonly undeliveredSince?: number;
  /** The last call that its holder made: what a healthy receiver is called past its lane is not in it. */
  readonly lastAnswer?: LaneAnswer;
  /** Id of a delivery below which the lane has nothing pending: where the search for the oldest begins. */
  readonly watermark?: string;
}

interface LaneAnswer {
  readonly at: number;
  readonly status?: number;
  /** Absent for a success. */
  readonly cause?: CallCause;
}

function answerOf(result: CallResult, at: number): LaneAnswer {
  if (result.kind === 'failed') return { at, cause: result.cause };
  return { at, status: result.status, ...(!isSuccess(result) && { cause: 'status' as const }) };
}

export function newLane(id: string, accountId: string): Lane {
  return { id, accountId, strikes: 0, pauses: 0 };
}

/** Statuses by which a receiver declares itself overloaded or unavailable for the moment. */
const pausingStatuses: readonly number[] = [429, 502, 503, 504];
/** Failures in a row, of any kind, that are the receiver's fault and not the event's. */
const STRIKES_TO_PAUSE = 5;
/** Fewer failures than this prove nothing, however far apart they are. */
const STRIKES_TO_DISABLE = 10;

function without<Key extends keyof Lane>(lane: Lane, ...keys: Key[]): Lane {
  const copy: Partial<Lane> = { ...lane };
  for (const key of keys) delete copy[key];
  return copy as Lane;
}

/** True when its receiver is expected to answer soon: it has accepted webhooks, including the last one. */
export function isTrusted(lane: Lane): boolean {
  return lane.isProven === true && lane.strikes === 0;
}

/** True when its receiver has accepted nothing yet and never failed. */
export function isStranger(lane: Lane): boolean {
  return !lane.isProven && lane.strikes === 0;
}

/** True when its receiver is healthy and nothing is undelivered, so that a run may call it without the lane. */
export function isAtEase(lane: Lane, now: number): boolean {
  return isTrusted(lane) && lane.ramp === undefined && !isPaused(lane, now) && lane.undeliveredSince === undefined;
}

/**
 * Calls that one run may have under way to a receiver whose lane it does not hold. No run sees the calls of the others,
 * so all runs together must stay within what one receiver may get at once; 0 when there are more runs than that.
 */
export function directCallsMax({
  deliveries,
  shares,
}: {
  readonly deliveries: Pick<DeliverySettings, 'callsMax'>;
  readonly shares: Pick<ShareSettings, 'deliverRuns'>;
}): number {
  return Math.floor(deliveries.callsMax / shares.deliverRuns);
}

/** An unknown receiver that does not answer may never do so: one call is enough to learn that. */
function isSilentStranger(lane: Lane, result: CallResult): boolean {
  return !lane.isProven && result.kind === 'failed' && result.cause === 'timeout';
}

export function isPaused(lane: Lane, now: number): boolean {
  return lane.pausedUntil !== undefined && now < lane.pausedUntil;
}

/** The lane after one call; `attemptsOfRound` is the delivery's count with this call. */
export function laneAfterCall(
  lane: Lane,
  call: { readonly result: CallResult; readonly attemptsOfRound: number },
  context: DeliveryContext,
): Lane {
  const called = { ...without(lane, 'deferrals'), lastAnswer: answerOf(call.result, context.now) };
  if (isSuccess(call.result)) return afterSuccess(called, context.settings);
  const { now } = context;
  const failing: Lane = { ...called, strikes: lane.strikes + 1, failingSince: lane.failingSince ?? now };
  const status = call.result.kind === 'answered' ? call.result.status : undefined;
  const isAsked = status !== undefined && pausingStatuses.includes(status);
  const isProof = isAsked || isSilentStranger(lane, call.result);
  if (!isProof && failing.strikes < STRIKES_TO_PAUSE) return failing;
  return pause(failing, call, context);
}

function afterSuccess(lane: Lane, { callsMax }: DeliverySettings): Lane {
  const well: Lane = { ...without(lane, 'failingSince', 'pausedUntil'), strikes: 0, pauses: 0, isProven: true };
  if (lane.ramp === undefined) return well;
  // One more for each success doubles the calls with every round of them.
  const ramp = lane.ramp + 1;
  return ramp >= callsMax ? without(well, 'ramp') : { ...well, ramp };
}

function pause(
  lane: Lane,
  { result, attemptsOfRound }: { readonly result: CallResult; readonly attemptsOfRound: number },
  context: DeliveryContext,
): Lane {
  const { now, settings, random } = context;
  const askedMs = result.kind === 'answered' ? result.retryAfterMs : undefined;
  // A receiver may ask for the delivery's next step at most: it must not be able to postpone itself for ever.
  const askedUntil =
    askedMs === undefined ? 0 : now + Math.min(askedMs, retryDelayMs(attemptsOfRound, askedMs, context) ?? 0);
  // Calls that were under way when the pause began show nothing new: each of them must not double it.
  if (isPaused(lane, now)) return { ...lane, pausedUntil: Math.max(lane.pausedUntil ?? 0, askedUntil) };
  const ownMs = Math.min(settings.pauseMaxMs, settings.pauseBaseMs * 2 ** Math.min(lane.pauses, 30));
  const ownUntil = now + Math.round(ownMs * (1 + random() * settings.jitterShare));
  return { ...lane, pausedUntil: Math.max(ownUntil, askedUntil), pauses: lane.pauses + 1, ramp: 1 };
}

/** A new receiver may soon find a run; one that was postponed six times has many ahead of it. */
const FIRST_DEFERRAL = 1 / 4;
const DEFERRAL_DOUBLINGS_MAX = 6;

/**
 * The lane, postponed because its account has no run left for it. Spread over twice the wait, so that lanes postponed
 * together are not resumed together.
 */
export function deferred(lane: Lane, { now, random, settings }: DeliveryContext): Lane {
  const deferrals = lane.deferrals ?? 0;
  const doubled = settings.pauseBaseMs * FIRST_DEFERRAL * 2 ** Math.min(deferrals, DEFERRAL_DOUBLINGS_MAX);
  const waitMs = Math.min(settings.pauseMaxMs, doubled) * (1 + random());
  return { ...lane, deferrals: deferrals + 1, pausedUntil: Math.max(lane.pausedUntil ?? 0, now + Math.round(waitMs)) };
}

/** Calls that may be under way at once now. */
export function callsAtOnce(lane: Lane, now: number, { callsMax }: DeliverySettings): number {
  return isPaused(lane, now) ? 0 : Math.min(callsMax, lane.ramp ?? callsMax);
}

type DisableVerdict = 'gone' | 'failing' | undefined;

/** Whether a call means that its endpoint is to be disabled. Sporadic failures never do: a success clears them. */
export function judgeEndpoint(lane: Lane, result: CallResult, { now, settings }: DeliveryContext): DisableVerdict {
  if (isGone(result)) return 'gone';
  const { failingSince, strikes } = lane;
  const isFailing = failingSince !== undefined && now - failingSince >= settings.failingMs;
  return isFailing && strikes >= STRIKES_TO_DISABLE ? 'failing' : undefined;
}

const RATE_SLACK = 0.05;

/**
 * Takes one call from the endpoint's rate, which bounds the calls in any second.
 * @returns the wait for the next free call if there is none now; then the lane is unchanged.
 */
export function takeCall(
  lane: Lane,
  ratePerSecond: number | undefined,
  now: number,
): { readonly lane: Lane; readonly waitMs: number } {
  if (ratePerSecond === undefined) return { lane, waitMs: 0 };
  // Burst and refill together never exceed the rate in any second. A twentieth is held back: for high rates it
  // covers bursts of calls, for low ones the fact that calls do not all travel equally long.
  const capacity = Math.max(1, ratePerSecond * RATE_SLACK);
  const refillPerSecond = ratePerSecond * (1 - RATE_SLACK);
  const { tokens, at } = lane.bucket ?? { tokens: capacity, at: now };
  const refilled = Math.min(capacity, tokens + (Math.max(0, now - at) / 1_000) * refillPerSecond);
  if (refilled < 1) return { lane, waitMs: Math.ceil(((1 - refilled) / refillPerSecond) * 1_000) };
  return { lane: { ...lane, bucket: { tokens: refilled - 1, at: now } }, waitMs: 0 };
}

/** A lane whose owner repaired its receiver, or wants it tried: its record of failures is cleared. */
export function forgiven(lane: Lane): Lane {
  return {
    ...without(lane, 'failingSince', 'pausedUntil'),
    strikes: 0,
    pauses: 0,
    ...(lane.strikes > 0 && { ramp: 1 }),
  };
}
