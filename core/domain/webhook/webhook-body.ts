// The body of a webhook: an event in the shape that its receiver asked for. Pure and stable: the same event gives
// the same bytes on every attempt. webhook-signature.ts signs it.
// Source of the event shape: Standard Webhooks 1.0.0, payload structure; of the get3w shape: Get3W's webhook.
import type { OutboxEvent } from './outbox-event.ts';

/**
 * - `event`: `{type, timestamp, data}`, as Standard Webhooks has it.
 * - `get3w`: the bare task object, as Get3W itself calls.
 * - `bridge`: the task object with `type`, `timestamp` and `data` beside its own fields, for the `?webhook=` of a
 *   submit: a client written for Get3W finds its task, one written for Standard Webhooks its event.
 */
export type WebhookShape = 'event' | 'get3w' | 'bridge';

/** Shapes that an endpoint may choose. */
export const endpointShapes = ['event', 'get3w'] as const satisfies readonly WebhookShape[];

export function webhookBody(event: OutboxEvent, shape: WebhookShape): string {
  const { type, data } = event;
  const envelope = { type, timestamp: new Date(event.at).toISOString(), data };
  // Events about endpoints and deliveries have no task object, so they keep their envelope in every shape.
  if (event.taskId === undefined || shape === 'event') return JSON.stringify(envelope);
  return JSON.stringify(shape === 'get3w' ? data : { ...data, ...envelope });
}
