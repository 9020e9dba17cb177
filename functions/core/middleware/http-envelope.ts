// Everything an HTTP function answers passes here: JSON always, errors as `{code, error}`, nothing of the inside.
// An exception that no call foresaw is a 500 for the client and a full line in the log for the operator.
import { httpErrorText } from '../domain/error-catalogue.ts';
import { HttpFailure } from '../contract/http-failure.ts';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Answer } from '../contract/answer.ts';
import type { Clock, Log, MetricSink } from '../contract/ports.ts';

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
    // The route, never the path: a callback's path is a secret.
    log.info('answered', { requestId, method: http.method, route: event.routeKey, status: answer.status, tookMs });
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
    return write(answer);
  };
  return {
    before: ({ event }) => void started.set(event, clock.now()),
    after: (request) => {
      request.response = finish(request.event, request.response as Answer);
    },
    onError: (request) => {
      const { error, event } = request;
      if (!(error instanceof HttpFailure)) {
        log.error('An exception reached the HTTP envelope', { requestId: event.requestContext.requestId, error });
      }
      request.response = finish(event, failureAnswer(error));
    },
  };
};
