// The stack that is deployed: Get3WRelay in a stack of its own, with the outputs that people and tools need.
// Everything inside is get3w-relay.ts's; which values the props get, bin/app.ts's.
import { Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Get3WRelay } from './get3w-relay.ts';
import type { Get3WRelayProps } from './get3w-relay.ts';

export interface RelayStackProps extends StackProps, Get3WRelayProps {
  /** @default the name of the stack, where one is given: two stacks are then two relays */
  readonly name?: string | undefined;
}

export class RelayStack extends Stack {
  readonly relay: Get3WRelay;

  constructor(scope: Construct, id: string, props: RelayStackProps = {}) {
    super(scope, id, {
      description: "Get3W Relay: brings tasks through Get3W's API whatever passing failures come",
      // Two locks on the same door: data that is to stay is not lost with a slip of the hand either.
      terminationProtection: props.retainData ?? true,
      ...props,
    });
    this.relay = new Get3WRelay(this, 'Relay', { ...props, name: props.name ?? props.stackName });
    this.relay.addOutputs();
  }
}
