// Alarms on the gate before Get3W, which the sweep reads every minute: a refused account, a forgotten pause, circuits
// that stay open. Most pauses end without an operator; these alarms are for the others.
import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { relayAlarm } from './alarm.ts';
import { relayMetric } from './relay-metric.ts';
import type { AlarmDefaults } from './alarm.ts';

const minute = Duration.minutes(1);
/** Value of GatePause while Get3W refuses the account; see the metric's definition. */
const ACCOUNT_REFUSED = 3;
const PAUSED = 1;

const quiet = {
  missingData: TreatMissingData.NOT_BREACHING,
  missingDataReason: 'not breaching, because a healthy gate reports nothing, and a silent sweep has its own alarm.',
} as const;

interface GateAlarmsProps {
  readonly defaults: AlarmDefaults;
}

export class GateAlarms extends Construct {
  constructor(scope: Construct, id: string, { defaults }: GateAlarmsProps) {
    super(scope, id);
    const { service, thresholds } = defaults;
    const most = (name: 'GatePause' | 'CircuitsOpen') =>
      relayMetric(name, service, { statistic: 'Maximum', period: minute });
    relayAlarm(this, 'AccountRefusedAlarm', {
      defaults,
      ...quiet,
      name: 'Gate/AccountRefused',
      severity: 'page',
      meaning: 'Get3W refuses the key or the account (401, 403): every task waits until an operator has corrected it.',
      metric: most('GatePause'),
      threshold: ACCOUNT_REFUSED,
      periods: 5,
      breachingPeriods: 3,
    });
    relayAlarm(this, 'PausedAlarm', {
      defaults,
      ...quiet,
      name: 'Gate/Paused',
      severity: 'ticket',
      meaning: `The gate has been paused for ${thresholds.pausedMinutes} minutes, by 429s or by an operator.`,
      metric: most('GatePause'),
      threshold: PAUSED,
      periods: thresholds.pausedMinutes,
    });
    relayAlarm(this, 'SlotsMiscountedAlarm', {
      defaults,
      ...quiet,
      name: 'Gate/SlotsMiscounted',
      severity: 'ticket',
      meaning: 'The gate counts other slots than its tasks hold: some are idle, or more are in use than allowed.',
      metric: relayMetric('SlotsMiscounted', service, { statistic: 'Sum', period: Duration.hours(1) }),
      threshold: 1,
      // Counted once an hour, so one hour may miss it.
      periods: 2,
      breachingPeriods: 1,
    });
    relayAlarm(this, 'CircuitsOpenAlarm', {
      defaults,
      ...quiet,
      name: 'Gate/CircuitsOpen',
      severity: 'ticket',
      meaning: `A model has failed nearly always for ${thresholds.pausedMinutes} minutes; its tasks wait.`,
      metric: most('CircuitsOpen'),
      threshold: 1,
      periods: thresholds.pausedMinutes,
    });
  }
}
