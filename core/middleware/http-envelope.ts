// Everything an HTTP function answers passes here: JSON always, errors as `{code, error}`, nothing of the inside.
// An exception that no call foresaw is a 500 for the client and a full line in the log for the operator. Every request
// leaves one wide line there, whose correlation id the client gets back.
import { httpErrorText } from '../domain/error-catalogue.ts';
import { correlationIdOf } from '../http/correlation-id.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { noteOn, notesOf } from '../http/request-notes.ts';
import { wideLines } from '../contract/wide-lines.ts';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Answer } from '../http/answer.ts';
import type { Clock, Log, MetricSink } from '../ports/ports.ts';
import type { WideLine } from '../contract/wide-lines.ts';

export interface EnvelopePorts {
  readonly log: Log;
  readonly metrics: MetricSink;
  readonly clock: Clock;
}

const BASE_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

const write = ({ status, body, headers }: Answer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...BASE_HEADERS, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const failureAnswer = (error: unknown): Answer =>
  error instanceof HttpFailure
    ? { status: error.status, body: { code: error.status, error: error.message }, headers: error.headers }
    : { status: 500, body: { code: 500, error: httpErrorText(500) } };

type Envelope = MiddlewareObj<APIGatewayProxyEventV2, unknown>;

/** @param counts whether the function's answers are those of the API, which its metrics and alarms are about. */
export const httpEnvelope = (
  { log, metrics, clock }: EnvelopePorts,
  counts: 'api' | 'callbacks' | 'monitoring',
): Envelope => {
  const started = new WeakMap<APIGatewayProxyEventV2, number>();
  const finish = (event: APIGatewayProxyEventV2, answer: Answer): APIGatewayProxyStructuredResultV2 => {
    const tookMs = clock.now() - (started.get(event) ?? clock.now());
    const { requestId, http } = event.requestContext;
    const line: WideLine<'request'> = {
      requestId,
      method: http.method,
      // The route, never the path: a callback's path is a secret.
      route: event.routeKey,
      status: answer.status,
      bodyBytes: Buffer.byteLength(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
      tookMs,
      ...notesOf(event),
      ...answer.about,
    };
    log.info(wideLines.request.message, line);
    if (counts === 'api') {
      const isFault = answer.status >= 500;
      metrics.emit({
        values: {
          ApiAnswers: 1,
          // A call that asks to wait for its task says nothing of how fast the API is.
          ...(event.queryStringParameters?.['sync'] !== 'true' && { ApiTime: tookMs }),
          ...(isFault && { ApiErrors: 1 }),
        },
        code: `http-${answer.status}`,
        properties: { requestId },
      });
    }
    const { correlationId } = notesOf(event);
    const shown = correlationId !== undefined && { 'x-request-id': String(correlationId) };
    return write({ ...answer, headers: { ...answer.headers, ...shown } });
  };
  return {
    before: ({ event }) => {
      started.set(event, clock.now());
      noteOn(event, { correlationId: correlationIdOf(event.headers, event.requestContext.requestId) });
    },
    after: (request) => {
      request.response = finish(request.event, request.response as Answer);
    },
    onError: (request) => {
      const { error, event } = request;
      if (!(error instanceof HttpFailure)) {
        const { requestId } = event.requestContext;
        log.error('An exception reached the HTTP envelope', { requestId, ...notesOf(event), error });
      }
      request.response = finish(event, failureAnswer(error));
    },
  };
};
