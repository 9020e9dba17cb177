// The api function: answers clients in Get3W's own language. Wires ports, middleware and routes; decides nothing.
// router.ts holds the calls, the HTTP envelope the form of answers and errors.
import { bundledPrices } from '../../core/adapters/bundled-prices.ts';
import { makeSignerWhenUsed } from '../../core/adapters/signer-when-used.ts';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { makeInputsWhenUsed } from '../../core/adapters/inputs-when-used.ts';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { makeUploadFormsWhenUsed } from '../../core/adapters/upload-forms-when-used.ts';
import { makeWebhookCallerWhenUsed } from '../../core/adapters/webhook-caller-when-used.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { httpHandler } from '../../core/middleware/http-handler.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { RequestMeter } from './request-meter.ts';
import { routeRequest } from './router.ts';
import type { HttpHandler } from '../../core/middleware/http-handler.ts';
import type { ApiPorts } from './api-ports.ts';

export function makeHandler(ports: ApiPorts): HttpHandler {
  return httpHandler(ports, 'api', (request) => routeRequest(ports, request));
}

export const handler: HttpHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): ApiPorts {
  const environment = readEnvironment('api', process.env);
  const ports = makePorts(environment, makeDynamoStore);
  const { store } = ports;
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
    kept: store,
    inputs: makeInputsWhenUsed({ bucket, clock: ports.clock, endpoint }),
    uploadForms: makeUploadFormsWhenUsed({ bucket, clock: ports.clock, endpoint }),
    relayUrl: environment.RELAY_URL,
    signer: makeSignerWhenUsed({ bucket, clock: ports.clock, endpoint }),
    accounts: store,
    listing: store,
    erasures: store,
    webhooks: store,
    caller,
    meter,
    prices: bundledPrices(),
    spend: store,
    leases: store,
    version,
  };
}
