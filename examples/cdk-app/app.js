// A CDK app of your own with a relay in it, beside other resources: its alarms go to your topic, its address is an
// output. Run `npx cdk synth` and `npx cdk deploy` in this folder; it is plain JavaScript, so that nothing has to be
// compiled.
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Get3WRelay } from 'get3w-relay';

const app = new App();
const stack = new Stack(app, 'Media');

const alarms = new Topic(stack, 'OnCall');
const relay = new Get3WRelay(stack, 'Relay', {
  name: 'media-relay',
  alarmTopicArn: alarms.topicArn,
  settings: { gate: { limitMax: 50 } },
});
// The command line finds the relay by these outputs: npx get3w-relay doctor --stack Media
relay.addOutputs();

new CfnOutput(stack, 'SubmitTasksTo', { value: relay.url });
