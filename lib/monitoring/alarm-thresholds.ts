// When alarms fire: every threshold with its default and the reason for it. A deployment overrides any of them; what
// could not work is refused at synthesis.
import * as z from 'zod';
import { HOUR_MS, SECOND_MS } from '../../core/domain/time-ms.ts';

export interface AlarmThresholds {
  /** Outcomes within one period under which a share says nothing: one failure of two would be half of all. */
  readonly outcomesFloor: number;
  /** Share of attempts that fail, whatever the code. Every fourth failing is a usual bad day of a provider. */
  readonly attemptsFailedPercent: number;
  /** Attempts that fail with one and the same code within five minutes. */
  readonly failuresPerCodeCount: number;
  /** Attempts that fail within an hour whose traffic stays under the floor. */
  readonly failuresAtLowTrafficCount: number;
  /** The objective: of the tasks whose requests are in order, so many are to complete. */
  readonly tasksServedPercent: number;
  /** How many times faster than the objective allows losses must come to page. 14.4 uses up a month's in two days. */
  readonly burnFactor: number;
  /** Tasks lost within an hour, where there are too few for a share. */
  readonly tasksLostCount: number;
  /** Submits within five minutes whose answer was lost. */
  readonly doubtsCount: number;
  /** Successes within an hour that no task could use. A few come from tasks cancelled while they ran. */
  readonly doublePaymentsCount: number;
  /** Callbacks within five minutes with a token that nobody gave out. */
  readonly forgedCallbacksCount: number;
  /** Spend within an hour, in the currency of the price table; 0 for no alarm. */
  readonly spendPerHour: number;
  /** Tasks that an hour has at least; 0 for no alarm, because only who runs the relay knows its usual traffic. */
  readonly tasksPerHourMin: number;
  /** Share of answers of status 500 and above. */
  readonly serverErrorsPercent: number;
  /** Share of answers of status 400 to 499: a client that was changed for the worse. */
  readonly clientErrorsPercent: number;
  /** Answers 429 within five minutes. */
  readonly rateLimitedCount: number;
  /** Time in which 99 of 100 calls are answered. */
  readonly apiTimeMs: number;
  /** Crashes and timeouts of one function within five minutes. */
  readonly functionErrorsCount: number;
  /** Longest run of a function, as a share of the time it may take. */
  readonly timeoutPercent: number;
  /** Refusals of Lambda within five minutes, in the whole account. */
  readonly throttlesCount: number;
  /** Age of the oldest message of a queue. More than 900 s, for so long SQS delays a doorbell on purpose. */
  readonly oldestMessageSeconds: number;
  /** Messages within five minutes that the relay itself could not serve. */
  readonly batchFailuresCount: number;
  /** Minutes without a sweep. */
  readonly heartbeatMinutes: number;
  /** How late a row may be when sweep finds it. */
  readonly overdueSeconds: number;
  /** Doorbells within five minutes that sweep had to ring again. */
  readonly repairsCount: number;
  /** How long the gate may stay paused, or a circuit open, before somebody looks. */
  readonly pausedMinutes: number;
  /** Share of webhook calls that fail. Half is a receiver of many, or many receivers. */
  readonly deliveriesFailedPercent: number;
  /** Webhooks within five minutes that were given up. */
  readonly deliveriesExhaustedCount: number;
  /** Age of the event that has waited longest for its webhook. */
  readonly undeliveredSeconds: number;
  /** Reads and writes within five minutes that DynamoDB refused. */
  readonly storeThrottlesCount: number;
  /** Writes within five minutes that met another on the same item. One a second is much: most are made a second time. */
  readonly storeConflictsCount: number;
}

export const defaultThresholds: AlarmThresholds = {
  outcomesFloor: 20,
  attemptsFailedPercent: 30,
  failuresPerCodeCount: 50,
  failuresAtLowTrafficCount: 10,
  tasksServedPercent: 99.5,
  burnFactor: 14.4,
  tasksLostCount: 3,
  doubtsCount: 10,
  doublePaymentsCount: 5,
  forgedCallbacksCount: 20,
  spendPerHour: 0,
  tasksPerHourMin: 0,
  serverErrorsPercent: 5,
  clientErrorsPercent: 50,
  rateLimitedCount: 100,
  apiTimeMs: 3_000,
  functionErrorsCount: 3,
  timeoutPercent: 80,
  throttlesCount: 10,
  oldestMessageSeconds: 1_200,
  batchFailuresCount: 10,
  heartbeatMinutes: 5,
  overdueSeconds: 300,
  repairsCount: 20,
  pausedMinutes: 15,
  deliveriesFailedPercent: 50,
  deliveriesExhaustedCount: 1,
  undeliveredSeconds: HOUR_MS / SECOND_MS,
  storeThrottlesCount: 10,
  storeConflictsCount: 300,
};

const percent = z.number().gt(0).max(100);
const count = z.number().min(1);
/** Alarms look back for an hour and a half at most: the local runtime keeps three hours, and looks further back. */
const minutes = z.int().min(1).max(90);

const schema = z.strictObject({
  outcomesFloor: count,
  attemptsFailedPercent: percent,
  failuresPerCodeCount: count,
  failuresAtLowTrafficCount: count,
  // At 100 nothing could be lost, and one lost task of a million would page.
  tasksServedPercent: z.number().min(50).max(99.99),
  burnFactor: z.number().min(1).max(100),
  tasksLostCount: count,
  doubtsCount: count,
  doublePaymentsCount: count,
  forgedCallbacksCount: count,
  spendPerHour: z.number().min(0),
  tasksPerHourMin: z.number().min(0),
  serverErrorsPercent: percent,
  clientErrorsPercent: percent,
  rateLimitedCount: count,
  apiTimeMs: count,
  functionErrorsCount: count,
  timeoutPercent: percent,
  throttlesCount: count,
  oldestMessageSeconds: z.number().gt(900),
  batchFailuresCount: count,
  heartbeatMinutes: minutes,
  overdueSeconds: z.number().min(60),
  repairsCount: count,
  pausedMinutes: minutes,
  deliveriesFailedPercent: percent,
  deliveriesExhaustedCount: count,
  undeliveredSeconds: z.number().min(60),
  storeThrottlesCount: count,
  storeConflictsCount: count,
});

/** @throws Error that names every threshold that is not allowed, and why. */
export function resolveThresholds(overrides: Partial<AlarmThresholds> = {}): AlarmThresholds {
  const result = schema.safeParse({ ...defaultThresholds, ...overrides });
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `  alarmThresholds has no ${issue.keys.join(', ')}`
      : `  alarmThresholds.${issue.path.join('.')}: ${issue.message}`,
  );
  throw new Error(['These alarm thresholds cannot be deployed:', ...lines].join('\n'));
}

/** Share of tasks lost at which losses burn too fast. */
export function burningPercent({ tasksServedPercent, burnFactor }: AlarmThresholds): number {
  return Math.min(100, Math.round((100 - tasksServedPercent) * burnFactor * 100) / 100);
}
