// The query parameters that each call of the API accepts: it refuses all others by name. The calls read their values.
// Get3W's callback and the console's pages accept any.
import type { RouteName } from './routes.ts';

export type CheckedRoute = Exclude<RouteName, 'health' | 'callback' | 'console' | 'consolePath' | 'openApi'>;

const none = [] as const;

export const queryParameters: Readonly<Record<CheckedRoute, readonly string[]>> = {
  submitTask: ['sync', 'webhook', 'priority'],
  listTasks: ['limit', 'cursor', 'status', 'code', 'model', 'account'],
  getTask: none,
  cancelTask: none,
  retryTask: none,
  taskDeliveries: ['limit', 'cursor'],
  replayTaskDelivery: none,
  listEvents: ['after', 'limit', 'account'],
  createEndpoint: none,
  listEndpoints: ['limit', 'cursor', 'account'],
  getEndpoint: none,
  updateEndpoint: none,
  deleteEndpoint: none,
  rotateEndpointSecret: none,
  testEndpoint: none,
  recoverEndpoint: none,
  endpointDeliveries: ['limit', 'status', 'cursor'],
  replayEndpointDelivery: none,
  rotateWebhookSecret: none,
  createKey: none,
  listKeys: none,
  revokeKey: none,
  getGate: none,
  pauseGate: none,
  resumeGate: none,
  readMetrics: ['name', 'dimensions', 'statistic', 'period', 'from', 'to'],
  listAlarms: none,
};
