// An alarm on the failures of a made-up relay, for tests of what evaluates alarms and of what shows them.
// It goes on at five or more within a minute, by one datapoint.
import type { MetricAlarm } from '../../local/cloudwatch/alarms/alarm-definition.ts';

export const ALARM_TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';

export const alarmIdentity = {
  description: 'what happened',
  severity: 'page',
  runbook: 'docs/runbook.md#failed',
  actions: { ALARM: [ALARM_TOPIC], OK: [ALARM_TOPIC], INSUFFICIENT_DATA: [] },
} as const;

export function sampleAlarm(name: string, over: Partial<MetricAlarm> = {}): MetricAlarm {
  return {
    ...alarmIdentity,
    kind: 'metric',
    name,
    periodSeconds: 60,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missingData: 'notBreaching',
    threshold: 5,
    comparison: '>=',
    subject: {
      kind: 'metric',
      source: { namespace: 'Relay', name: 'Failed', dimensions: {}, statistic: { kind: 'sum' } },
    },
    ...over,
  };
}
