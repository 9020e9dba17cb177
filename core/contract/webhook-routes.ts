// The HTTP routes about webhooks: endpoints, deliveries, events. A part of routes.ts, which is the whole list.
// Those below a task are here too, because they are about its deliveries.

export const webhookRoutes = {
  taskDeliveries: { method: 'GET', path: '/v1/requests/{id}/deliveries', function: 'api' },
  replayTaskDelivery: { method: 'POST', path: '/v1/requests/{id}/deliveries/{delivery}/replay', function: 'api' },
  listEvents: { method: 'GET', path: '/v1/events', function: 'api' },
  createEndpoint: { method: 'POST', path: '/v1/webhook-endpoints', function: 'api' },
  listEndpoints: { method: 'GET', path: '/v1/webhook-endpoints', function: 'api' },
  getEndpoint: { method: 'GET', path: '/v1/webhook-endpoints/{id}', function: 'api' },
  updateEndpoint: { method: 'PATCH', path: '/v1/webhook-endpoints/{id}', function: 'api' },
  deleteEndpoint: { method: 'DELETE', path: '/v1/webhook-endpoints/{id}', function: 'api' },
  rotateEndpointSecret: { method: 'POST', path: '/v1/webhook-endpoints/{id}/rotate-secret', function: 'api' },
  testEndpoint: { method: 'POST', path: '/v1/webhook-endpoints/{id}/test', function: 'api' },
  recoverEndpoint: { method: 'POST', path: '/v1/webhook-endpoints/{id}/recover', function: 'api' },
  endpointDeliveries: { method: 'GET', path: '/v1/webhook-endpoints/{id}/deliveries', function: 'api' },
  replayEndpointDelivery: {
    method: 'POST',
    path: '/v1/webhook-endpoints/{id}/deliveries/{delivery}/replay',
    function: 'api',
  },
  /** The secret that signs an account's `?webhook=` calls. */
  rotateWebhookSecret: { method: 'POST', path: '/v1/webhook-secret/rotate', function: 'api' },
} as const;
