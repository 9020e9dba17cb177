// The one way to make an alarm: every alarm has a severity, a stated missing-data rule and a runbook section.
// Where it is put, on which metric and with which threshold is for the construct whose resource it watches.
import { Tags } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { CfnAlarm, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { runbookSection } from '../../functions/core/contract/alarm-description.ts';

/** `page`: somebody must look now, users are or soon will be hurt. `ticket`: somebody must look this week. */
export type AlarmSeverity = 'page' | 'ticket';

/** What all alarms of one relay have in common. */
export interface AlarmSurroundings {
  /** Name of the relay; the first part of each alarm's name. */
  readonly service: string;
  /** Told of every change into and out of ALARM. */
  readonly topic: ITopic;
  /** Address or path of the runbook, without a section. */
  readonly runbookUrl: string;
}

export interface RelayAlarmProps {
  readonly surroundings: AlarmSurroundings;
  /** `Stage/WhatIsWrong`; in kebab case it is the runbook section: `Dispatch/DeadLetters`, `dispatch-dead-letters`. */
  readonly name: string;
  readonly severity: AlarmSeverity;
  /** One sentence: what has happened when it fires. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** @default GREATER_THAN_OR_EQUAL_TO_THRESHOLD */
  readonly comparison?: ComparisonOperator;
  /** Periods looked at. @default 1 */
  readonly periods?: number;
  /** Of them, how many must breach. @default all */
  readonly breachingPeriods?: number;
  readonly missingData: TreatMissingData;
  /** Why missing data means that; part of the description. */
  readonly missingDataReason: string;
}

/** Key of the alarm's CloudFormation metadata, which the local runtime, the documentation and tests read. */
export const ALARM_METADATA = 'relay:alarm';

export interface AlarmMetadata {
  readonly severity: AlarmSeverity;
  readonly runbook: string;
  readonly section: string;
  readonly missingDataReason: string;
}

/** Makes one alarm that tells the topic when it fires and when it is over. */
export const relayAlarm = (scope: Construct, id: string, props: RelayAlarmProps): Alarm => {
  const { surroundings, name, severity, meaning, missingDataReason } = props;
  const section = runbookSection(name);
  const runbook = `${surroundings.runbookUrl}#${section}`;
  const alarm = new Alarm(scope, id, {
    alarmName: `${surroundings.service}/${name}`,
    alarmDescription: `[${severity}] ${meaning} Missing data: ${missingDataReason} Runbook: ${runbook}`,
    metric: props.metric,
    threshold: props.threshold,
    comparisonOperator: props.comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: props.periods ?? 1,
    datapointsToAlarm: props.breachingPeriods ?? props.periods ?? 1,
    treatMissingData: props.missingData,
  });
  alarm.addAlarmAction(new SnsAction(surroundings.topic));
  // Without the way back nobody knows that it is over, and the next alarm is read as the old one.
  alarm.addOkAction(new SnsAction(surroundings.topic));
  const metadata: AlarmMetadata = { severity, runbook, section, missingDataReason };
  (alarm.node.defaultChild as CfnAlarm).addMetadata(ALARM_METADATA, metadata);
  Tags.of(alarm).add('severity', severity);
  return alarm;
};
