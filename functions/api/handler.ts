// The api function: answers clients in Get3W's own language. Wires ports, middleware and routes; decides nothing.
// The calls are router.ts's, the form of answers and errors that of the HTTP envelope.
import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { makeWebhookCaller } from '../../core/adapters/webhook-caller.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { httpEnvelope } from '../../core/middleware/http-envelope.ts';
import { answerUnrouted, routerEntries } from './router.ts';
import type { Route } from '@middy/http-router';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { ApiPorts } from './router.ts';

export type ApiHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** The router tells only method and path of what it could not route; the answer needs the whole request. */
const UNROUTED = Symbol('unrouted');

export const makeHandler = (ports: ApiPorts): ApiHandler => {
  const entries = routerEntries(ports);
  // The router fills in the path parameters and calls the entry; what comes back is an Answer for the envelope.
  const router = httpRouter<APIGatewayProxyEventV2>({
    routes: entries as unknown as Route<APIGatewayProxyEventV2, APIGatewayProxyResult>[],
    notFoundResponse: () => UNROUTED,
  }) as unknown as (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;
  const serve = async (event: APIGatewayProxyEventV2, context: Context): Promise<unknown> => {
    const answer = await router(event, context);
    return answer === UNROUTED ? answerUnrouted(ports, event) : answer;
  };
  return middy(serve).use(httpEnvelope(ports, 'api')) as unknown as ApiHandler;
};

let made: ApiHandler | undefined;

export const handler: ApiHandler = (event, context) => {
  made ??= makeHandler(productionPorts());
  return made(event, context);
};

const productionPorts = (): ApiPorts => {
  const environment = readEnvironment('api', process.env);
  const ports = makePorts(environment);
  const { store } = ports;
  const version = environment.RELAY_VERSION;
  // For judging addresses at registration and for self-tests; webhooks themselves are deliver's.
  const caller = makeWebhookCaller({
    policy: ports.settings.deliveries.addresses,
    clock: ports.clock,
    userAgent: `get3w-relay/${version}`,
  });
  return { ...ports, accounts: store, listing: store, webhooks: store, caller, version };
};
