// Alarms that belong to no single stage: Lambda's concurrency, which is the account's, messages of any queue that
// the relay itself could not serve, and budgets that are used up. Lambda's loop detection has no alarm: the template switches it off wherever a
// function sends to a queue that calls it, so it cannot drop a message of the relay.
import { Duration } from 'aws-cdk-lib';
import { Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { relayAlarm } from './alarm.ts';
import { relayMetric } from './relay-metric.ts';
import type { AlarmDefaults } from './alarm.ts';

const period = Duration.minutes(5);

interface AccountAlarmsProps {
  readonly defaults: AlarmDefaults;
}

export class AccountAlarms extends Construct {
  constructor(scope: Construct, id: string, { defaults }: AccountAlarmsProps) {
    super(scope, id);
    const { service, thresholds } = defaults;
    relayAlarm(this, 'ThrottlesAlarm', {
      defaults,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, because Lambda reports nothing while it refuses nothing.',
      name: 'Relay/Throttles',
      severity: 'ticket',
      meaning: "Lambda refused to run functions: the account's concurrency is used up, by the relay or by others.",
      // Without a dimension it counts over all functions of the account and region, as the limit itself does: one alarm
      // in place of one for each function, which would all fire together.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum', period }),
      threshold: thresholds.throttlesCount,
      periods: 3,
      breachingPeriods: 2,
    });
    relayAlarm(this, 'BatchFailuresAlarm', {
      defaults,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, because only failures are reported.',
      name: 'Relay/BatchFailures',
      severity: 'ticket',
      meaning: `${thresholds.batchFailuresCount} messages or more could not be served within five minutes and are redelivered.`,
      metric: relayMetric('BatchFailures', service, { statistic: 'Sum', period }),
      threshold: thresholds.batchFailuresCount,
      periods: 3,
      breachingPeriods: 2,
    });
    relayAlarm(this, 'BudgetAlarm', {
      defaults,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, because only budgets that are used up are reported.',
      name: 'Relay/Budget',
      severity: 'ticket',
      meaning: `${thresholds.budgetsUsedUpCount} or more balances or budgets were used up, or refused a task.`,
      metric: relayMetric('BudgetsUsedUp', service, { statistic: 'Sum', period }),
      threshold: thresholds.budgetsUsedUpCount,
    });
  }
}
