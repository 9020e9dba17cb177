// The next state of a delivery when it was attempted, is requested again or is given up. Pure, like decide.ts.
// lane.ts decides what the same call means for its receiver as a whole (pause, disable).
// Source of the rules: Standard Webhooks 1.0.0; only 2xx is success, 410 ends it, the rest is retried.
import { roundMs } from './delivery-policy.ts';
import { cutText } from '../cut-text.ts';
import { limits } from '../limits.ts';
import { isSuccess } from './delivery.ts';
import type { CallResult, Delivery, DeliveryAttempt, ExhaustedReason } from './delivery.ts';
import type { DeliverySettings } from './delivery-policy.ts';

export type DeliveryEvent =
  /** A call was made; `attempt` is the number it was made under, so that a duplicated record is recognised. */
  | { readonly type: 'attempted'; readonly attempt: number; readonly startedAt: number; readonly result: CallResult }
  /** Its owner, or a recovery, wants it sent again, whatever its outcome was. */
  | { readonly type: 'replay-requested' }
  /** No more calls will be made, though attempts are left. */
  | { readonly type: 'given-up'; readonly reason: Exclude<ExhaustedReason, 'attempts' | 'gone'> };

type DeliveryRefusal = 'stale-attempt' | 'not-pending';

type DeliveryDecision =
  | { readonly kind: 'changed'; readonly delivery: Delivery }
  | { readonly kind: 'refused'; readonly reason: DeliveryRefusal };

export interface DeliveryContext {
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly settings: DeliverySettings;
}

/**
 * Wait after a failed attempt; undefined when it was the last of its round.
 * `Retry-After` makes the wait longer, up to the step after the next; it never makes it shorter, because the
 * schedule is also what protects receivers from the relay.
 */
export function retryDelayMs(
  attemptsOfRound: number,
  retryAfterMs: number | undefined,
  { random, settings }: DeliveryContext,
): number | undefined {
  const stepMs = settings.scheduleMs[attemptsOfRound];
  if (stepMs === undefined) return undefined;
  const ceilingMs = settings.scheduleMs[attemptsOfRound + 1] ?? stepMs;
  const waitMs = Math.max(stepMs, Math.min(retryAfterMs ?? 0, ceilingMs));
  return Math.round(waitMs * (1 + random() * settings.jitterShare));
}

function attemptOf(event: Extract<DeliveryEvent, { type: 'attempted' }>, delivery: Delivery): DeliveryAttempt {
  const { result, startedAt, attempt: number } = event;
  const base = { number, replay: delivery.replays, startedAt, durationMs: result.durationMs };
  if (result.kind === 'failed') return { ...base, cause: result.cause, detail: result.detail };
  const answered = { ...base, status: result.status, answer: result.answer };
  return isSuccess(result) ? answered : { ...answered, cause: 'status' };
}

/** Earlier answers keep only their beginning: forty of 4 KB would make an item larger than any store accepts. */
function withAttempt(delivery: Delivery, attempt: DeliveryAttempt): readonly DeliveryAttempt[] {
  return [
    ...delivery.attempts
      .slice(1 - limits.deliveryAttemptsKept)
      .map((old) =>
        old.answer === undefined ? old : { ...old, answer: cutText(old.answer, limits.olderAnswerCharsMax) },
      ),
    attempt,
  ];
}

function finish(delivery: Delivery, now: number): DeliveryDecision {
  return {
    kind: 'changed',
    delivery: { ...delivery, updatedAt: now, version: delivery.version + 1 },
  };
}

function withoutNext({ nextAttemptAt: _done, ...delivery }: Delivery): Delivery {
  return delivery;
}

function exhaust(delivery: Delivery, reason: ExhaustedReason): Delivery {
  return {
    ...withoutNext(delivery),
    status: 'exhausted',
    reason,
  };
}

export function decideDelivery(delivery: Delivery, event: DeliveryEvent, context: DeliveryContext): DeliveryDecision {
  switch (event.type) {
    case 'attempted':
      return decideAttempted(delivery, event, context);
    case 'replay-requested':
      return decideReplay(delivery, context);
    case 'given-up':
      if (delivery.status !== 'pending') return { kind: 'refused', reason: 'not-pending' };
      return finish(exhaust(delivery, event.reason), context.now);
    default:
      return event satisfies never;
  }
}

function decideAttempted(
  delivery: Delivery,
  event: Extract<DeliveryEvent, { type: 'attempted' }>,
  context: DeliveryContext,
): DeliveryDecision {
  if (event.attempt !== delivery.attemptCount + 1) return { kind: 'refused', reason: 'stale-attempt' };
  if (delivery.status !== 'pending') return { kind: 'refused', reason: 'not-pending' };
  const { result } = event;
  const attempted: Delivery = {
    ...delivery,
    attempts: withAttempt(delivery, attemptOf(event, delivery)),
    attemptCount: event.attempt,
    attemptsOfRound: delivery.attemptsOfRound + 1,
  };
  if (isSuccess(result)) {
    return finish({ ...withoutNext(attempted), status: 'delivered', deliveredAt: context.now }, context.now);
  }
  if (isGone(result)) return finish(exhaust(attempted, 'gone'), context.now);
  const retryAfterMs = result.kind === 'answered' ? result.retryAfterMs : undefined;
  const delayMs = retryDelayMs(attempted.attemptsOfRound, retryAfterMs, context);
  if (delayMs === undefined) return finish(exhaust(attempted, 'attempts'), context.now);
  const nextAttemptAt = context.now + delayMs;
  if (nextAttemptAt > delivery.expiresAt) return finish(exhaust(attempted, 'too-old'), context.now);
  return finish({ ...attempted, nextAttemptAt }, context.now);
}

/** A round with a number of its own: a second replay is never mistaken for the first. */
function decideReplay(delivery: Delivery, { now, settings }: DeliveryContext): DeliveryDecision {
  const { reason: _reason, deliveredAt: _deliveredAt, ...rest } = delivery;
  const replayed: Delivery = {
    ...rest,
    status: 'pending',
    replays: delivery.replays + 1,
    attemptsOfRound: 0,
    nextAttemptAt: now,
    expiresAt: now + roundMs(settings),
  };
  return finish(replayed, now);
}

/** The receiver declared that it will never want this again. */
export function isGone(result: CallResult): boolean {
  return result.kind === 'answered' && result.status === 410;
}
