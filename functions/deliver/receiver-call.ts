// One POST to a receiver: its signed body and its headers.
// The caller chooses the delivery and handles the result.
import { signedHeaders } from '../../core/domain/webhook/webhook-signature.ts';
import { webhookBody } from '../../core/domain/webhook/webhook-body.ts';
import type { CallResult, Delivery } from '../../core/domain/webhook/delivery.ts';
import type { OutboxEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { DeliverPorts } from './deliver-ports.ts';
import type { ReadyReceiver } from './receiver.ts';
import type { RunShare } from './run-share.ts';

interface ReceiverCall {
  readonly receiver: ReadyReceiver;
  readonly delivery: Delivery;
  readonly event: OutboxEvent;
  readonly startedAt: number;
}

/** Makes the call within the share of the receiver's account in this run. */
export function callReceiver(
  { settings }: DeliverPorts,
  share: RunShare,
  { receiver, delivery, event, startedAt }: ReceiverCall,
): Promise<CallResult> {
  const body = webhookBody(event, receiver.shape);
  const timestampSeconds = Math.floor(startedAt / 1_000);
  return share.call({
    url: receiver.url ?? delivery.url ?? '',
    headers: { ...receiver.headers, ...signedHeaders(receiver.secrets, { id: event.id, timestampSeconds, body }) },
    body,
    timeoutMs: settings.deliveries.callTimeoutMs,
  });
}
