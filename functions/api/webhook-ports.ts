// What the calls about webhooks need in addition to what every flow needs.
// The handler fills it with adapters, tests with memory doubles.
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { WebhookCaller, WebhookStore } from '../../core/ports/webhook-ports.ts';

export interface WebhookApiPorts extends FlowPorts {
  readonly webhooks: WebhookStore;
  readonly caller: WebhookCaller;
}
