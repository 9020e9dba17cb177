// Which call answers which route: the one list, from the contract's routes to the calls that serve them.
// Every route is authenticated here, so that no call can forget to; only /health is open.
import { routes } from '../../core/contract/routes.ts';
import { documentedFailure, HttpFailure } from '../../core/http/http-failure.ts';
import { bodyText } from '../../core/http/body-text.ts';
import { noteOn, notesOf } from '../../core/http/request-notes.ts';
import { authenticate } from '../../core/flows/authenticate.ts';
import { getGate, pauseGate, resumeGate } from './gate-calls.ts';
import { submitTask } from './submit-task.ts';
import { cancelTask, getTask, isTaskId, listTasks, retryTask } from './task-calls.ts';
import { webhookCalls } from './webhook-calls.ts';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { AccountStore, TaskListing } from '../../core/ports/ports.ts';
import type { RouteName } from '../../core/contract/routes.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Call } from './call.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

export interface ApiPorts extends WebhookApiPorts {
  readonly accounts: AccountStore;
  readonly listing: TaskListing;
  readonly version: string;
}

type Serve = (ports: ApiPorts, call: Call) => Promise<Answer>;

/** The routes that the contract gives to this function. */
type OwnRouteName = { [N in RouteName]: (typeof routes)[N]['function'] extends 'api' ? N : never }[RouteName];
type ApiRouteName = Exclude<OwnRouteName, 'health'>;

const calls: Record<ApiRouteName, Serve> = {
  listTasks: (ports, { account, query }) => listTasks(ports, account, query),
  getTask: (ports, { account, parameters }) => getTask(ports, account, parameters['id'] ?? ''),
  cancelTask: (ports, { account, parameters }) => cancelTask(ports, account, parameters['id'] ?? ''),
  retryTask: (ports, { account, parameters }) => retryTask(ports, account, parameters['id'] ?? ''),
  ...webhookCalls,
  getGate: (ports, { account }) => getGate(ports, account),
  pauseGate: (ports, { account }) => pauseGate(ports, account),
  resumeGate: (ports, { account }) => resumeGate(ports, account),
  submitTask: (ports, { account, correlationId, parameters, query, headers, body }) =>
    submitTask(ports, account, {
      vendor: parameters['vendor'] ?? '',
      model: parameters['model'] ?? '',
      task: parameters['task'] ?? '',
      query,
      idempotencyKey: headers['idempotency-key'],
      correlationId,
      body,
    }),
};

type RouteHandler = (event: APIGatewayProxyEventV2) => Promise<Answer>;

export interface RouterEntry {
  readonly method: (typeof routes)[RouteName]['method'] | 'HEAD';
  readonly path: string;
  readonly handler: RouteHandler;
}

/** API Gateway decodes path parameters once; one that cannot be decoded names nothing. */
const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw documentedFailure(404);
  }
};

const readCall = async (ports: ApiPorts, event: APIGatewayProxyEventV2): Promise<Call> => {
  const account = await authenticate(ports.accounts, event.headers['authorization']);
  const decoded = Object.entries(event.pathParameters ?? {}).map(([name, text]) => [name, decode(text ?? '')]);
  const parameters = Object.fromEntries(decoded) as Record<string, string>;
  // Ids of other things have other forms, and what has the form of none is the client's own text.
  const { id: taskId = '' } = parameters;
  noteOn(event, { accountId: account.id, ...(isTaskId(taskId) && { taskId }) });
  const { correlationId } = notesOf(event);
  return {
    account,
    correlationId: correlationId === undefined ? undefined : String(correlationId),
    parameters,
    query: event.queryStringParameters ?? {},
    headers: event.headers,
    body: bodyText(event),
  };
};

/** The entries for the router, in the order they are to be tried. */
export const routerEntries = (ports: ApiPorts): readonly RouterEntry[] => {
  const health: RouteHandler = () => Promise.resolve({ status: 200, body: { status: 'ok', version: ports.version } });
  const served = Object.entries(calls).map(([name, serve]): RouterEntry => {
    const { method, path } = routes[name as ApiRouteName];
    return { method, path, handler: async (event) => serve(ports, await readCall(ports, event)) };
  });
  const entries: readonly RouterEntry[] = [{ ...routes.health, handler: health }, ...served];
  // HEAD is GET whose body is not sent: that is the server's part, in front of this function.
  const heads = entries
    .filter(({ method }) => method === 'GET')
    .map((entry) => ({ ...entry, method: 'HEAD' as const }));
  return [...entries, ...heads];
};

const pattern = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}/?$`);
const patterns = Object.values(routes).map(({ method, path }) => ({ method, pattern: pattern(path) }));

/** What no route matches: 401 first where a key is needed, as Get3W does; 405 where only the method is wrong. */
export const answerUnrouted = async (ports: ApiPorts, event: APIGatewayProxyEventV2): Promise<never> => {
  const { path } = event.requestContext.http;
  if (path.startsWith('/v1/')) await authenticate(ports.accounts, event.headers['authorization']);
  const allowed = patterns
    .filter((route) => route.pattern.test(path))
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  if (allowed.length === 0) throw documentedFailure(404);
  throw new HttpFailure(405, 'Method not allowed', { allow: [...new Set(allowed)].join(', ') });
};
