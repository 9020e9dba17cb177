// Alarms on failures: the share of attempts that fail, with which code, whether users notice, and whether attempts are
// paid twice. A share counts only above a floor of traffic; below it, a count takes over.
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

interface FailureAlarmsProps {
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
      missingDataReason: 'not breaching, because without traffic nothing fails.',
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
      // Failures come in waves: while retries wait, so few attempts end that the floor turns the share into zero. Two
      // of six fires as soon as two of three would, and stays on until the waves are over.
      periods: 6,
      breachingPeriods: 2,
    });
  }

  /** One alarm with a state for each code, including codes that do not exist yet. */
  #addEveryCode(): void {
    const { service, thresholds } = this.#defaults;
    const query =
      `SELECT SUM(AttemptsFailed) FROM SCHEMA("${METRIC_NAMESPACE}", service, code) ` +
      `WHERE service = '${service}' GROUP BY code ORDER BY SUM() DESC`;
    this.#alarm('EveryCodeAlarm', {
      name: 'Settle/FailuresByCode',
      severity: 'ticket',
      meaning: `${thresholds.failuresPerCodeCount} attempts or more failed with the same code within five minutes.`,
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

  /** When five minutes have too few outcomes for a share, the failures of an hour are counted. */
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
   * Losses that use up the objective's budget too fast, over a short and a long window that page only together: the
   * long one shows that it matters, the short one that it still continues.
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
        meaning: `${threshold} % or more of the tasks of ${window} failed although their requests were valid.`,
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
      meaning: `${tasksLostCount} tasks or more failed within an hour although their requests were valid.`,
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
    // Usual spend depends on the deployment.
    if (spendPerHour === 0) return;
    this.#alarm('SpendAlarm', {
      name: 'Settle/Spend',
      severity: 'page',
      meaning: `The attempts of one hour cost ${spendPerHour} or more, by the price table.`,
      metric: this.#sum('Spend', hour),
      threshold: spendPerHour,
    });
  }

  #addCallbacks(): void {
    const { forgedCallbacksCount } = this.#defaults.thresholds;
    this.#alarm('CallbacksForgedAlarm', {
      name: 'Settle/CallbacksForged',
      severity: 'ticket',
      meaning: `${forgedCallbacksCount} callbacks or more came within five minutes with tokens that the relay did not issue.`,
      metric: this.#sum('CallbacksForged'),
      threshold: forgedCallbacksCount,
    });
  }
}
