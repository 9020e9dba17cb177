// The stack that is deployed: Get3WRelay in a stack of its own, with the outputs that people and tools need.
// Everything inside is get3w-relay.ts's; which values the props get, bin/app.ts's.
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Get3WRelay } from './get3w-relay.ts';
import type { Get3WRelayProps } from './get3w-relay.ts';

export interface RelayStackProps extends StackProps, Get3WRelayProps {}

export class RelayStack extends Stack {
  readonly relay: Get3WRelay;

  constructor(scope: Construct, id: string, props: RelayStackProps = {}) {
    super(scope, id, {
      description: "Get3W Relay: brings tasks through Get3W's API whatever passing failures come",
      // Two locks on the same door: data that is to stay is not lost with a slip of the hand either.
      terminationProtection: props.retainData ?? true,
      ...props,
    });
    this.relay = new Get3WRelay(this, 'Relay', props);
    this.#addOutputs();
  }

  #addOutputs(): void {
    const { surroundings, url, domainTarget, get3wKeySecretArn } = this.relay;
    const { table, queues, alarms } = surroundings;
    const output = (id: string, description: string, value: string) => new CfnOutput(this, id, { description, value });
    output('ApiUrl', 'Base URL to use in place of that of Get3W', url);
    if (domainTarget !== undefined) output('ApiDomainTarget', 'Point the DNS record of the domain here', domainTarget);
    output('ServiceName', 'Name of this relay in metrics and alarms', alarms.service);
    output('TableName', 'Table with everything that the relay knows', table.table.tableName);
    output('Get3WKeySecretArn', 'Secret to put the Get3W key into', get3wKeySecretArn);
    output('AlarmTopicArn', 'Topic that hears of alarms: subscribe to it', alarms.topic.topicArn);
    for (const [name, { queue, deadLetters }] of Object.entries(queues)) {
      const title = name.charAt(0).toUpperCase() + name.slice(1);
      output(`${title}QueueUrl`, `Doorbells of ${name}`, queue.queueUrl);
      output(`${title}DeadLettersUrl`, `Doorbells that ${name} could not serve`, deadLetters.queueUrl);
    }
  }
}
