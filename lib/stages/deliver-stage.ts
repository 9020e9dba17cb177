// The deliver stage: calls clients' webhooks, signed, until they answer.
// It calls addresses that clients choose, so it holds no key of Get3W and may read and write nothing but the table.
import { Construct } from 'constructs';
import { DeliveryAlarms } from '../monitoring/delivery-alarms.ts';
import { NodeFunction } from './node-function.ts';
import { addQueueSource } from './queue-source.ts';
import { functionDefaults, sharedEnvironment } from './relay-surroundings.ts';
import { deliverTimeoutSeconds } from '../relay-settings.ts';
import { allowDeciding, allowRinging } from './stage-grants.ts';
import type { RelaySurroundings } from './relay-surroundings.ts';

export interface DeliverStageProps {
  readonly surroundings: RelaySurroundings;
  readonly maxConcurrency: number;
}

export class DeliverStage extends Construct {
  readonly handler: NodeFunction<'deliver'>;

  constructor(scope: Construct, id: string, { surroundings, maxConcurrency }: DeliverStageProps) {
    super(scope, id);
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(surroundings),
      stage: 'deliver',
      description: 'Get3W Relay: calls webhooks',
      environment: sharedEnvironment(surroundings),
      timeoutSeconds: deliverTimeoutSeconds(surroundings.settings),
      isTimed: true,
      isSelfCalling: true,
    });
    allowDeciding(this.handler, surroundings);
    // An event is written behind whatever a reader of its account's log has passed: a condition on the account alone.
    this.handler.allow(['dynamodb:ConditionCheckItem'], [surroundings.table.table.tableArn]);
    allowRinging(this.handler, surroundings, ['deliver']);
    addQueueSource(this, this.handler, surroundings.queues.deliver, maxConcurrency);
    new DeliveryAlarms(this, 'DeliveryAlarms', { surroundings: surroundings.alarms });
  }
}
