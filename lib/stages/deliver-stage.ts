// The deliver stage: calls clients' webhooks, signed, until they answer.
// It calls addresses that clients choose, so it holds no key of Get3W and may read and write nothing but the table.
import { Construct } from 'constructs';
import { DeliveryAlarms } from '../monitoring/delivery-alarms.ts';
import { NodeFunction } from './node-function.ts';
import { addQueueSource } from './queue-source.ts';
import { functionDefaults, sharedEnvironment } from './shared-resources.ts';
import { deliverTimeoutSeconds } from '../relay-settings.ts';
import { allowDeciding, allowRinging } from './stage-grants.ts';
import type { SharedResources } from './shared-resources.ts';

interface DeliverStageProps {
  readonly resources: SharedResources;
  readonly maxConcurrency: number;
}

export class DeliverStage extends Construct {
  readonly handler: NodeFunction<'deliver'>;

  constructor(scope: Construct, id: string, { resources, maxConcurrency }: DeliverStageProps) {
    super(scope, id);
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'deliver',
      description: 'Get3W Relay: calls webhooks',
      environment: sharedEnvironment(resources),
      timeoutSeconds: deliverTimeoutSeconds(resources.settings),
      isTimed: true,
      isSelfCalling: true,
    });
    allowDeciding(this.handler, resources);
    // An event is written behind the fences of its account's readers, which is a condition on the account's row.
    this.handler.allow(['dynamodb:ConditionCheckItem'], [resources.table.table.tableArn]);
    allowRinging(this.handler, resources, ['deliver']);
    addQueueSource(this, this.handler, resources.queues.deliver, maxConcurrency);
    new DeliveryAlarms(this, 'DeliveryAlarms', { defaults: resources.alarms });
  }
}
