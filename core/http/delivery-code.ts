// The code by which deliveries are found, as the API and the command line read it. In a file of its own: what lists tasks is
// loaded with every process of the api function, this is not.
import { callCauses } from '../domain/webhook/delivery-filter.ts';
import type { DeliveryFilter } from '../domain/webhook/delivery-filter.ts';

/** An HTTP status that a call was answered with, or the cause of one that had no answer. Undefined for anything else. */
export function deliveryCodeOf(text: string): DeliveryFilter['met'] {
  return /^[1-5]\d\d$/.test(text) ? Number(text) : callCauses.find((known) => known === text);
}
