// The calls about metrics and alarms: a part of operations.ts, which is the whole list.
// functions/monitoring answers them.
import * as z from 'zod';
import {
  acknowledgeSchema,
  alarmHistorySchema,
  alarmSchema,
  alarmsSchema,
  metricsSchema,
} from './monitoring-schemas.ts';
import { DAY_ALONE, givenMoment } from './named.ts';
import { metricStatistics } from '../monitoring.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

export const monitoringOperations = {
  readMetrics: {
    tag: 'Operators',
    summary: 'Read metrics of the relay from CloudWatch',
    query: {
      name: { description: 'One to ten names, separated by commas.', schema: z.string().min(1), required: true },
      dimensions: { description: '`code=http-429`, or `code=*` for a series of each code.', schema: z.string() },
      statistic: { description: '`Sum` by default.', schema: z.enum(metricStatistics) },
      period: {
        description: 'Seconds; 60 by default. `all`: one point for the whole time, of up to 30 days.',
        schema: z.union([z.int().min(1).max(86_400), z.literal('all')]),
      },
      from: { description: `Three hours before \`to\` by default. ${DAY_ALONE}`, schema: givenMoment },
      to: { description: `Now by default. ${DAY_ALONE}`, schema: givenMoment },
    },
    status: 200,
    answer: metricsSchema,
    errors: [504],
    operator: true,
  },
  listAlarms: {
    tag: 'Operators',
    summary: 'List the alarms of the relay',
    status: 200,
    answer: alarmsSchema,
    errors: [504],
    operator: true,
  },
  readAlarmHistory: {
    tag: 'Operators',
    summary: 'Show when alarms went on and off',
    description: 'CloudWatch keeps it for thirty days.',
    query: {
      from: { description: `24 hours before \`to\` by default. ${DAY_ALONE}`, schema: givenMoment },
      to: { description: `Now by default. ${DAY_ALONE}`, schema: givenMoment },
      name: { description: 'Of one alarm only.', schema: z.string().min(1) },
    },
    status: 200,
    answer: alarmHistorySchema,
    errors: [504],
    operator: true,
  },
  acknowledgeAlarm: {
    tag: 'Operators',
    summary: 'Acknowledge an alarm that is on',
    description: 'Says with your name that you are at it. It ends with the alarm.',
    body: { schema: acknowledgeSchema, required: true },
    status: 200,
    answer: alarmSchema,
    errors: [404, 409, 504],
    operator: true,
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
