// The one topic that hears of alarms, open to CloudWatch of this account and to nobody else.
// Who listens (mail, chat, a pager) is for the deployment to choose; what is sent is the alarms' own.
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface AlarmTopicProps {
  /** Where alarms are mailed to; AWS sends it a confirmation first. @default nobody is subscribed */
  readonly email?: string | undefined;
  /** Takes the place of a topic of the stack's own, whose policy is then its owner's. @default a topic is made */
  readonly existingTopicArn?: string | undefined;
}

export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    this.topic =
      props.existingTopicArn === undefined
        ? this.#makeTopic()
        : Topic.fromTopicArn(this, 'Topic', props.existingTopicArn);
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
  }

  #makeTopic(): Topic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    // A policy of one's own replaces the topic's built-in one, which is what let CloudWatch in: without this
    // statement every alarm would change its state and no one would hear of it.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }
}
