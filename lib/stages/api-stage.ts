// The api stage: answers clients as Get3W would, from the table, and sends dispatch doorbells for the tasks that it
// accepts. relay-api.ts makes the HTTP API in front of it; functions/api serves the calls.
import { Construct } from 'constructs';
import { bundleWithPrices } from '../price-table-file.ts';
import { NodeFunction } from './node-function.ts';
import { functionDefaults, sharedEnvironment } from './shared-resources.ts';
import { allowDeciding, allowQuery, allowRinging, allowServingMedia } from './stage-grants.ts';
import type { RelayApi } from '../relay-api.ts';
import type { SharedResources } from './shared-resources.ts';

/** As long as the HTTP API waits; a sync call is answered from durable state before that. */
const API_TIMEOUT_SECONDS = 29;

interface ApiStageProps {
  readonly resources: SharedResources;
  readonly api: RelayApi;
}

export class ApiStage extends Construct {
  readonly handler: NodeFunction<'api'>;

  constructor(scope: Construct, id: string, { resources, api }: ApiStageProps) {
    super(scope, id);
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      bundlesDir: bundleWithPrices(resources.bundlesDir, 'api', resources.prices),
      stage: 'api',
      description: 'Get3W Relay: answers clients',
      environment: {
        ...sharedEnvironment(resources),
        BUCKET_NAME: resources.media.bucket.bucketName,
        RELAY_URL: api.publicUrl,
      },
      timeoutSeconds: API_TIMEOUT_SECONDS,
    });
    allowDeciding(this.handler, resources);
    allowQuery(this.handler, resources.table.byAccountIndexArn);
    allowQuery(this.handler, resources.table.byTimeIndexArn);
    allowRinging(this.handler, resources, ['dispatch', 'settle', 'deliver']);
    // An address that the function has signed reads with the function's own permission.
    allowServingMedia(this.handler, resources);
    api.serve(this, 'api', this.handler.function);
  }
}
