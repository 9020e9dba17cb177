// The plan of a schedule of the template: which function is called, how often and with what. Rates only: cron makes no
// sense in a runtime that is stopped at night, and is refused.
import { readFunctionName } from '../queues/source-plan.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { ResourceReader } from '../template/resource-reader.ts';

export interface SchedulePlan {
  readonly name: string;
  readonly functionName: string;
  readonly periodMs: number;
  /** JSON text that the function gets as its event. */
  readonly input: string;
}

const unitMs: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** Reads `AWS::Scheduler::Schedule`; undefined for one that is switched off. */
export function readSchedule(name: string, properties: ResourceReader): SchedulePlan | undefined {
  properties.passOver('Name', 'Description', 'GroupName', 'KmsKeyArn', 'ScheduleExpressionTimezone');
  // A window spreads the load of many schedules, and a retry policy helps when a service is down: neither applies here.
  properties.passOver('FlexibleTimeWindow');
  const target = properties.section('Target');
  target.passOver('RoleArn', 'RetryPolicy', 'DeadLetterConfig');
  const plan: SchedulePlan = {
    name,
    functionName: readFunctionName(target, 'Arn'),
    periodMs: readPeriodMs(properties),
    input: target.optionalText('Input') ?? '{}',
  };
  return properties.optionalText('State') === 'DISABLED' ? undefined : plan;
}

function readPeriodMs(properties: ResourceReader): number {
  const expression = properties.text('ScheduleExpression');
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const periodMs = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (!(periodMs > 0))
    throw properties.refusal('ScheduleExpression', `${expression} is not supported here, only rate(…)`);
  return periodMs;
}
