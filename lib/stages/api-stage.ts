// The api stage: answers clients as Get3W would, from the table, and sends dispatch doorbells for the tasks that it
// accepts. relay-api.ts makes the HTTP API in front of it; functions/api serves the calls.
import { Construct } from 'constructs';
import { distributionText } from '../media-bucket.ts';
import { bundleWithPrices } from '../price-table-file.ts';
import { NodeFunction } from './node-function.ts';
import { addQueueSource } from './queue-source.ts';
import { functionDefaults, jobsEnvironment, sharedEnvironment } from './shared-resources.ts';
import { allowDeciding, allowQuery, allowRedriving, allowServingMedia } from './stage-grants.ts';
import type { RelayApi } from '../relay-api.ts';
import type { SharedResources } from './shared-resources.ts';

/** As long as the HTTP API waits; a sync call is answered from durable state before that. */
export const API_TIMEOUT_SECONDS = 29;

/**
 * Steps of bulk jobs that run at once, of all accounts: enough for a few accounts, and few enough that clients' calls keep the
 * table and the account's executions.
 */
const JOB_RUNS_MAX = 4;
/** Each message is a step of some seconds: a second one in the same run would wait for it. */
const JOB_MESSAGES = 1;

interface ApiStageProps {
  readonly resources: SharedResources;
  readonly api: RelayApi;
}

export class ApiStage extends Construct {
  readonly handler: NodeFunction<'api'>;

  constructor(scope: Construct, id: string, { resources, api }: ApiStageProps) {
    super(scope, id);
    const { distribution } = resources.media;
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      bundlesDir: bundleWithPrices(resources.bundlesDir, 'api', resources.prices),
      stage: 'api',
      description: 'Get3W Relay: answers clients',
      environment: {
        ...sharedEnvironment(resources),
        ...jobsEnvironment(resources),
        BUCKET_NAME: resources.media.bucket.bucketName,
        RELAY_URL: api.publicUrl,
        ...(distribution && { MEDIA_DISTRIBUTION: distributionText(distribution) }),
      },
      timeoutSeconds: API_TIMEOUT_SECONDS,
      // A bulk job asks for its next step.
      isSelfCalling: true,
    });
    allowDeciding(this.handler, resources);
    allowQuery(this.handler, resources.table.byAccountIndexArn);
    allowQuery(this.handler, resources.table.byTimeIndexArn);
    allowQuery(this.handler, resources.table.byFailureIndexArn);
    // Operators send dead letters back through it: to every queue, though clients' calls need all but `keep`.
    allowRedriving(this.handler, resources);
    // An address that the function has signed reads with the function's own permission.
    allowServingMedia(this.handler, resources);
    if (distribution) this.handler.allow(['secretsmanager:GetSecretValue'], [distribution.privateKeySecretArn]);
    addQueueSource(this, this.handler, resources.queues.jobs, JOB_RUNS_MAX, { messages: JOB_MESSAGES });
    api.serve(this, 'api', this.handler.function);
  }
}
