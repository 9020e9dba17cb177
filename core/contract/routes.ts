// The relay's HTTP routes: the stack makes them, the handlers serve them, the documentation lists them.
// The router chooses the call that serves a route.
import { jobRoutes } from './job-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

export type RouteFunction = 'api' | 'settle' | 'monitoring' | 'console';

type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Route {
  readonly method: Exclude<HttpMethod, 'HEAD'>;
  /** As API Gateway writes it. */
  readonly path: string;
  readonly function: RouteFunction;
}

export const routes = {
  health: { method: 'GET', path: '/health', function: 'api' },
  listTasks: { method: 'GET', path: '/v1/requests', function: 'api' },
  getTask: { method: 'GET', path: '/v1/requests/{id}', function: 'api' },
  getOutput: { method: 'GET', path: '/v1/requests/{id}/outputs/{number}', function: 'api' },
  /** The relay's own address of a kept output, for all who know it. */
  getFile: { method: 'GET', path: '/files/{token}', function: 'api' },
  cancelTask: { method: 'DELETE', path: '/v1/requests/{id}', function: 'api' },
  retryTask: { method: 'POST', path: '/v1/requests/{id}/retry', function: 'api' },
  eraseTask: { method: 'POST', path: '/v1/requests/{id}/erase', function: 'api' },
  listFailures: { method: 'GET', path: '/v1/failures', function: 'api' },
  muteFailures: { method: 'POST', path: '/v1/failures/mute', function: 'api' },
  unmuteFailures: { method: 'POST', path: '/v1/failures/unmute', function: 'api' },
  ...webhookRoutes,
  ...jobRoutes,
  listAccounts: { method: 'GET', path: '/v1/accounts', function: 'api' },
  getAccount: { method: 'GET', path: '/v1/account', function: 'api' },
  changeAccount: { method: 'PATCH', path: '/v1/accounts/{id}', function: 'api' },
  suspendAccount: { method: 'POST', path: '/v1/accounts/{id}/suspend', function: 'api' },
  resumeAccount: { method: 'POST', path: '/v1/accounts/{id}/resume', function: 'api' },
  createUpload: { method: 'POST', path: '/v1/uploads', function: 'api' },
  createKey: { method: 'POST', path: '/v1/keys', function: 'api' },
  listKeys: { method: 'GET', path: '/v1/keys', function: 'api' },
  revokeKey: { method: 'DELETE', path: '/v1/keys/{id}', function: 'api' },
  listDeadLetters: { method: 'GET', path: '/v1/dead-letters', function: 'api' },
  redriveDeadLetters: { method: 'POST', path: '/v1/dead-letters/redrive', function: 'api' },
  listAudit: { method: 'GET', path: '/v1/audit', function: 'api' },
  getSpend: { method: 'GET', path: '/v1/spend', function: 'api' },
  getGate: { method: 'GET', path: '/v1/gate', function: 'api' },
  pauseGate: { method: 'POST', path: '/v1/gate/pause', function: 'api' },
  resumeGate: { method: 'POST', path: '/v1/gate/resume', function: 'api' },
  submitTask: { method: 'POST', path: '/v1/{vendor}/{model}/{task}', function: 'api' },
  callback: { method: 'POST', path: '/callbacks/get3w/{stack}/{token}', function: 'settle' },
  readMetrics: { method: 'GET', path: '/v1/monitoring/metrics', function: 'monitoring' },
  listAlarms: { method: 'GET', path: '/v1/monitoring/alarms', function: 'monitoring' },
  readAlarmHistory: { method: 'GET', path: '/v1/monitoring/alarms/history', function: 'monitoring' },
  acknowledgeAlarm: { method: 'POST', path: '/v1/monitoring/alarms/acknowledge', function: 'monitoring' },
  console: { method: 'GET', path: '/console', function: 'console' },
  consolePath: { method: 'GET', path: '/console/{proxy+}', function: 'console' },
  /** The OpenAPI document: it is one of the console's files and needs no key either. */
  openApi: { method: 'GET', path: '/openapi.json', function: 'console' },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/**
 * Where Get3W calls back to. `stack` is a text of the stack's own and a literal part of its route: the route has a
 * throttle of its own, and a stranger who does not know the text cannot exhaust it.
 */
export function callbackPath(stack: string): string {
  return routes.callback.path.replace('{stack}', stack).replace('/{token}', '');
}

/** The routes of API Gateway: HEAD wherever GET is; the api function gets it with everything that no route matches. */
export function routeKeys(route: Route): readonly string[] {
  const methods = route.function === 'api' ? [route.method] : methodsOf(route);
  return methods.map((method) => `${method} ${route.path}`);
}

/** The methods by which a route is called: HEAD wherever GET is. */
export function methodsOf({ method }: Pick<Route, 'method'>): readonly HttpMethod[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

/** API Gateway sends everything that no route matches here; the api function answers 404 or 405 in Get3W's form. */
export const CATCH_ALL = '$default';

/** Used in the relay's own paths in a vendor's position: no vendor can have this name. */
export const reservedVendors: ReadonlySet<string> = new Set(
  Object.values(routes).flatMap(({ path }) => /^\/([\w-]+)(?:\/|$)/.exec(path.replace(/^\/v1\//, '/'))?.[1] ?? []),
);
