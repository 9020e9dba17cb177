// Which call answers which route about webhooks: the part of the router's list that covers them.
// The router authenticates these like every other call.
import {
  createOwnEndpoint,
  deleteOwnEndpoint,
  getEndpoint,
  rotateEndpointSecret,
  rotateWebhookSecret,
  testOwnEndpoint,
  updateOwnEndpoint,
} from './endpoint-calls.ts';
import { endpointDeliveries, replayEndpointDelivery, replayTaskDelivery, taskDeliveries } from './delivery-calls.ts';
import { listEndpoints } from './list-endpoints.ts';
import { listEvents } from './event-calls.ts';
import { recoverOwnEndpoint } from './recover-endpoint.ts';
import type { AccountListing, AccountStore } from '../../core/ports/ports.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { webhookRoutes } from '../../core/contract/webhook-routes.ts';
import type { Call } from './call.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

type Ports = WebhookApiPorts & { readonly accounts: AccountListing & Pick<AccountStore, 'loadAccount'> };

type Serve = (ports: Ports, call: Call) => Promise<Answer>;

function idOf({ parameters }: Call): string {
  return parameters['id'] ?? '';
}

function deliveryOf({ parameters }: Call): string {
  return (parameters['delivery'] ?? '').toLowerCase();
}

export const webhookCalls: Record<keyof typeof webhookRoutes, Serve> = {
  taskDeliveries: (ports, call) => taskDeliveries(ports, call.account, idOf(call), call.query),
  replayTaskDelivery: (ports, call) => replayTaskDelivery(ports, call.account, idOf(call), deliveryOf(call)),
  listEvents: (ports, { account, query }) => listEvents(ports, account, query),
  createEndpoint: (ports, { account, query, body }) => createOwnEndpoint(ports, account, query, body),
  listEndpoints: (ports, { account, query }) => listEndpoints(ports, account, query),
  getEndpoint: (ports, call) => getEndpoint(ports, call.account, idOf(call)),
  updateEndpoint: (ports, call) => updateOwnEndpoint(ports, call.account, idOf(call), call.body),
  deleteEndpoint: (ports, call) => deleteOwnEndpoint(ports, call.account, idOf(call)),
  rotateEndpointSecret: (ports, call) => rotateEndpointSecret(ports, call.account, idOf(call), call.body),
  testEndpoint: (ports, call) => testOwnEndpoint(ports, call.account, idOf(call)),
  recoverEndpoint: (ports, call) => recoverOwnEndpoint(ports, call.account, idOf(call), call.body),
  endpointDeliveries: (ports, call) => endpointDeliveries(ports, call.account, idOf(call), call.query),
  replayEndpointDelivery: (ports, call) => replayEndpointDelivery(ports, call.account, idOf(call), deliveryOf(call)),
  rotateWebhookSecret: (ports, { account, query, body }) => rotateWebhookSecret(ports, account, query, body),
};
