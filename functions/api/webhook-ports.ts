// What the calls about webhooks need beside what every flow does.
// Filled by the handler with adapters, by tests with memory doubles.
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { WebhookCaller, WebhookStore } from '../../core/ports/webhook-ports.ts';

export interface WebhookApiPorts extends FlowPorts {
  readonly webhooks: WebhookStore;
  readonly caller: WebhookCaller;
}
