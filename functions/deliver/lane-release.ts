// The state in which a lane is left: when its next visit is, and what the alarm on the longest wait needs to know.
// lane-worker.ts releases it, and checks again when something came at the last moment.
import { deliveryIdFloor } from '../../core/domain/webhook/delivery.ts';
import { isPaused } from '../../core/domain/webhook/lane.ts';
import { limits } from '../../core/domain/limits.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { LaneRelease } from '../../core/ports/webhook-ports.ts';
import type { Lane } from '../../core/domain/webhook/lane.ts';
import type { DeliverPorts } from './deliver-ports.ts';

/** A disabled endpoint's lane is visited daily, so that its entries end some day. */
const DISABLED_CHECK_MS = DAY_MS;
/** Anything younger does not count as waiting: a first retry is normal. */
const UNDELIVERED_MS = MINUTE_MS;
const WATERMARK_MS = HOUR_MS;

interface PlannedRelease {
  readonly lane: Lane;
  readonly due: LaneRelease['due'];
  /** Delay of the doorbell to send once the lane is released; undefined for none. */
  readonly delayMs?: number;
}

interface Leaving {
  readonly lane: Lane;
  /** When the first entry of the lane is to be attempted; undefined for an empty lane. */
  readonly nextAt: number | undefined;
  readonly isDisabled: boolean;
  /** No call before then, by the endpoint's own rate. */
  readonly rateUntil: number;
}

export async function planRelease(ports: DeliverPorts, leaving: Leaving): Promise<PlannedRelease> {
  const { lane, due, delayMs } = planNext(ports, leaving);
  const noted = await withOldest(ports, lane, leaving.nextAt !== undefined);
  return { lane: noted, due, ...(delayMs !== undefined && { delayMs }) };
}

/** The next visit: by a doorbell, or by the sweep if it is further off than SQS can delay. */
function planNext({ clock, settings }: DeliverPorts, { lane, nextAt, isDisabled, rateUntil }: Leaving): PlannedRelease {
  const now = clock.now();
  if (nextAt === undefined) return { lane, due: undefined };
  if (isDisabled) return { lane, due: { at: now + DISABLED_CHECK_MS, by: 'sweep' } };
  const pausedUntil = isPaused(lane, now) ? (lane.pausedUntil ?? now) : now;
  const at = Math.max(nextAt, pausedUntil, rateUntil);
  const delayMs = Math.max(0, at - now);
  if (delayMs > limits.doorbellDelayMsMax) return { lane, due: { at, by: 'sweep' } };
  const due = { at: at + settings.graceMs, by: 'doorbell' } as const;
  const { doorbellAt } = lane;
  // One that is under way will arrive early enough: a busy lane must not fill the queue with its doorbells.
  const isComing = doorbellAt !== undefined && doorbellAt > now && doorbellAt <= at;
  return isComing ? { lane, due } : { lane: { ...lane, doorbellAt: now + delayMs }, due, delayMs };
}

/** Records since when the lane has had something undelivered. */
async function withOldest({ store, clock }: DeliverPorts, lane: Lane, hasEntries: boolean): Promise<Lane> {
  const now = clock.now();
  const { undeliveredSince: _before, ...rest } = lane;
  const known = lane.watermark ?? deliveryIdFloor(0);
  const floor = deliveryIdFloor(now - WATERMARK_MS);
  // Never more than an hour ago: a fan-out that the sweep has to repair brings older ones late.
  const raised = (to: string): string => {
    const bounded = to > floor ? floor : to;
    return bounded > known ? bounded : known;
  };
  if (!hasEntries) return { ...rest, watermark: raised(floor) };
  const oldest = await store.oldestPending(lane.id, known);
  if (oldest.kind === 'none') return { ...rest, watermark: raised(floor) };
  if (oldest.kind === 'looked-up-to') return { ...lane, watermark: raised(oldest.id) };
  const { eventAt, id } = oldest.delivery;
  const isWaiting = now - eventAt >= UNDELIVERED_MS;
  return { ...rest, watermark: raised(id), ...(isWaiting && { undeliveredSince: eventAt }) };
}
