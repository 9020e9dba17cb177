// The keep stage: fetches the outputs of ended tasks and keeps them in the bucket.
// It calls addresses that Get3W names, so it holds no key of Get3W; of the bucket it may write and delete, not read.
import { Construct } from 'constructs';
import { KeepAlarms } from '../monitoring/keep-alarms.ts';
import { NodeFunction } from './node-function.ts';
import { addQueueSource } from './queue-source.ts';
import { functionDefaults, sharedEnvironment } from './shared-resources.ts';
import { keepTimeoutSeconds } from '../relay-settings.ts';
import { allowDeciding, allowKeepingOutputs, allowRinging } from './stage-grants.ts';
import type { RelayApi } from '../relay-api.ts';
import type { SharedResources } from './shared-resources.ts';

interface KeepStageProps {
  readonly resources: SharedResources;
  readonly api: Pick<RelayApi, 'publicUrl'>;
  readonly maxConcurrency: number;
}

export class KeepStage extends Construct {
  readonly handler: NodeFunction<'keep'>;

  constructor(scope: Construct, id: string, { resources, api, maxConcurrency }: KeepStageProps) {
    super(scope, id);
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'keep',
      description: 'Get3W Relay: keeps outputs in the bucket',
      environment: {
        ...sharedEnvironment(resources),
        BUCKET_NAME: resources.media.bucket.bucketName,
        RELAY_URL: api.publicUrl,
      },
      timeoutSeconds: keepTimeoutSeconds(resources.settings),
      isTimed: true,
      isSelfCalling: true,
    });
    allowDeciding(this.handler, resources);
    // Its events are written behind the fences of their account's readers, which is a condition on the account's row.
    this.handler.allow(['dynamodb:ConditionCheckItem'], [resources.table.table.tableArn]);
    allowKeepingOutputs(this.handler, resources);
    allowRinging(this.handler, resources, ['deliver', 'keep']);
    addQueueSource(this, this.handler, resources.queues.keep, maxConcurrency, { messages: MESSAGES });
    new KeepAlarms(this, 'KeepAlarms', { defaults: resources.alarms });
  }
}

/** Each message may stand for gigabytes: a run that has one alone has all its time for it. */
const MESSAGES = 1;
