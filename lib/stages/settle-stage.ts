// The settle stage: learns outcomes, from Get3W's callbacks over HTTP and from polls that its queue asks for. Every
// failure becomes known here, so the alarms on their number and codes are here too.
import { Construct } from 'constructs';
import { FailureAlarms } from '../monitoring/failure-alarms.ts';
import { NodeFunction } from './node-function.ts';
import { addQueueSource } from './queue-source.ts';
import { functionDefaults, sharedEnvironment } from './shared-resources.ts';
import { allowDeciding, allowReadingKey, allowRinging } from './stage-grants.ts';
import type { RelayApi } from '../relay-api.ts';
import type { Get3WAccess, SharedResources } from './shared-resources.ts';

/** A callback is answered well within the 30 s that Get3W waits. */
export const SETTLE_TIMEOUT_SECONDS = 29;

interface SettleStageProps {
  readonly resources: SharedResources;
  readonly get3w: Get3WAccess;
  readonly api: RelayApi;
  readonly maxConcurrency: number;
}

export class SettleStage extends Construct {
  readonly handler: NodeFunction<'settle'>;

  constructor(scope: Construct, id: string, { resources, get3w, api, maxConcurrency }: SettleStageProps) {
    super(scope, id);
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'settle',
      description: 'Get3W Relay: records outcomes, by callback or poll',
      environment: {
        ...sharedEnvironment(resources),
        GET3W_URL: get3w.url,
        GET3W_KEY_SECRET_ARN: get3w.keySecretArn,
      },
      timeoutSeconds: SETTLE_TIMEOUT_SECONDS,
      isTimed: true,
      isSelfCalling: true,
    });
    allowDeciding(this.handler, resources);
    allowRinging(this.handler, resources, ['dispatch', 'settle', 'deliver', 'keep']);
    allowReadingKey(this.handler, get3w);
    addQueueSource(this, this.handler, resources.queues.settle, maxConcurrency);
    api.serve(this, 'settle', this.handler.function);
    new FailureAlarms(this, 'FailureAlarms', { defaults: resources.alarms });
  }
}
