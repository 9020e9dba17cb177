// The console function: serves the operator's page from the files beside its bundle. It may only write its own log.
// flow.ts decides which file is meant and how it is sent; console/ holds the page.
import { readBundledSite } from '../../core/adapters/bundled-site.ts';
import { makeJsonLog } from '../../core/adapters/json-log.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { correlationIdOf } from '../../core/http/correlation-id.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { OPENAPI_FILE } from '../../core/contract/site.ts';
import { routes } from '../../core/contract/routes.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { lineMessages } from '../../core/contract/line-messages.ts';
import { serveFile } from './flow.ts';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Log } from '../../core/ports/ports.ts';
import type { ConsolePorts } from './flow.ts';

export type ConsoleHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

export function makeHandler(ports: ConsolePorts & { readonly log: Log }): ConsoleHandler {
  return (event) => {
    const { status, headers, body } = serveFile(ports, {
      path: event.routeKey.endsWith(` ${routes.openApi.path}`) ? OPENAPI_FILE : (event.pathParameters?.['proxy'] ?? ''),
      host: event.headers['host'],
      acceptEncoding: event.headers['accept-encoding'],
      ifNoneMatch: event.headers['if-none-match'],
    });
    const { requestId, http } = event.requestContext;
    const correlationId = correlationIdOf(event.headers, requestId);
    const line = { requestId, correlationId, method: http.method, route: event.routeKey, status };
    ports.log.info(lineMessages.request, line);
    return Promise.resolve({
      statusCode: status,
      headers,
      body,
      isBase64Encoded: true,
    });
  };
}

export const handler: ConsoleHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): ConsolePorts & { readonly log: Log } {
  const { SERVICE_NAME: service, RELAY_VERSION: version } = readEnvironment('console', process.env);
  return { ...readBundledSite(), log: makeJsonLog({ service, clock: systemClock, fields: { version } }) };
}
