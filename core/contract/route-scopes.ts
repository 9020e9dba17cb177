// The scope that a key needs for each call. The router requires it before the call sees anything; null for calls that
// every key may make, because they check more themselves.
import type { Scope } from '../domain/api-key.ts';
import type { CheckedRoute } from './query-parameters.ts';

export const routeScopes = {
  submitTask: 'submit',
  listTasks: 'read',
  getTask: 'read',
  listFailures: 'read',
  getOutput: 'read',
  cancelTask: 'submit',
  retryTask: 'submit',
  eraseTask: 'submit',
  taskDeliveries: 'read',
  replayTaskDelivery: 'webhooks',
  listEvents: 'read',
  createEndpoint: 'webhooks',
  listEndpoints: 'read',
  getEndpoint: 'read',
  updateEndpoint: 'webhooks',
  deleteEndpoint: 'webhooks',
  rotateEndpointSecret: 'webhooks',
  testEndpoint: 'webhooks',
  recoverEndpoint: 'webhooks',
  endpointDeliveries: 'read',
  replayEndpointDelivery: 'webhooks',
  rotateWebhookSecret: 'webhooks',
  // By what the job does: the call requires it.
  createJob: null,
  listJobs: 'read',
  getJob: 'read',
  stopJob: null,
  listAccounts: 'operate',
  getAccount: 'read',
  createUpload: 'submit',
  // A key gives and takes only what it has itself.
  createKey: null,
  listKeys: 'read',
  revokeKey: null,
  listAudit: 'operate',
  getSpend: 'read',
  getGate: 'operate',
  pauseGate: 'operate',
  resumeGate: 'operate',
  readMetrics: 'operate',
  listAlarms: 'operate',
} as const satisfies Readonly<Record<CheckedRoute, Scope | null>>;
