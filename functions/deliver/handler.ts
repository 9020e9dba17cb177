// The deliver function: doorbells from SQS to signed webhooks. Wires ports and the batch; decides nothing.
// flow.ts chooses which delivery is sent when; the webhook caller calls the receivers.
import { makeStageStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { makeWebhookCaller } from '../../core/adapters/webhook-caller.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { sqsBatch } from '../../core/middleware/sqs-batch.ts';
import { serveDoorbells } from './flow.ts';
import type { BatchPorts } from '../../core/middleware/sqs-batch.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { DeliverPorts } from './deliver-ports.ts';

export type DeliverHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

export function makeHandler(ports: DeliverPorts & BatchPorts): DeliverHandler {
  return (event) => sqsBatch(ports, event, (received) => serveDoorbells(ports, received));
}

export const handler: DeliverHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): DeliverPorts & BatchPorts {
  const environment = readEnvironment('deliver', process.env);
  const ports = makePorts(environment, makeStageStore);
  const caller = makeWebhookCaller({
    policy: ports.settings.deliveries.addresses,
    clock: ports.clock,
    userAgent: `get3w-relay/${environment.RELAY_VERSION}`,
  });
  return { ...ports, caller };
}
