// The queue of one stage with its dead-letter queue, and the alarms on messages that stay in either too long. Messages
// are doorbells, so a queue may lose or double them; the stages add who may send and receive.
import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { relayAlarm } from '../monitoring/alarm.ts';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { AlarmDefaults } from '../monitoring/alarm.ts';

/** AWS's rule for Lambda sources: Lambda retries a batch internally before the message may become visible again. */
const VISIBILITY_PER_TIMEOUT = 6;

const idle = {
  missingData: TreatMissingData.NOT_BREACHING,
  missingDataReason: 'not breaching, because SQS reports nothing of a queue that was idle for hours.',
} as const;

interface StageQueueProps {
  /** Name of the stage, capitalised: `Dispatch`. */
  readonly stage: string;
  /** Timeout of the function that receives from it. */
  readonly functionTimeoutSeconds: number;
  /**
   * Receives before a message is moved to the dead-letter queue. Throttled polls count, so it is generous. @default 10
   */
  readonly receivesMax?: number;
  readonly alarms: AlarmDefaults;
  /** Customer key that encrypts both. @default SQS's own */
  readonly dataKey: IKey | undefined;
}

export class StageQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: StageQueueProps) {
    super(scope, id);
    const encryption = props.dataKey
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: props.dataKey }
      : { encryption: QueueEncryption.SQS_MANAGED };
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...encryption,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const receivesMax = props.receivesMax ?? 10;
    const visibilitySeconds = VISIBILITY_PER_TIMEOUT * props.functionTimeoutSeconds;
    this.queue = new Queue(this, 'Queue', {
      ...encryption,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: receivesMax },
    });
    relayAlarm(this, 'DeadLettersAlarm', {
      defaults: props.alarms,
      name: `${props.stage}/DeadLetters`,
      // Failures of Get3W are retried by the task's row; a dead letter is a fault of the relay itself.
      severity: 'page',
      meaning:
        `A message of ${props.stage.toLowerCase()} failed ${receivesMax} times and is in the dead-letter queue; it first failed up to ` +
        `${Math.ceil((receivesMax * visibilitySeconds) / 60)} minutes earlier; the console shows why: /console/dead-letters.`,
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
      meaning: `A message of ${props.stage.toLowerCase()} has waited ${oldestMessageSeconds} s: more messages arrive than are served.`,
      metric: this.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(1) }),
      threshold: oldestMessageSeconds,
      periods: 5,
      ...idle,
    });
  }
}
