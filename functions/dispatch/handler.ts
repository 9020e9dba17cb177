// The dispatch function: doorbells from SQS to submits at Get3W. Wires ports and the batch; decides nothing.
// What is done with a doorbell is flow.ts's, what is sent to Get3W submit-attempt.ts's.
import middy from '@middy/core';
import { makePorts, makeProvider } from '../../core/adapters/make-ports.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { sqsBatch } from '../../core/middleware/sqs-batch.ts';
import { serveDoorbells } from './flow.ts';
import type { BatchPorts } from '../../core/middleware/sqs-batch.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { DispatchPorts } from './submit-attempt.ts';

export type DispatchHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

export const makeHandler = (ports: DispatchPorts & BatchPorts): DispatchHandler =>
  // No early timeout: it would fail the whole batch, served doorbells too; every POST has its own bound instead.
  middy((event: SQSEvent) => sqsBatch(ports, event, (received) => serveDoorbells(ports, received)), {
    timeoutEarlyInMillis: 0,
  }) as unknown as DispatchHandler;

let made: DispatchHandler | undefined;

export const handler: DispatchHandler = (event) => {
  made ??= makeHandler(productionPorts());
  return made(event);
};

const productionPorts = (): DispatchPorts & BatchPorts => {
  const environment = readEnvironment('dispatch', process.env);
  const ports = makePorts(environment);
  return { ...ports, provider: makeProvider(environment, ports), publicUrl: environment.PUBLIC_URL };
};
