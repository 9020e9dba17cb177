// Why a delivery is not called just now, and when it goes on: one sentence for its owner and for operators. Pure; the lane
// worker decides what is called, this file only words it.
import { inText, sinceText } from '../gate/why-waiting.ts';
import { isPaused } from './lane.ts';
import type { Delivery } from './delivery.ts';
import type { Lane } from './lane.ts';
import type { WebhookEndpoint } from './webhook-endpoint.ts';

interface DeliveryWait {
  readonly reason: string;
  /** Epoch milliseconds; absent where that depends on its owner. */
  readonly until?: number;
}

interface Receiver {
  /** Undefined for the `?webhook=` of a submit, and for one that is gone. */
  readonly endpoint: Pick<WebhookEndpoint, 'disabled'> | undefined;
  readonly lane: Lane | undefined;
}

/** @returns undefined for a delivery that is over, or is called as soon as its turn comes. */
export function whyUndelivered(
  delivery: Delivery,
  { endpoint, lane }: Receiver,
  now: number,
): DeliveryWait | undefined {
  if (delivery.status !== 'pending') return undefined;
  if (endpoint?.disabled) {
    return {
      reason: `its endpoint is disabled ${sinceText(endpoint.disabled.since)}; nothing is called until it is enabled`,
    };
  }
  const { nextAttemptAt = now } = delivery;
  if (lane?.pausedUntil !== undefined && isPaused(lane, now)) {
    const until = Math.max(lane.pausedUntil, nextAttemptAt);
    return {
      until,
      reason: `its receiver is paused until ${new Date(lane.pausedUntil).toISOString()}${whyPaused(lane)}; it goes on ${inText(until, now)}`,
    };
  }
  if (nextAttemptAt <= now) return undefined;
  const met = lastFailure(delivery);
  return { until: nextAttemptAt, reason: `${met}the next call begins ${inText(nextAttemptAt, now)}` };
}

function whyPaused({ strikes, failingSince }: Lane): string {
  if (strikes === 0) return ', because other receivers of the account use its share of calls';
  const since = failingSince === undefined ? '' : ` ${sinceText(failingSince)}`;
  return `, because ${strikes === 1 ? 'its last call' : `its last ${strikes} calls`} failed${since}`;
}

function lastFailure({ attempts, attemptCount }: Delivery): string {
  const last = attempts.at(-1);
  return last?.cause === undefined ? '' : `call ${attemptCount} ended with ${last.status ?? last.cause}; `;
}
