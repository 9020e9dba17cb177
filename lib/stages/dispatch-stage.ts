// The dispatch stage: receives doorbells from its queue, acquires slots at the gate and submits attempts to Get3W.
// get3w-relay.ts makes its queue, because other stages send to it; the gate, not Lambda, keeps to Get3W's limits.
import { Construct } from 'constructs';
import { GateAlarms } from '../monitoring/gate-alarms.ts';
import { NodeFunction } from './node-function.ts';
import { addQueueSource } from './queue-source.ts';
import { functionDefaults, sharedEnvironment } from './shared-resources.ts';
import { dispatchTimeoutSeconds } from '../relay-settings.ts';
import { allowDeciding, allowReadingInputs, allowReadingKey, allowRinging } from './stage-grants.ts';
import type { Get3WAccess, SharedResources } from './shared-resources.ts';

interface DispatchStageProps {
  readonly resources: SharedResources;
  readonly get3w: Get3WAccess;
  /** Address that callback tokens are appended to. */
  readonly callbacksUrl: string;
  readonly maxConcurrency: number;
}

export class DispatchStage extends Construct {
  readonly handler: NodeFunction<'dispatch'>;

  constructor(scope: Construct, id: string, { resources, get3w, callbacksUrl, maxConcurrency }: DispatchStageProps) {
    super(scope, id);
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'dispatch',
      description: 'Get3W Relay: submits attempts to Get3W',
      environment: {
        ...sharedEnvironment(resources),
        BUCKET_NAME: resources.media.bucket.bucketName,
        CALLBACKS_URL: callbacksUrl,
        GET3W_URL: get3w.url,
        GET3W_KEY_SECRET_ARN: get3w.keySecretArn,
      },
      timeoutSeconds: dispatchTimeoutSeconds(resources.settings),
      isTimed: true,
      isSelfCalling: true,
    });
    allowDeciding(this.handler, resources);
    allowRinging(this.handler, resources, ['dispatch', 'settle', 'deliver']);
    allowReadingKey(this.handler, get3w);
    allowReadingInputs(this.handler, resources);
    addQueueSource(this, this.handler, resources.queues.dispatch, maxConcurrency);
    new GateAlarms(this, 'GateAlarms', { defaults: resources.alarms });
  }
}
