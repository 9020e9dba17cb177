// When alarms fire: every threshold with its default and the reason for it. A deployment overrides any of them;
// synthesis refuses values that could not work.
import * as z from 'zod';
import { defaultMediaSettings } from '../../core/domain/media/media-settings.ts';
import { HOUR_MS, SECOND_MS } from '../../core/domain/time-ms.ts';
import type { MediaSettings } from '../../core/domain/media/media-settings.ts';

export interface AlarmThresholds {
  /** Outcomes within one period below which a share means nothing: one failure of two would be half of all. */
  readonly outcomesFloor: number;
  /** Share of attempts that fail, whatever the code. One failure in four is a provider's ordinary bad day. */
  readonly attemptsFailedPercent: number;
  /** Attempts that fail with the same code within five minutes. */
  readonly failuresPerCodeCount: number;
  /** Attempts that fail within an hour whose traffic stays under the floor. */
  readonly failuresAtLowTrafficCount: number;
  /** The objective: the share of the tasks with valid requests that should complete. */
  readonly tasksServedPercent: number;
  /**
   * How many times faster than the objective allows tasks must be lost to page. 14.4 uses up a month's budget in two
   * days.
   */
  readonly burnFactor: number;
  /** Tasks lost within an hour with too few tasks for a share. */
  readonly tasksLostCount: number;
  /** Submits within five minutes whose answer was lost. */
  readonly doubtsCount: number;
  /** Successes within an hour that no task could use. A few come from tasks cancelled while they ran. */
  readonly doublePaymentsCount: number;
  /** Callbacks within five minutes with a token that the relay did not issue. */
  readonly forgedCallbacksCount: number;
  /** Spend within an hour, in the currency of the price table; 0 for no alarm. */
  readonly spendPerHour: number;
  /** Balances and budgets of accounts that are used up within five minutes. */
  readonly budgetsUsedUpCount: number;
  /** Fewest tasks of a usual hour; 0 for no alarm, because the usual traffic depends on the deployment. */
  readonly tasksPerHourMin: number;
  /** Share of answers of status 500 and above. */
  readonly serverErrorsPercent: number;
  /** Share of answers of status 400 to 499: a sign that a change broke a client. */
  readonly clientErrorsPercent: number;
  /** Answers 429 within five minutes. */
  readonly rateLimitedCount: number;
  /** Time within which 99 of 100 calls are answered. */
  readonly apiTimeMs: number;
  /** Crashes and timeouts of one function within five minutes. */
  readonly functionErrorsCount: number;
  /** Longest run of a function, as a share of its timeout. */
  readonly timeoutPercent: number;
  /** Refusals of Lambda within five minutes, in the whole account. */
  readonly throttlesCount: number;
  /** Age of the oldest message of a queue. More than the 900 s for which SQS may delay a doorbell on purpose. */
  readonly oldestMessageSeconds: number;
  /** Messages within five minutes that the relay itself could not serve. */
  readonly batchFailuresCount: number;
  /** Minutes without a sweep. */
  readonly heartbeatMinutes: number;
  /** How long work may be overdue when the sweep finds it. */
  readonly overdueSeconds: number;
  /** Doorbells within five minutes that the sweep had to send again. */
  readonly repairsCount: number;
  /** How long the gate may stay paused, or a circuit open, before an operator should look. */
  readonly pausedMinutes: number;
  /** Share of webhook calls that fail. Half means one receiver with many webhooks, or many receivers. */
  readonly deliveriesFailedPercent: number;
  /** Webhooks within five minutes that were given up. */
  readonly deliveriesExhaustedCount: number;
  /** Age of the event that has waited longest for its webhook. */
  readonly undeliveredSeconds: number;
  /** Age of an output that is not kept; half of `media.expiryMs`, after which Get3W deletes outputs, unless it is set. */
  readonly unkeptSeconds: number;
  /** Outputs within five minutes that were given up. */
  readonly outputsLostCount: number;
  /** Reads and writes within five minutes that DynamoDB refused. */
  readonly storeThrottlesCount: number;
  /**
   * Writes within five minutes that conflicted with another on the same item. One a second is much: most are repeated.
   */
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
  budgetsUsedUpCount: 1,
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
  unkeptSeconds: defaultMediaSettings.expiryMs / 2 / SECOND_MS,
  outputsLostCount: 1,
  storeThrottlesCount: 10,
  storeConflictsCount: 300,
};

/** Within a minute a usual output is kept, and no alarm is evaluated sooner. */
const UNKEPT_SECONDS_MIN = 60;

const percent = z.number().gt(0).max(100);
const count = z.number().min(1);
/** Alarms look back for an hour and a half at most, because the local runtime keeps three hours of metrics. */
const minutes = z.int().min(1).max(90);

const schema = z.strictObject({
  outcomesFloor: count,
  attemptsFailedPercent: percent,
  failuresPerCodeCount: count,
  failuresAtLowTrafficCount: count,
  // At 100, one lost task of a million would page.
  tasksServedPercent: z.number().min(50).max(99.99),
  burnFactor: z.number().min(1).max(100),
  tasksLostCount: count,
  doubtsCount: count,
  doublePaymentsCount: count,
  forgedCallbacksCount: count,
  spendPerHour: z.number().min(0),
  budgetsUsedUpCount: count,
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
  unkeptSeconds: z.number().min(UNKEPT_SECONDS_MIN),
  outputsLostCount: count,
  storeThrottlesCount: count,
  storeConflictsCount: count,
});

/**
 * @param media when outputs expire: half of it is the threshold unless another is chosen.
 * @throws Error that names every threshold that is not allowed, and why.
 */
export function resolveThresholds(
  overrides: Partial<AlarmThresholds> = {},
  { expiryMs }: Pick<MediaSettings, 'expiryMs'> = defaultMediaSettings,
): AlarmThresholds {
  const unkeptSeconds = Math.max(UNKEPT_SECONDS_MIN, expiryMs / 2 / SECOND_MS);
  const result = schema.safeParse({ ...defaultThresholds, unkeptSeconds, ...overrides });
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `  alarmThresholds has no ${issue.keys.join(', ')}`
      : `  alarmThresholds.${issue.path.join('.')}: ${issue.message}`,
  );
  throw new Error(['These alarm thresholds cannot be deployed:', ...lines].join('\n'));
}

/** Percentage of lost tasks at which the error budget is used up too fast. */
export function burningPercent({ tasksServedPercent, burnFactor }: AlarmThresholds): number {
  return Math.min(100, Math.round((100 - tasksServedPercent) * burnFactor * 100) / 100);
}
