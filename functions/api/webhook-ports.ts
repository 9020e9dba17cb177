// What the calls about webhooks need in addition to what every flow needs.
// The handler fills it with adapters, tests with memory doubles.
import type { EndpointPorts } from '../../core/ports/endpoint-ports.ts';

export type WebhookApiPorts = EndpointPorts;
