// The stack outputs by which people and the command line find a relay: with the stack's name and these, an operator
// knows enough. cli/relay-target.ts reads them; the constructs make what they point to.
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SharedResources } from './stages/shared-resources.ts';
import type { SimulatorStage } from './stages/simulator-stage.ts';

/** What the outputs need of a relay. */
interface ToldOf extends Construct {
  readonly url: string;
  readonly callbacksUrl: string;
  readonly domainTarget: string | undefined;
  readonly resources: SharedResources;
  readonly get3wKeySecretArn: string;
  readonly get3wKeyKmsArn: string | undefined;
  readonly simulator: Pick<SimulatorStage, 'url' | 'keySecretArn'> | undefined;
}

/** Form of a prefix: outputs have names of letters and digits. */
const prefixPattern = /^([A-Z][A-Za-z0-9]{0,63})?$/;

/**
 * Adds the outputs of one relay to its stack.
 * @param prefix of their names, where one stack has several relays.
 * @throws Error for a prefix that CloudFormation would refuse, or whose outputs exist already.
 */
export function addRelayOutputs(relay: ToldOf, prefix: string): void {
  if (!prefixPattern.test(prefix))
    throw new Error(`the prefix ${JSON.stringify(prefix)} is not allowed: like Images or Video2`);
  const { resources, url, callbacksUrl, domainTarget, get3wKeySecretArn, get3wKeyKmsArn, simulator } = relay;
  const { table, queues, alarms, media } = resources;
  const stack = Stack.of(relay);
  // Scoped to the stack itself, or their names would contain the path of the construct.
  const output = (name: string, description: string, value: string) =>
    new CfnOutput(stack, `${prefix}${name}`, { description, value });
  output('ApiUrl', 'Base URL to use in place of that of Get3W', url);
  output('CallbacksUrl', 'Where Get3W calls back, followed by the token of an attempt', callbacksUrl);
  if (domainTarget !== undefined) output('ApiDomainTarget', 'Point the DNS record of the domain here', domainTarget);
  output('ServiceName', 'Name of this relay in metrics and alarms', alarms.service);
  output('TableName', 'Table with everything that the relay knows', table.table.tableName);
  output('MediaBucketName', 'Bucket with the outputs that tasks keep', media.bucket.bucketName);
  output('Get3WKeySecretArn', 'Secret to put the Get3W key into', get3wKeySecretArn);
  if (get3wKeyKmsArn !== undefined) output('Get3WKeyKmsArn', 'Customer key that opens the secret', get3wKeyKmsArn);
  output('AlarmTopicArn', 'Topic that gets the alarms: subscribe to it', alarms.topic.topicArn);
  for (const [name, { queue, deadLetters }] of Object.entries(queues)) {
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    output(`${title}QueueUrl`, `Doorbells of ${name}`, queue.queueUrl);
    output(`${title}DeadLettersUrl`, `Doorbells that ${name} could not serve`, deadLetters.queueUrl);
  }
  if (simulator === undefined) return;
  output('SimulatorUrl', 'The simulator that plays Get3W', simulator.url);
  output('SimulatorKeySecretArn', 'Secret with the key of the simulator', simulator.keySecretArn);
}
