// The query parameters that each call of the API accepts: it refuses all others by name. The calls read their values.
// Get3W's callback and the console's pages accept any.
import type { RouteName } from './routes.ts';

export type CheckedRoute = Exclude<
  RouteName,
  'health' | 'getFile' | 'callback' | 'console' | 'consolePath' | 'openApi'
>;

const none = [] as const;
/** Why it is done, for the audit log. */
const reason = ['reason'] as const;
/** For operators: whose thing it is to be. */
const ofAccount = ['account', 'reason'] as const;

export const queryParameters: Readonly<Record<CheckedRoute, readonly string[]>> = {
  submitTask: ['sync', 'webhook', 'priority', 'dry_run', 'keep'],
  listTasks: [
    'limit',
    'cursor',
    'status',
    'code',
    'met',
    'model',
    'account',
    'from',
    'to',
    'order',
    'provider_id',
    'correlation_id',
    'count',
  ],
  getTask: ['explain', 'details'],
  listFailures: ['account', 'from', 'to'],
  muteFailures: none,
  unmuteFailures: none,
  getOutput: none,
  cancelTask: reason,
  retryTask: reason,
  eraseTask: reason,
  taskDeliveries: ['limit', 'cursor'],
  replayTaskDelivery: reason,
  listEvents: ['after', 'limit', 'account'],
  createEndpoint: ofAccount,
  listEndpoints: ['limit', 'cursor', 'account'],
  getEndpoint: none,
  updateEndpoint: reason,
  deleteEndpoint: reason,
  rotateEndpointSecret: reason,
  testEndpoint: reason,
  recoverEndpoint: reason,
  endpointDeliveries: ['limit', 'status', 'from', 'to', 'code', 'cursor'],
  replayEndpointDelivery: reason,
  rotateWebhookSecret: ofAccount,
  createJob: none,
  listJobs: ['limit', 'cursor', 'account'],
  getJob: none,
  stopJob: reason,
  listAccounts: ['limit', 'cursor', 'name'],
  getAccount: ['account'],
  // Their bodies have the reason, beside what is to be changed.
  changeAccount: none,
  suspendAccount: none,
  resumeAccount: none,
  createUpload: none,
  createKey: ofAccount,
  listKeys: ['account'],
  revokeKey: ofAccount,
  listDeadLetters: ['queue', 'limit'],
  redriveDeadLetters: none,
  listAudit: ['limit', 'cursor', 'account', 'action', 'from', 'to'],
  getSpend: ['by', 'from', 'to', 'account', 'cursor'],
  getGate: none,
  pauseGate: ['reason', 'until'],
  resumeGate: reason,
  readMetrics: ['name', 'dimensions', 'statistic', 'period', 'from', 'to'],
  listAlarms: none,
  readAlarmHistory: ['from', 'to', 'name'],
  acknowledgeAlarm: none,
};
