// Metrics and alarms as `GET /v1/monitoring/…` answers them. Held equal to monitoring.ts by the compiler, and to real
// answers by the system tests.
import * as z from 'zod';
import { moment, named } from './named.ts';
import { metricStatistics } from '../monitoring.ts';
import type { PublicAlarms } from '../monitoring.ts';

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

export const alarmsSchema = named(
  'Alarms',
  'Every alarm of the relay, those that fire first.',
  z.strictObject({
    alarms: z.array(
      z.strictObject({
        name: z.string().meta({ examples: ['Settle/FailureRate'] }),
        state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
        reason: z.string(),
        since: moment.nullable(),
        severity: z.string().nullable(),
        meaning: z.string(),
        runbook: z.string().meta({ description: 'The anchor of its section in the runbook.' }),
        condition: conditionSchema.nullable().meta({ description: 'Null for an alarm over other alarms.' }),
        codes: z.array(z.string()),
      }),
    ),
  }),
) satisfies z.ZodType<PublicAlarms>;

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
