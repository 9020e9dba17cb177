// Alarms on failures by error code: how large a share of the attempts fails, with which code, and whether users feel it.
// Codes come from the error catalogue; a rate counts only above a floor of traffic, below it a count takes over.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../../functions/core/contract/metrics.ts';
import { errorCatalogue, errorKey } from '../../functions/core/domain/error-catalogue.ts';
import { relayAlarm } from './alarm.ts';
import { relayMetric } from './relay-metric.ts';
import type { AlarmSurroundings } from './alarm.ts';

const period = Duration.minutes(5);

/** Outcomes within one period under which a share says nothing: one failure of two would be half of all. */
const OUTCOMES_FLOOR = 20;
const ATTEMPTS_PERCENT = 30;
const CODE_PERCENT = 20;
const TASKS_PERCENT = 5;
const FAILURES_PER_CODE = 50;

export interface FailureAlarmsProps {
  readonly surroundings: AlarmSurroundings;
}

export class FailureAlarms extends Construct {
  readonly #surroundings: AlarmSurroundings;

  constructor(scope: Construct, id: string, { surroundings }: FailureAlarmsProps) {
    super(scope, id);
    this.#surroundings = surroundings;
    this.#addAttemptRate();
    for (const { key, name } of errorCatalogue) {
      if (watchedKeys.has(key)) this.#addCodeRate(key, name);
    }
    this.#addEveryCode();
    this.#addTaskRate();
  }

  #count(name: 'AttemptsEnded' | 'AttemptsFailed' | 'TasksEnded' | 'TasksFailed', code?: string) {
    return relayMetric(name, this.#surroundings.service, {
      statistic: 'Sum',
      period,
      ...(code !== undefined && { by: { code } }),
    });
  }

  #addAttemptRate(): void {
    relayAlarm(this, 'AttemptRateAlarm', {
      surroundings: this.#surroundings,
      ...rateAlarm,
      name: 'Settle/FailureRate',
      severity: 'ticket',
      meaning: `More than ${ATTEMPTS_PERCENT} % of the attempts at Get3W failed, whatever the code.`,
      metric: percentAboveFloor(this.#count('AttemptsEnded'), { e: this.#count('AttemptsFailed') }),
      threshold: ATTEMPTS_PERCENT,
    });
  }

  #addCodeRate(key: string, name: string): void {
    relayAlarm(this, `CodeRateAlarm-${key}`, {
      surroundings: this.#surroundings,
      ...rateAlarm,
      name: `Settle/FailureRate-${key}`,
      severity: 'ticket',
      meaning: `More than ${CODE_PERCENT} % of the attempts at Get3W failed with ${key} (${name}).`,
      metric: percentAboveFloor(this.#count('AttemptsEnded'), { e: this.#count('AttemptsFailed', key) }),
      threshold: CODE_PERCENT,
    });
  }

  /** One alarm with a state per code, also for codes that have no alarm of their own or do not exist yet. */
  #addEveryCode(): void {
    const { service } = this.#surroundings;
    const query =
      `SELECT SUM(AttemptsFailed) FROM SCHEMA("${METRIC_NAMESPACE}", service, code) ` +
      `WHERE service = '${service}' GROUP BY code ORDER BY SUM() DESC`;
    relayAlarm(this, 'EveryCodeAlarm', {
      surroundings: this.#surroundings,
      name: 'Settle/FailuresByCode',
      severity: 'ticket',
      meaning: `${FAILURES_PER_CODE} attempts or more failed with one and the same code within five minutes.`,
      metric: new MathExpression({ expression: query, usingMetrics: {}, period, label: 'Failed attempts' }),
      threshold: FAILURES_PER_CODE,
      periods: 3,
      breachingPeriods: 2,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, for a code that nobody meets reports nothing.',
    });
  }

  #addTaskRate(): void {
    const lost = Object.fromEntries(
      lostTaskKeys.map((key, index) => [`e${index}`, this.#count('TasksFailed', key)] as const),
    );
    relayAlarm(this, 'TaskRateAlarm', {
      surroundings: this.#surroundings,
      ...rateAlarm,
      name: 'Settle/TasksLost',
      severity: 'page',
      meaning: `More than ${TASKS_PERCENT} % of the tasks ended as failed although their requests were in order.`,
      metric: percentAboveFloor(this.#count('TasksEnded'), lost),
      threshold: TASKS_PERCENT,
    });
  }
}

/** Documented errors that pass: a rise of one of these is a state of Get3W, not of a request. */
const watchedKeys = new Set(
  errorCatalogue.filter(({ documented, transient }) => documented && transient).map(({ key }) => key),
);

/** Task codes with which a task ends that a better day would have brought through. */
const lostTaskKeys = [
  ...new Set(
    errorCatalogue
      .filter(({ reaction }) => reaction !== 'end' && reaction !== 'none')
      .map(({ finalCode }) => errorKey('task', finalCode)),
  ),
];

const rateAlarm = {
  periods: 3,
  breachingPeriods: 2,
  missingData: TreatMissingData.NOT_BREACHING,
  missingDataReason: 'not breaching, for without traffic nothing fails.',
} as const;

/** 100 times the sum of `parts` over `whole`, and 0 while `whole` is under the floor or not there at all. */
const percentAboveFloor = (whole: IMetric, parts: Readonly<Record<string, IMetric>>): MathExpression => {
  const sum = Object.keys(parts)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
  return new MathExpression({
    expression: `IF(FILL(n, 0) >= ${OUTCOMES_FLOOR}, 100 * (${sum}) / n, 0)`,
    usingMetrics: { n: whole, ...parts },
    period,
    label: 'Percent',
  });
};
