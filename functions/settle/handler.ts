// The settle function: Get3W's webhook over HTTP and doorbells over SQS, both about the outcome of an attempt.
// Wires ports, envelope and batch; decides nothing.
import { makeStageStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { makeProvider } from '../../core/adapters/make-provider.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { parseCallbackToken } from '../../core/domain/task/callback-token.ts';
import { limits } from '../../core/domain/limits.ts';
import { bodyText } from '../../core/http/body-text.ts';
import { httpHandler } from '../../core/middleware/http-handler.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { sqsBatch } from '../../core/middleware/sqs-batch.ts';
import { serveDoorbells, takeCallback } from './flow.ts';
import type { BatchPorts } from '../../core/middleware/sqs-batch.ts';
import type { APIGatewayProxyEventV2, Context, SQSEvent } from 'aws-lambda';
import type { Answer } from '../../core/http/answer.ts';
import type { HttpEvent } from '../../core/http/http-request.ts';
import type { SettlePorts } from './flow.ts';

type SettleEvent = SQSEvent | APIGatewayProxyEventV2;
export type SettleHandler = (event: SettleEvent, context: Context) => Promise<unknown>;

export function makeHandler(ports: SettlePorts & BatchPorts): SettleHandler {
  const callback = httpHandler(ports, 'callbacks', ({ event }) => answerCallback(ports, event));
  return (event, context) =>
    'Records' in event
      ? sqsBatch(ports, event, (received) => serveDoorbells(ports, received))
      : callback(event, context);
}

async function answerCallback(ports: SettlePorts, event: HttpEvent): Promise<Answer> {
  const text = bodyText(event);
  // A body over the limit is treated as missing: the attempt is polled instead, and nothing is lost.
  const body = Buffer.byteLength(text) <= limits.callbackBytesMax ? text : '';
  const token = event.pathParameters?.['token'] ?? '';
  const known = await takeCallback(ports, token, body);
  if (known === 'unknown') throw documentedFailure(404);
  const { taskId, attempt } = parseCallbackToken(token) ?? {};
  return { status: 200, body: { received: true }, about: { taskId, attempt } };
}

export const handler: SettleHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): SettlePorts & BatchPorts {
  const environment = readEnvironment('settle', process.env);
  const ports = makePorts(environment, makeStageStore);
  return { ...ports, provider: makeProvider(environment, ports) };
}
