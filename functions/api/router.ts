// Which call answers which route: the contract's routes, and the calls that serve them, of which management-calls.ts has
// the rare ones. Every route is authenticated here, so that no call can forget it; only /health is open, and the
// unguessable addresses of kept outputs.
import { queryParameters } from '../../core/contract/query-parameters.ts';
import { routeScopes } from '../../core/contract/route-scopes.ts';
import { methodsOf, reservedVendors, routes } from '../../core/contract/routes.ts';
import { documentedFailure, notFound, ownFailure } from '../../core/http/http-failure.ts';
import { requestText } from '../../core/http/body-text.ts';
import { readQuery } from '../../core/http/read-query.ts';
import { authenticate, requireScope } from '../../core/flows/authenticate.ts';
import { noteKeyUse } from './note-key-use.ts';
import { readModel } from './read-submit.ts';
import { submitTask } from './submit-task.ts';
import { getTask, isTaskId, listTasks } from './task-calls.ts';
import type { Scope } from '../../core/domain/api-key.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { HttpRequest } from '../../core/http/http-request.ts';
import type { ApiPorts, ApiRouteName, Serve } from './api-ports.ts';
import type { Call } from './call.ts';

/** What clients call for each task: loaded with the function, so that a cold start is short for them. */
const taskCalls = {
  listTasks: (ports, { account, query }) => listTasks(ports, account, query),
  getTask: (ports, { account, parameters, query }) => getTask(ports, account, parameters['id'] ?? '', query),
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
} satisfies Partial<Record<ApiRouteName, Serve>>;

function isTaskCall(name: ApiRouteName): name is keyof typeof taskCalls {
  return Object.hasOwn(taskCalls, name);
}

/** None of the calls for tasks is an act that the audit log records. */
async function callOf(name: ApiRouteName): Promise<Serve> {
  if (isTaskCall(name)) return taskCalls[name];
  const { managementCall } = await import('./management-calls.ts');
  return managementCall(name);
}

/** API Gateway decodes path parameters once; one that cannot be decoded names nothing. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw documentedFailure(404);
  }
}

/** A webhook's own parameters become the submit's if its address is not encoded. */
const SUBMIT_HINT = "a webhook's own parameters must be URL-encoded with it";

interface Matched {
  readonly name: ApiRouteName;
  readonly inPath: Parameters;
}

async function readCall(ports: ApiPorts, request: HttpRequest, { name, inPath }: Matched): Promise<Call> {
  const { event, correlationId } = request;
  const caller = await authenticate(ports, event.headers['authorization']);
  const { account, key } = caller;
  request.note({ accountId: account.id });
  request.answerWith(await ports.meter.admit(account));
  await noteKeyUse(ports, key);
  const scope: Scope | null = routeScopes[name];
  if (scope !== null) requireScope(caller, scope);
  // API Gateway's reading of the path has priority; it does not know a path with a slash at its end.
  const all = Object.entries({ ...inPath, ...event.pathParameters });
  const parameters = Object.fromEntries(all.map(([name, text]) => [name, decode(text ?? '')]));
  // Ids of other things have other forms; a text without any of these forms is the client's own.
  const taskId = (parameters['id'] ?? '').toLowerCase();
  request.note({ accountId: account.id, ...(isTaskId(taskId) && { taskId }) });
  const isSubmit = name === 'submitTask';
  // In Get3W's order: a path that cannot name a model is not found, whatever else is wrong with the request.
  if (isSubmit) readModel(parameters);
  const hasBody = routes[name].method !== 'GET' && routes[name].method !== 'DELETE';
  return {
    account,
    caller,
    correlationId,
    parameters,
    query: readQuery(event, queryParameters[name], isSubmit ? SUBMIT_HINT : undefined),
    headers: event.headers,
    body: hasBody ? requestText(event) : '',
  };
}

type Parameters = Readonly<Record<string, string | undefined>>;

/** A reserved word in a vendor's position is a path of the relay's own, which no model must answer for. */
const notReserved = `(?!(?:${[...reservedVendors].join('|')})/)`;

/** A path as a pattern, its parameters as named groups; one more slash at its end leaves it the same path. */
function patternOf(path: string): RegExp {
  const pattern = path
    .replaceAll(/\{(\w+)\+?\}/g, '(?<$1>[^/]+)')
    .replace('(?<vendor>', (group) => `${notReserved}${group}`);
  return new RegExp(`^${pattern}/?$`);
}

const patterns = Object.entries(routes).map(([name, route]) => ({ name, route, pattern: patternOf(route.path) }));
/** The call that submits has no fixed word in its path and would match every other call of its length as a model. */
const health = patternOf(routes.health.path);
const file = patternOf(routes.getFile.path);
const ownRoutes = patterns
  .filter(({ name, route }) => route.function === 'api' && name !== 'health' && name !== 'getFile')
  .sort((a, b) => Number(a.name === 'submitTask') - Number(b.name === 'submitTask'));

/** A base address that ends in a slash makes `//v1/…`: doubled slashes are read as one. */
function withSingleSlashes(path: string): string {
  return path.replaceAll(/\/{2,}/g, '/');
}

export async function routeRequest(ports: ApiPorts, request: HttpRequest): Promise<Answer> {
  const { http } = request.event.requestContext;
  // HEAD is GET without a body; the server in front of this function leaves the body out.
  const method = http.method === 'HEAD' ? 'GET' : http.method;
  const path = withSingleSlashes(http.path);
  if (method === routes.health.method && health.test(path)) {
    return { status: 200, body: { status: 'ok', version: ports.version } };
  }
  const token = method === routes.getFile.method ? file.exec(path)?.groups?.['token'] : undefined;
  if (token !== undefined) {
    const asked = { isHead: http.method === 'HEAD', isPart: request.event.headers['range'] !== undefined };
    return (await import('./kept-outputs.ts')).getFile(ports, token, asked);
  }
  for (const { name, route, pattern } of ownRoutes) {
    const match = route.method === method && pattern.exec(path);
    if (!match) continue;
    const matched: Matched = { name: name as ApiRouteName, inPath: match.groups ?? {} };
    const call = await readCall(ports, request, matched);
    const serve = await callOf(matched.name);
    return serve(ports, call);
  }
  return answerUnrouted(ports, request);
}

/** For what no route matches: 401 first if a key is needed, as Get3W does; 405 if only the method is wrong. */
async function answerUnrouted(ports: ApiPorts, { event }: HttpRequest): Promise<never> {
  const { http } = event.requestContext;
  const path = withSingleSlashes(http.path);
  if (path.startsWith('/v1/')) await authenticate(ports, event.headers['authorization']);
  const known = patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route);
  if (known.length === 0) throw documentedFailure(404);
  const meant = known.find((route) => methodsOf(route).some((method) => method === http.method));
  // The callbacks of another relay: only this one's own path is a route.
  if (meant && path === http.path) throw documentedFailure(404);
  // API Gateway did not find the route because it searched for the path with its doubled slashes.
  if (meant) throw notFound(`the path has two slashes where one belongs; ${meant.path} is meant`);
  const allowed = known.flatMap(methodsOf);
  throw ownFailure('methodNotAllowed', undefined, { allow: [...new Set(allowed)].join(', ') });
}
