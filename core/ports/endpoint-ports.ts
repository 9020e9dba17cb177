// What the flows about webhook endpoints need in addition to what every flow needs: their rows, and a caller that judges
// their addresses and makes self-tests.
import type { FlowPorts } from './flow-ports.ts';
import type { WebhookCaller, WebhookStore } from './webhook-ports.ts';

export interface EndpointPorts extends FlowPorts {
  readonly webhooks: WebhookStore;
  readonly caller: WebhookCaller;
}
