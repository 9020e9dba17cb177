// The api function: answers clients in Get3W's own language, and works off bulk jobs, which do what clients could do one by one.
// Wires ports, middleware and routes; decides nothing.
// router.ts holds the calls, the HTTP envelope the form of answers and errors.
import { bundledPrices } from '../../core/adapters/bundled-prices.ts';
import { makeSignerWhenUsed } from '../../core/adapters/signer-when-used.ts';
import { makeSmallFilesWhenUsed } from '../../core/adapters/small-files-when-used.ts';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { makeInputsWhenUsed } from '../../core/adapters/inputs-when-used.ts';
import { makeOperatorPortsWhenUsed } from '../../core/adapters/operator-ports-when-used.ts';
import { makePorts, queueUrlsOf } from '../../core/adapters/make-ports.ts';
import { makeUploadFormsWhenUsed } from '../../core/adapters/upload-forms-when-used.ts';
import { makeWebhookCallerWhenUsed } from '../../core/adapters/webhook-caller-when-used.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { httpHandler } from '../../core/middleware/http-handler.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { RequestMeter } from './request-meter.ts';
import { routeRequest } from './router.ts';
import type { APIGatewayProxyEventV2, Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { BatchPorts } from '../../core/middleware/sqs-batch.ts';
import type { HttpHandler } from '../../core/middleware/http-handler.ts';
import type { ApiPorts } from './api-ports.ts';

/** Answers a call, or works off messages: each kind of event has its own kind of answer. */
export interface ApiHandler {
  (event: SQSEvent, context: Context): Promise<SQSBatchResponse>;
  (...call: Parameters<HttpHandler>): ReturnType<HttpHandler>;
}

export function makeHandler(ports: ApiPorts & BatchPorts): ApiHandler {
  const answer = httpHandler(ports, 'api', (request) => routeRequest(ports, request));
  return (async (event: SQSEvent | APIGatewayProxyEventV2, context: Context) => {
    if (!('Records' in event)) return answer(event, context);
    // Loaded with the first step of a bulk job: most processes serve clients only.
    const [{ serveJobs }, { sqsBatch }] = await Promise.all([
      import('./serve-jobs.ts'),
      import('../../core/middleware/sqs-batch.ts'),
    ]);
    return sqsBatch(ports, event, (received) => serveJobs(ports, received));
  }) as ApiHandler;
}

export const handler: ApiHandler = madeOnce(() => makeHandler(productionPorts())) as ApiHandler;

function productionPorts(): ApiPorts & BatchPorts {
  const environment = readEnvironment('api', process.env);
  const ports = makePorts(environment, makeDynamoStore);
  const { store } = ports;
  const { clock, randomSource, settings } = ports;
  const table = { tableName: environment.TABLE_NAME, retention: settings.retention, clock, randomSource };
  const version = environment.RELAY_VERSION;
  // For judging addresses at registration and for self-tests; the deliver stage sends the webhooks themselves.
  const caller = makeWebhookCallerWhenUsed({
    policy: ports.settings.deliveries.addresses,
    clock: ports.clock,
    userAgent: `get3w-relay/${version}`,
  });
  const meter = new RequestMeter({ ...ports, accounts: store });
  const { BUCKET_NAME: bucket, AWS_ENDPOINT_URL_S3: endpoint } = environment;
  return {
    ...ports,
    ...makeOperatorPortsWhenUsed({ table, audit: settings.audit, queueUrls: queueUrlsOf(environment) }),
    kept: store,
    inputs: makeInputsWhenUsed({ bucket, clock: ports.clock, endpoint }),
    uploadForms: makeUploadFormsWhenUsed({ bucket, clock: ports.clock, endpoint }),
    relayUrl: environment.RELAY_URL,
    signer: makeSignerWhenUsed({ bucket, clock: ports.clock, endpoint }, environment.MEDIA_DISTRIBUTION),
    uploadSigner: makeSignerWhenUsed({ bucket, clock: ports.clock, endpoint }),
    files: makeSmallFilesWhenUsed({ bucket, clock: ports.clock, endpoint }),
    accounts: store,
    listing: store,
    erasures: store,
    webhooks: store,
    caller,
    meter,
    prices: bundledPrices(),
    spend: store,
    leases: store,
    jobs: store,
    mutes: store,
    version,
  };
}
