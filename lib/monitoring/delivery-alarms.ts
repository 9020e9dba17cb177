// Alarms on webhooks. A single receiver that is down is its owner's to repair, and the relay rides it out; these alarms
// report when many receivers fail, when a webhook was given up, and when one has waited for long.
import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { relayAlarm } from './alarm.ts';
import { percentAboveFloor, relayMetric } from './relay-metric.ts';
import type { MetricName } from '../../core/contract/metrics.ts';
import type { AlarmDefaults } from './alarm.ts';

const period = Duration.minutes(5);
const quiet = {
  missingData: TreatMissingData.NOT_BREACHING,
  missingDataReason: 'not breaching, because without webhooks none can fail.',
} as const;

/** The metrics are of all receivers together: which one it is, the console tells, the worst first. */
const WHERE = 'the console names the endpoint: /console/webhooks.';

interface DeliveryAlarmsProps {
  readonly defaults: AlarmDefaults;
}

export class DeliveryAlarms extends Construct {
  constructor(scope: Construct, id: string, { defaults }: DeliveryAlarmsProps) {
    super(scope, id);
    const { service, thresholds } = defaults;
    const sum = (name: MetricName) => relayMetric(name, service, { statistic: 'Sum', period });
    relayAlarm(this, 'FailureRateAlarm', {
      defaults,
      ...quiet,
      name: 'Deliver/FailureRate',
      severity: 'ticket',
      meaning: `${thresholds.deliveriesFailedPercent} % or more of the webhook calls failed; ${WHERE}`,
      metric: percentAboveFloor(sum('DeliveriesFailed'), sum('DeliveriesAttempted'), {
        floor: thresholds.outcomesFloor,
        period,
      }),
      threshold: thresholds.deliveriesFailedPercent,
      periods: 3,
      breachingPeriods: 2,
    });
    relayAlarm(this, 'ExhaustedAlarm', {
      defaults,
      ...quiet,
      name: 'Deliver/Exhausted',
      severity: 'ticket',
      meaning: `A webhook was given up after all its retries, or its endpoint was disabled; ${WHERE}`,
      metric: sum('DeliveriesExhausted'),
      threshold: thresholds.deliveriesExhaustedCount,
    });
    relayAlarm(this, 'OldestUndeliveredAlarm', {
      defaults,
      ...quiet,
      name: 'Deliver/OldestUndelivered',
      severity: 'ticket',
      meaning: `An event has waited ${thresholds.undeliveredSeconds} s or longer for its webhook; ${WHERE}`,
      metric: relayMetric('OldestUndelivered', service, { statistic: 'Maximum', period }),
      threshold: thresholds.undeliveredSeconds,
      periods: 3,
    });
  }
}
