// The keep function: doorbells from SQS to outputs in the bucket. Wires ports and the batch; decides nothing.
// flow.ts has what a doorbell brings; the output source and the bucket are the two ends of what passes through.
import { makeOutputSource } from '../../core/adapters/output-source.ts';
import { makeStageStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { makeBucketWhenUsed } from '../../core/adapters/bucket-when-used.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { sqsBatch } from '../../core/middleware/sqs-batch.ts';
import { serveDoorbells } from './flow.ts';
import type { BatchPorts } from '../../core/middleware/sqs-batch.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { KeepPorts } from './keep-ports.ts';

export type KeepHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

export function makeHandler(ports: KeepPorts & BatchPorts): KeepHandler {
  return (event) => sqsBatch(ports, event, (received) => serveDoorbells(ports, received));
}

export const handler: KeepHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): KeepPorts & BatchPorts {
  const environment = readEnvironment('keep', process.env);
  const ports = makePorts(environment, makeStageStore);
  const source = makeOutputSource({
    // The same rules as for webhooks: both are addresses that others have chosen.
    policy: ports.settings.deliveries.addresses,
    userAgent: `get3w-relay/${environment.RELAY_VERSION}`,
  });
  return { ...ports, source, bucket: makeBucketWhenUsed(environment.BUCKET_NAME), relayUrl: environment.RELAY_URL };
}
