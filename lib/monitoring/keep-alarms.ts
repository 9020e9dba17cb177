// Alarms on outputs that are to be kept: the oldest of them against the time at which Get3W deletes it, and outputs that
// are lost. A single server that is down for minutes is ridden out by retries and no alarm.
import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { relayAlarm } from './alarm.ts';
import { relayMetric } from './relay-metric.ts';
import type { AlarmDefaults } from './alarm.ts';

const quiet = {
  missingData: TreatMissingData.NOT_BREACHING,
  missingDataReason: 'not breaching, because without outputs to keep nothing is reported.',
} as const;

interface KeepAlarmsProps {
  readonly defaults: AlarmDefaults;
}

export class KeepAlarms extends Construct {
  constructor(scope: Construct, id: string, { defaults }: KeepAlarmsProps) {
    super(scope, id);
    const { service, thresholds } = defaults;
    relayAlarm(this, 'OldestUnkeptAlarm', {
      defaults,
      ...quiet,
      name: 'Keep/OldestUnkept',
      severity: 'page',
      meaning: `An output has not been kept for ${thresholds.unkeptSeconds} s, half of the time until Get3W deletes it.`,
      metric: relayMetric('OldestUnkept', service, { statistic: 'Maximum', period: Duration.hours(1) }),
      threshold: thresholds.unkeptSeconds,
      // Failed tries report it, up to an hour apart, so one period may be without; the sweep reports it where none is made.
      periods: 2,
      breachingPeriods: 1,
    });
    relayAlarm(this, 'LostAlarm', {
      defaults,
      ...quiet,
      name: 'Keep/OutputsLost',
      severity: 'ticket',
      meaning: 'An output was given up and will not be in the bucket.',
      metric: relayMetric('OutputsLost', service, { statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: thresholds.outputsLostCount,
    });
  }
}
