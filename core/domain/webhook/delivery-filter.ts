// Which deliveries of an endpoint a list asks for, beside their status: when they were made, and what any of their calls met.
// Pure; every store shares it, because only the rows themselves know.
import type { CallCause, Delivery } from './delivery.ts';

export const callCauses = [
  'dns',
  'address',
  'connect',
  'tls',
  'timeout',
  'connection',
  'status',
] as const satisfies readonly CallCause[];

export interface DeliveryFilter {
  /** Made at or after, and before. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** An HTTP status or a cause that any of its calls met. */
  readonly met?: number | CallCause | undefined;
}

export function isFiltered({ fromMs, toMs, met }: DeliveryFilter): boolean {
  return fromMs !== undefined || toMs !== undefined || met !== undefined;
}

export function matchesDelivery({ createdAt, attempts }: Delivery, { fromMs, toMs, met }: DeliveryFilter): boolean {
  if (fromMs !== undefined && createdAt < fromMs) return false;
  if (toMs !== undefined && createdAt >= toMs) return false;
  return met === undefined || attempts.some(({ status, cause }) => status === met || cause === met);
}
