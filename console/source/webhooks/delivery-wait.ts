// Why a delivery has not been sent yet and when it goes on, in words: the API's own where it says so.
import { distanceWords } from '../parts/words.ts';
import type { PublicDelivery } from '../../../core/http/public-webhook.ts';

export type Delivery = PublicDelivery & {
  /** Present while it waits for its endpoint and not for its own schedule. */
  readonly waits?: { readonly reason: string; readonly until: string | null } | null;
};

/** @param hold what the page knows of its endpoint, for relays that do not say it. */
export function waitWords(delivery: Delivery, hold: string | undefined, now: number): string | undefined {
  if (delivery.status !== 'pending') return undefined;
  if (delivery.waits) return delivery.waits.reason;
  if (hold !== undefined) return hold;
  if (delivery.next_attempt_at === null) return 'next call: now';
  const at = Date.parse(delivery.next_attempt_at);
  // A time in the past is not when it goes on: its turn in the queue is.
  return at <= now ? 'next call: at its turn, it is due' : `next call ${distanceWords(at, now)}`;
}
