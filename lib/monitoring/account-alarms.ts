// Alarms on what belongs to no one stage: Lambda's concurrency and its guard against loops, which are the account's,
// and messages of any queue that the relay itself could not serve.
import { Duration } from 'aws-cdk-lib';
import { Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { relayAlarm } from './alarm.ts';
import { relayMetric } from './relay-metric.ts';
import type { AlarmDefaults } from './alarm.ts';

const period = Duration.minutes(5);

export interface AccountAlarmsProps {
  readonly defaults: AlarmDefaults;
}

export class AccountAlarms extends Construct {
  constructor(scope: Construct, id: string, { defaults }: AccountAlarmsProps) {
    super(scope, id);
    const { service, thresholds } = defaults;
    // Without a dimension these count over all functions of account and region, as the limit does that they are about:
    // one alarm in place of one for each function, which all would fire together.
    const ofLambda = (metricName: string) =>
      new Metric({ namespace: 'AWS/Lambda', metricName, statistic: 'Sum', period });
    const quiet = {
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, for Lambda reports nothing while nothing is refused.',
    } as const;
    relayAlarm(this, 'ThrottlesAlarm', {
      defaults,
      ...quiet,
      name: 'Relay/Throttles',
      severity: 'ticket',
      meaning: "Lambda refused to run functions: the account's concurrency is used up, by the relay or by others.",
      metric: ofLambda('Throttles'),
      threshold: thresholds.throttlesCount,
      periods: 3,
      breachingPeriods: 2,
    });
    relayAlarm(this, 'RecursionDroppedAlarm', {
      defaults,
      ...quiet,
      name: 'Relay/RecursionDropped',
      severity: 'page',
      meaning: 'Lambda took messages that a function sends itself for an endless loop, and dropped them.',
      metric: ofLambda('RecursiveInvocationsDropped'),
      threshold: 1,
    });
    relayAlarm(this, 'BatchFailuresAlarm', {
      defaults,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, for only failures are reported.',
      name: 'Relay/BatchFailures',
      severity: 'ticket',
      meaning: `${thresholds.batchFailuresCount} messages or more could not be served within five minutes and come again.`,
      metric: relayMetric('BatchFailures', service, { statistic: 'Sum', period }),
      threshold: thresholds.batchFailuresCount,
      periods: 3,
      breachingPeriods: 2,
    });
  }
}
