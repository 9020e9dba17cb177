// Metrics and alarms as `GET /v1/monitoring/…` answers them. Held equal to monitoring.ts by the compiler, and to real
// answers by the system tests.
import * as z from 'zod';
import { moment, named } from './named.ts';
import { REASON_CHARS_MAX } from '../../domain/audit-entry.ts';
import { metricStatistics } from '../monitoring.ts';
import type { PublicAlarm, PublicAlarmHistory, PublicAlarms } from '../monitoring.ts';

const dimensions = z.record(z.string(), z.string());

const conditionSchema = z.strictObject({
  comparison: z.enum(['>', '>=', '<', '<=']),
  threshold: z.number(),
  breaching: z.int(),
  periods: z.int(),
  period: z.int().nullable().meta({ description: 'Seconds.' }),
  floor: z
    .strictObject({ metric: z.string(), count: z.number() })
    .nullable()
    .meta({ description: 'The least count of a metric in a period from which the alarm judges it.' }),
  metrics: z.array(z.strictObject({ name: z.string(), dimensions })),
});

const state = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);

export const alarmSchema = named(
  'Alarm',
  'One alarm of the relay.',
  z.strictObject({
    name: z.string().meta({ examples: ['Settle/FailureRate'] }),
    state,
    reason: z.string(),
    since: moment.nullable(),
    severity: z.string().nullable(),
    meaning: z.string(),
    runbook: z.string().meta({ description: 'The anchor of its section in the runbook.' }),
    condition: conditionSchema.nullable().meta({ description: 'Null for an alarm over other alarms.' }),
    codes: z.array(z.string()),
    acknowledged: z
      .strictObject({ by: z.string(), at: moment, reason: z.string().nullable() })
      .nullable()
      .meta({ description: 'Who is at it, by the name of the key or its account; over when the alarm is.' }),
  }),
) satisfies z.ZodType<PublicAlarm>;

export const alarmsSchema = named(
  'Alarms',
  'Every alarm of the relay, those that fire first.',
  z.strictObject({ alarms: z.array(alarmSchema) }),
) satisfies z.ZodType<PublicAlarms>;

export const alarmHistorySchema = named(
  'AlarmHistory',
  'When alarms of the relay went on and off.',
  z.strictObject({
    from: moment,
    to: moment,
    complete_from: moment.meta({
      description:
        'Every change from here on is in the answer: later than `from` where there were too many, or CloudWatch took too long.',
    }),
    changes: z
      .array(z.strictObject({ name: z.string(), at: moment, previous: state, state, reason: z.string() }))
      .meta({ description: 'The latest first.' }),
  }),
) satisfies z.ZodType<PublicAlarmHistory>;

export const acknowledgeSchema = named(
  'Acknowledge',
  'Which alarm you are at.',
  z.strictObject({
    name: z
      .string()
      .min(1)
      .max(100)
      .meta({
        description: 'As the list of alarms has it, without the name of the relay.',
        examples: ['Settle/FailureRate'],
      }),
    reason: z
      .string()
      .min(1)
      .max(REASON_CHARS_MAX)
      .nullish()
      .meta({ description: 'What you do about it: shown beside the alarm, and kept in the audit log.' }),
  }),
);

export const metricsSchema = named(
  'Metrics',
  'Series of the relay from CloudWatch.',
  z.strictObject({
    period: z.int().meta({ description: 'Seconds.' }),
    from: moment,
    to: moment,
    series: z.array(
      z.strictObject({
        name: z.string(),
        statistic: z.enum(metricStatistics),
        dimensions,
        datapoints: z
          .array(z.strictObject({ timestamp: moment, value: z.number() }))
          .meta({ description: 'Oldest first; periods in which nothing was measured are absent.' }),
      }),
    ),
    metrics_read: z.int().min(0).meta({ description: 'Series that CloudWatch was asked for, $0.01 per thousand.' }),
  }),
);
