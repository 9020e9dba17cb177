// Alarms on failures: how large a share of the attempts fails, with which code, whether users feel it, and whether
// somebody pays twice. A share counts only above a floor of traffic, below it a count takes over.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../../core/contract/metrics.ts';
import { relayAlarm } from './alarm.ts';
import { burningPercent } from './alarm-thresholds.ts';
import { percentAboveFloor, relayMetric } from './relay-metric.ts';
import type { MetricName } from '../../core/contract/metrics.ts';
import type { AlarmDefaults, RelayAlarmProps } from './alarm.ts';

const fiveMinutes = Duration.minutes(5);
const hour = Duration.hours(1);
const PERIODS_PER_HOUR = 12;

export interface FailureAlarmsProps {
  readonly defaults: AlarmDefaults;
}

export class FailureAlarms extends Construct {
  readonly #defaults: AlarmDefaults;

  constructor(scope: Construct, id: string, { defaults }: FailureAlarmsProps) {
    super(scope, id);
    this.#defaults = defaults;
    this.#addAttemptRate();
    this.#addEveryCode();
    this.#addLowTraffic();
    this.#addBurnRate();
    this.#addTasksLost();
    this.#addMoney();
    this.#addCallbacks();
  }

  #sum(name: MetricName, period = fiveMinutes) {
    return relayMetric(name, this.#defaults.service, { statistic: 'Sum', period });
  }

  #alarm(id: string, props: Omit<RelayAlarmProps, 'defaults' | 'missingData' | 'missingDataReason'>): void {
    relayAlarm(this, id, {
      defaults: this.#defaults,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, for without traffic nothing fails.',
      ...props,
    });
  }

  #addAttemptRate(): void {
    const { attemptsFailedPercent, outcomesFloor } = this.#defaults.thresholds;
    this.#alarm('AttemptRateAlarm', {
      name: 'Settle/FailureRate',
      severity: 'ticket',
      meaning: `${attemptsFailedPercent} % or more of the attempts at Get3W failed, whatever the code.`,
      metric: percentAboveFloor(this.#sum('AttemptsFailed'), this.#sum('AttemptsEnded'), {
        floor: outcomesFloor,
        period: fiveMinutes,
      }),
      threshold: attemptsFailedPercent,
      // Failures come in waves: while retries wait, so few attempts end that the floor makes a zero of the share. Two of
      // six go on as soon as two of three would, and stay on until the waves are over.
      periods: 6,
      breachingPeriods: 2,
    });
  }

  /** One alarm with a state for each code, also for codes that do not exist yet. */
  #addEveryCode(): void {
    const { service, thresholds } = this.#defaults;
    const query =
      `SELECT SUM(AttemptsFailed) FROM SCHEMA("${METRIC_NAMESPACE}", service, code) ` +
      `WHERE service = '${service}' GROUP BY code ORDER BY SUM() DESC`;
    this.#alarm('EveryCodeAlarm', {
      name: 'Settle/FailuresByCode',
      severity: 'ticket',
      meaning: `${thresholds.failuresPerCodeCount} attempts or more failed with one and the same code within five minutes.`,
      metric: new MathExpression({
        expression: query,
        usingMetrics: {},
        period: fiveMinutes,
        label: 'Failed attempts by code',
      }),
      threshold: thresholds.failuresPerCodeCount,
      periods: 3,
      breachingPeriods: 2,
    });
  }

  /** Where five minutes have too few outcomes for a share, an hour's failures are counted. */
  #addLowTraffic(): void {
    const { failuresAtLowTrafficCount, outcomesFloor } = this.#defaults.thresholds;
    this.#alarm('LowTrafficAlarm', {
      name: 'Settle/FailuresAtLowTraffic',
      severity: 'ticket',
      meaning: `${failuresAtLowTrafficCount} attempts or more failed within an hour of little traffic.`,
      metric: new MathExpression({
        expression: `IF(FILL(n, 0) < ${outcomesFloor * PERIODS_PER_HOUR}, FILL(e, 0), 0)`,
        usingMetrics: { n: this.#sum('AttemptsEnded', hour), e: this.#sum('AttemptsFailed', hour) },
        period: hour,
        label: 'Failed attempts',
      }),
      threshold: failuresAtLowTrafficCount,
    });
  }

  /**
   * Losses that burn the objective too fast, over a short and a long window that page only together: the long one says
   * that it matters, the short one that it still goes on.
   */
  #addBurnRate(): void {
    const { thresholds } = this.#defaults;
    const threshold = burningPercent(thresholds);
    for (const [id, name, window, period] of [
      ['BurnNowAlarm', 'Settle/TasksLostNow', 'five minutes', fiveMinutes],
      ['BurnHourAlarm', 'Settle/TasksLostHour', 'an hour', hour],
    ] as const) {
      this.#alarm(id, {
        name,
        severity: 'page',
        pages: 'users',
        onlyTogether: 'burn rate',
        meaning: `${threshold} % or more of the tasks of ${window} failed although their requests were in order.`,
        metric: percentAboveFloor(this.#sum('TasksLost', period), this.#sum('TasksEnded', period), {
          floor: thresholds.outcomesFloor,
          period,
        }),
        threshold,
      });
    }
  }

  #addTasksLost(): void {
    const { tasksLostCount } = this.#defaults.thresholds;
    this.#alarm('TasksLostAlarm', {
      name: 'Settle/TasksLost',
      severity: 'ticket',
      meaning: `${tasksLostCount} tasks or more failed within an hour although their requests were in order.`,
      metric: this.#sum('TasksLost', hour),
      threshold: tasksLostCount,
    });
  }

  #addMoney(): void {
    const { doublePaymentsCount, doubtsCount, spendPerHour } = this.#defaults.thresholds;
    this.#alarm('DoublePaymentsAlarm', {
      name: 'Settle/DoublePayments',
      severity: 'ticket',
      meaning: `${doublePaymentsCount} attempts or more succeeded within an hour for tasks that could not use them.`,
      metric: this.#sum('UnusedSuccesses', hour),
      threshold: doublePaymentsCount,
    });
    this.#alarm('DoubtsAlarm', {
      name: 'Dispatch/Doubts',
      severity: 'ticket',
      meaning: `The answers to ${doubtsCount} submits or more were lost within five minutes.`,
      metric: this.#sum('DoubtsEntered'),
      threshold: doubtsCount,
      periods: 3,
      breachingPeriods: 2,
    });
    // What is usual spend only a deployment can know.
    if (spendPerHour === 0) return;
    this.#alarm('SpendAlarm', {
      name: 'Settle/Spend',
      severity: 'page',
      meaning: `Attempts of one hour cost ${spendPerHour} or more, by the price table.`,
      metric: this.#sum('Spend', hour),
      threshold: spendPerHour,
    });
  }

  #addCallbacks(): void {
    const { forgedCallbacksCount } = this.#defaults.thresholds;
    this.#alarm('CallbacksForgedAlarm', {
      name: 'Settle/CallbacksForged',
      severity: 'ticket',
      meaning: `${forgedCallbacksCount} callbacks or more came within five minutes with tokens that nobody gave out.`,
      metric: this.#sum('CallbacksForged'),
      threshold: forgedCallbacksCount,
    });
  }
}
