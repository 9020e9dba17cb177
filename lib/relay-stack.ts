// The stack that is deployed: Get3WRelay in a stack of its own, with the outputs that people and tools need.
// get3w-relay.ts makes everything inside; bin/app.ts chooses the props.
import { Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Get3WRelay } from './get3w-relay.ts';
import type { Get3WRelayProps } from './get3w-relay.ts';

export interface RelayStackProps extends StackProps, Get3WRelayProps {
  /** @default the name of the stack, if given, so that two stacks are two relays */
  readonly name?: string | undefined;
}

export class RelayStack extends Stack {
  readonly relay: Get3WRelay;

  constructor(scope: Construct, id: string, props: RelayStackProps = {}) {
    super(scope, id, {
      description: "Get3W Relay: gets tasks through Get3W's API despite transient failures",
      // A second safeguard: retained data cannot be lost to a mistaken deletion of the stack either.
      terminationProtection: props.retainData ?? true,
      ...props,
    });
    this.relay = new Get3WRelay(this, 'Relay', { ...props, name: props.name ?? props.stackName });
    this.relay.addOutputs();
  }
}
