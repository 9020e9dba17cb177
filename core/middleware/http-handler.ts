// Everything an HTTP function answers passes through here: always JSON, errors as `{code, error, details}`, no
// internals.
// An unforeseen exception is a 500 for the client and a full line in the log for the operator. Every request leaves one
// wide line in the log, whose correlation id the client gets back.
import middy from '@middy/core';
import { httpErrorText } from '../domain/error-catalogue.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { HttpRequest } from '../http/http-request.ts';
import { flagOf } from '../http/read-query.ts';
import { lineMessages } from '../contract/line-messages.ts';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Answer } from '../http/answer.ts';
import type { Clock, Log, MetricSink } from '../ports/ports.ts';
import type { WideLine } from '../contract/wide-lines.ts';

export interface EnvelopePorts {
  readonly log: Log;
  readonly metrics: MetricSink;
  readonly clock: Clock;
}

const baseHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

function write({ status, body, headers }: Answer): APIGatewayProxyStructuredResultV2 {
  const answer = { statusCode: status, headers: { ...baseHeaders, ...headers } };
  // As the gateway takes bytes.
  if (body instanceof Uint8Array)
    return { ...answer, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
  return { ...answer, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function failureAnswer(error: unknown): Answer {
  return error instanceof HttpFailure
    ? { status: error.status, body: error.body, headers: error.headers }
    : { status: 500, body: { code: 500, error: httpErrorText(500) } };
}

export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The handler of a function that answers over HTTP.
 * @param counts whether the function's answers count as the API's, for its metrics and alarms.
 * @param serve answers one request, or throws; an HttpFailure is an answer too.
 */
export function httpHandler(
  ports: EnvelopePorts,
  counts: 'api' | 'callbacks' | 'monitoring',
  serve: (request: HttpRequest) => Promise<Answer>,
): HttpHandler {
  const finish = (request: HttpRequest, answer: Answer): APIGatewayProxyStructuredResultV2 => {
    report(ports, counts, request, answer);
    return write({
      ...answer,
      headers: { ...request.answerHeaders, ...answer.headers, 'x-request-id': request.correlationId },
    });
  };
  // In the function's last moments middy answers what is still being served: its timeout also reaches onError.
  const run = middy<HttpRequest, APIGatewayProxyStructuredResultV2>(async (request: HttpRequest) =>
    finish(request, await serve(request)),
  ).onError((failed) => {
    const { error, event: request } = failed;
    if (!(error instanceof HttpFailure)) {
      const { requestId } = request.event.requestContext;
      ports.log.error('An exception reached the HTTP envelope', { requestId, ...request.notes, error });
    }
    failed.response = finish(request, failureAnswer(error));
  });
  return (event, context) => run(new HttpRequest(event, ports.clock.now()), context);
}

function report(
  { log, metrics, clock }: EnvelopePorts,
  counts: 'api' | 'callbacks' | 'monitoring',
  { event, startedAt, notes }: HttpRequest,
  answer: Answer,
): void {
  const tookMs = clock.now() - startedAt;
  const { requestId, http } = event.requestContext;
  const line: WideLine<'request'> = {
    requestId,
    // A route's name begins with its method; what no route takes has none.
    ...(!event.routeKey.startsWith(http.method) && { method: http.method }),
    // The route, never the path: a callback's path is a secret.
    route: event.routeKey,
    status: answer.status,
    bodyBytes: Buffer.byteLength(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    tookMs,
    ...notes,
    ...answer.about,
    ...(notes.correlationId === requestId && { correlationId: undefined }),
  };
  log.info(lineMessages.request, line);
  if (counts !== 'api') return;
  metrics.emit({
    values: {
      ApiAnswers: 1,
      // A call that asks to wait for its task shows nothing about the API's speed.
      ...(flagOf(event.queryStringParameters?.['sync'] ?? '') !== true && { ApiTime: tookMs }),
      ...(answer.status >= 500 && { ApiErrors: 1 }),
    },
    code: `http-${answer.status}`,
  });
}
