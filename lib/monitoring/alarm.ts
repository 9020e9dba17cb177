// The one way to make an alarm: every alarm has a severity, a stated missing-data rule and a runbook section.
// The construct whose resource it watches chooses its metric and threshold. An alarm that pages does not notify on its
// own: page-alarms.ts gathers them, so that one incident pages once.
import { Tags } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Duration } from 'aws-cdk-lib';
import type { CfnAlarm, CfnCompositeAlarm, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { runbookSection } from '../../core/contract/alarm-description.ts';
import type { AlarmThresholds } from './alarm-thresholds.ts';

/** `page`: an operator must act now, users are or soon will be affected. `ticket`: an operator must look this week. */
export type AlarmSeverity = 'page' | 'ticket';

/** What a page is about: `users` get errors or wait, or the relay's `work` is stuck or lost. */
export type PageSubject = 'users' | 'work';

/** What all alarms of one relay have in common. */
export interface AlarmDefaults {
  /** Name of the relay; the first part of each alarm's name. */
  readonly service: string;
  /** Notified of every change into and out of ALARM. */
  readonly topic: ITopic;
  /** Address or path of the runbook, without a section. */
  readonly runbookUrl: string;
  /** Address of CloudWatch's pages, see console-address.ts. */
  readonly consoleUrl: string;
  readonly thresholds: AlarmThresholds;
  /** Every alarm made so far, in order; relayAlarm adds to it. */
  readonly made: MadeAlarm[];
}

export interface MadeAlarm {
  readonly alarm: Alarm;
  readonly severity: AlarmSeverity;
  readonly pages: PageSubject;
  readonly onlyTogether: string | undefined;
}

export interface RelayAlarmProps {
  readonly defaults: AlarmDefaults;
  /** `Stage/WhatIsWrong`; in kebab case it is the runbook section: `Dispatch/DeadLetters`, `dispatch-dead-letters`. */
  readonly name: string;
  readonly severity: AlarmSeverity;
  /** What the page is about; ignored for a ticket. @default 'work' */
  readonly pages?: PageSubject;
  /** Pages only while all alarms with the same word are in ALARM. @default pages alone */
  readonly onlyTogether?: string;
  /** One sentence: what has happened when it fires. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** @default GREATER_THAN_OR_EQUAL_TO_THRESHOLD */
  readonly comparison?: ComparisonOperator;
  /** Periods that are evaluated. @default 1 */
  readonly periods?: number;
  /** How many of them must breach. @default all */
  readonly breachingPeriods?: number;
  readonly missingData: TreatMissingData;
  /** Why missing data is treated so; part of the description. */
  readonly missingDataReason: string;
}

/** Key of the alarm's CloudFormation metadata, which the local runtime, the documentation and tests read. */
export const ALARM_METADATA = 'relay:alarm';

export interface AlarmMetadata {
  readonly severity: AlarmSeverity;
  readonly meaning: string;
  readonly runbook: string;
  readonly section: string;
  readonly missingDataReason: string;
}

/** Makes one alarm and adds it to the list. A ticket notifies the topic itself; for a page its composite alarm does. */
export function relayAlarm(scope: Construct, id: string, props: RelayAlarmProps): Alarm {
  const { defaults, severity, missingDataReason } = props;
  checkPeriod(props);
  const alarm = new Alarm(scope, id, {
    alarmName: `${defaults.service}/${props.name}`,
    alarmDescription: alarmDescription(props),
    metric: props.metric,
    threshold: props.threshold,
    comparisonOperator: props.comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: props.periods ?? 1,
    datapointsToAlarm: props.breachingPeriods ?? props.periods ?? 1,
    treatMissingData: props.missingData,
  });
  if (severity === 'ticket') {
    alarm.addAlarmAction(new SnsAction(defaults.topic));
    // Without the notice of its end, the next alarm would be mistaken for the old one.
    alarm.addOkAction(new SnsAction(defaults.topic));
  }
  describeAlarm(alarm, alarm.node.defaultChild as CfnAlarm, props, missingDataReason);
  const { pages = 'work', onlyTogether } = props;
  defaults.made.push({ alarm, severity, pages, onlyTogether });
  return alarm;
}

/** Every metric here, AWS's own and the relay's, has one datapoint a minute: over less, an alarm would see nothing. */
const PERIOD_SECONDS_MIN = 60;

/** @throws Error for a period that the metric has no datapoints for. */
function checkPeriod({ name, metric }: RelayAlarmProps): void {
  const seconds = (metric as { readonly period?: Duration }).period?.toSeconds() ?? PERIOD_SECONDS_MIN;
  if (seconds >= PERIOD_SECONDS_MIN) return;
  throw new Error(`${name} has periods of ${seconds} s, but its metric has one datapoint a minute`);
}

type Described = Pick<RelayAlarmProps, 'defaults' | 'name' | 'severity' | 'meaning'> &
  Partial<Pick<RelayAlarmProps, 'missingDataReason'>>;

function runbookOf({ defaults, name }: Described): string {
  return `${defaults.runbookUrl}#${runbookSection(name)}`;
}

/** The text that an operator reads in a notice: what happened, what to do about it, and where to look. */
export function alarmDescription(props: Described): string {
  const { defaults, name, severity, meaning, missingDataReason } = props;
  const { consoleUrl } = defaults;
  return [
    `[${severity}] ${meaning}`,
    ...(missingDataReason === undefined ? [] : [`Missing data: ${missingDataReason}`]),
    `Runbook: ${runbookOf(props)}`,
    `Alarm: ${consoleUrl}#alarmsV2:alarm/${encodeURIComponent(`${defaults.service}/${name}`)}`,
    `Dashboard: ${consoleUrl}#dashboards/dashboard/${defaults.service}`,
  ].join(' ');
}

/** Writes the same into the template, for programs: CloudFormation has no property for it. */
export function describeAlarm(
  alarm: Construct,
  resource: CfnAlarm | CfnCompositeAlarm,
  props: Described,
  missingDataReason: string,
): void {
  const { name, severity, meaning } = props;
  const section = runbookSection(name);
  const metadata: AlarmMetadata = { severity, meaning, runbook: runbookOf(props), section, missingDataReason };
  resource.addMetadata(ALARM_METADATA, metadata);
  Tags.of(alarm).add('severity', severity);
}
