// The one topic that gets the alarms, open only to CloudWatch of this account. The deployment chooses the subscribers
// (mail, chat, a pager); the alarms define what is sent.
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

interface AlarmTopicProps {
  /** Mail address for alarms; AWS sends it a confirmation first. @default no subscription */
  readonly email?: string | undefined;
  /** An existing topic to use instead; its owner sets its policy. @default a topic is made */
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
    // A custom policy replaces the topic's built-in one, which admits CloudWatch: without this statement alarms would
    // change their state and notify no subscriber.
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
