// The queue of one stage with its dead-letter queue, and the alarms on what lies in either for too long.
// Messages are doorbells, so a queue may lose or double them; what may send and receive is added by the stages.
import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { relayAlarm } from '../monitoring/alarm.ts';
import type { AlarmDefaults } from '../monitoring/alarm.ts';

/** AWS's rule for Lambda sources: batches are retried inside Lambda before the message may show itself again. */
const VISIBILITY_PER_TIMEOUT = 6;

const idle = {
  missingData: TreatMissingData.NOT_BREACHING,
  missingDataReason: 'not breaching, for SQS reports nothing of a queue that lay idle for hours.',
} as const;

export interface StageQueueProps {
  /** Name of the stage, capitalised: `Dispatch`. */
  readonly stage: string;
  /** Timeout of the function that receives from it. */
  readonly functionTimeoutSeconds: number;
  /** Receives before a message is put aside. Throttled polls count, so it is generous. @default 10 */
  readonly receivesMax?: number;
  readonly alarms: AlarmDefaults;
}

export class StageQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: StageQueueProps) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const receivesMax = props.receivesMax ?? 10;
    const visibilitySeconds = VISIBILITY_PER_TIMEOUT * props.functionTimeoutSeconds;
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: receivesMax },
    });
    relayAlarm(this, 'DeadLettersAlarm', {
      defaults: props.alarms,
      name: `${props.stage}/DeadLetters`,
      // Failures of Get3W are retried by the row; what ends here is a fault of the relay itself.
      severity: 'page',
      meaning:
        `A message of ${props.stage.toLowerCase()} failed ${receivesMax} times and was put aside: it failed first up to ` +
        `${Math.ceil((receivesMax * visibilitySeconds) / 60)} minutes before.`,
      metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      threshold: 1,
      ...idle,
    });
    const { oldestMessageSeconds } = props.alarms.thresholds;
    relayAlarm(this, 'OldestMessageAlarm', {
      defaults: props.alarms,
      name: `${props.stage}/OldestMessage`,
      severity: 'page',
      meaning: `A message of ${props.stage.toLowerCase()} has waited ${oldestMessageSeconds} s: more comes in than is served.`,
      metric: this.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(1) }),
      threshold: oldestMessageSeconds,
      periods: 5,
      ...idle,
    });
  }
}
