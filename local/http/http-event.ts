// Turns a request into the event that an HTTP API passes to a function (payload format 2.0), and the function's result
// into an answer. Both follow AWS's documentation, or published measurements where it is silent.
import { randomUUID } from 'node:crypto';
import { decode } from './route-table.ts';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { IncomingHttpHeaders } from 'node:http';
import type { RouteMatch } from './route-table.ts';

interface HttpRequest {
  readonly method: string;
  /** Path and query as they were received. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly protocol: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function httpEvent(request: HttpRequest, { route, pathParameters }: RouteMatch): APIGatewayProxyEventV2 {
  const [path = '/', rawQueryString = ''] = splitOnce(request.target, '?');
  // API Gateway decodes the path but not the query string.
  const rawPath = decode(path);
  const headers = eventHeaders(request.headers);
  const cookies = request.headers.cookie?.split(/;\s*/);
  const query = eventQuery(rawQueryString);
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath,
    rawQueryString,
    ...(cookies && { cookies }),
    headers,
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: request.headers.host ?? '127.0.0.1',
      domainPrefix: (request.headers.host ?? '127.0.0.1').split('.')[0] ?? '',
      http: {
        method: request.method,
        path: rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.routeKey,
      stage: '$default',
      time: commonLogTime(new Date(request.at)),
      timeEpoch: request.at,
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...eventBody(request),
  };
}

/** Repeated headers are joined with commas; Node has done so for all but these two. */
function eventHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const { cookie: _cookie, ...rest } = headers;
  return Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value]],
    ),
  );
}

function eventQuery(rawQueryString: string): Record<string, string> | undefined {
  if (rawQueryString === '') return undefined;
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const earlier = joined.get(name);
    joined.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(joined);
}

/**
 * Text is passed as text, everything else in base64, including forms and bodies without a type.
 * @see https://github.com/ministackorg/ministack/pull/766 which measured it, because AWS does not document it.
 */
function eventBody({ headers, body }: HttpRequest): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const isText = /^(text\/.*|application\/(json|xml|javascript))$/.test(type.trim());
  return isText
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}

function commonLogTime(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/**
 * The answer made from a function's result.
 * @param payload JSON text of the result. Without a statusCode all of it is the body of a 200.
 * @returns undefined for a result that API Gateway answers with 500.
 */
export function httpAnswer(payload: string): HttpAnswer | undefined {
  const returned: unknown = JSON.parse(payload);
  if (!isStructured(returned)) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  }
  const { statusCode, headers = {}, body = '', cookies, isBase64Encoded } = returned;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (typeof body !== 'string') return undefined;
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(lowered),
      ...(cookies && { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}

interface StructuredAnswer {
  readonly statusCode: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly cookies?: readonly string[];
  readonly isBase64Encoded?: boolean;
}

function isStructured(returned: unknown): returned is StructuredAnswer {
  return typeof returned === 'object' && returned !== null && 'statusCode' in returned;
}
