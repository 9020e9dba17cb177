// The dispatch function: doorbells from SQS to submits at Get3W. Wires ports and the batch; decides nothing.
// flow.ts serves a doorbell, submit-attempt.ts calls Get3W.
import { makeStageStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { makeProvider } from '../../core/adapters/make-provider.ts';
import { makeS3Inputs } from '../../core/adapters/s3-inputs.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { sqsBatch } from '../../core/middleware/sqs-batch.ts';
import { serveDoorbells } from './flow.ts';
import type { BatchPorts } from '../../core/middleware/sqs-batch.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { DispatchPorts } from './submit-attempt.ts';

export type DispatchHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

export function makeHandler(ports: DispatchPorts & BatchPorts): DispatchHandler {
  return (event) => sqsBatch(ports, event, (received) => serveDoorbells(ports, received));
}

export const handler: DispatchHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): DispatchPorts & BatchPorts {
  const environment = readEnvironment('dispatch', process.env);
  const ports = makePorts(environment, makeStageStore);
  const { BUCKET_NAME: bucket, AWS_ENDPOINT_URL_S3: endpoint, CALLBACKS_URL: callbacksUrl } = environment;
  const inputs = makeS3Inputs({ bucket, clock: ports.clock, endpoint });
  return { ...ports, inputs, provider: makeProvider(environment, ports), callbacksUrl };
}
