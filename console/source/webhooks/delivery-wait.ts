// Why a delivery has not been sent yet and when it goes on, in the API's own words.
import type { PublicDelivery } from '../../../core/http/public-webhook.ts';

export function waitWords({ status, waits }: Pick<PublicDelivery, 'status' | 'waits'>): string | undefined {
  if (status !== 'pending') return undefined;
  return waits ? waits.reason : 'next call: at its turn, it is due';
}
