// Decides the state of an alarm from its datapoints, by CloudWatch's rules for M out of N and for missing data. Pure.
// metric-evaluation.ts reads the datapoints; the tables of AWS's documentation are this file's tests.

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export type MissingDataTreatment = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

export interface DatapointRule {
  /** N: how many datapoints are evaluated. */
  readonly evaluationPeriods: number;
  /** M: how many of them must breach. */
  readonly datapointsToAlarm: number;
  readonly missingData: MissingDataTreatment;
}

/** `unchanged`: the alarm stays as it is. */
export interface Judgement {
  readonly state: AlarmState | 'unchanged';
  /** Datapoints that existed and counted. */
  readonly present: number;
  /** Datapoints that breached, including missing ones that count as breaching. */
  readonly breaching: number;
}

/**
 * How many periods CloudWatch looks back for datapoints: two more than it needs. AWS's documentation has only that it
 * depends on the period; both of its tables show five datapoints for N = 3.
 */
export function evaluationRange(evaluationPeriods: number): number {
  return evaluationPeriods + 2;
}

/**
 * @param datapoints the evaluation range, oldest first: breaching or not, undefined where missing.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function judgeDatapoints(datapoints: readonly (boolean | undefined)[], rule: DatapointRule): Judgement {
  const { evaluationPeriods, datapointsToAlarm, missingData } = rule;
  const real = datapoints.flatMap((isBreaching, index) =>
    isBreaching === undefined ? [] : [{ isBreaching, age: datapoints.length - 1 - index }],
  );
  // Real datapoints count before filled ones, even those older than N periods.
  const counted = real.slice(-evaluationPeriods);
  const breaching = counted.filter(({ isBreaching }) => isBreaching).length;
  const filled = evaluationPeriods - counted.length;
  const judged = (state: Judgement['state'], filledBreaching = 0): Judgement => ({
    state,
    present: counted.length,
    breaching: breaching + filledBreaching,
  });
  if (breaching >= datapointsToAlarm) return judged('ALARM');
  if (filled <= 0) return judged('OK');
  if (missingData === 'breaching') return judged(breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK', filled);
  if (missingData === 'notBreaching') return judged('OK');
  if (counted.length === 0) return judged(missingData === 'ignore' ? 'unchanged' : 'INSUFFICIENT_DATA');
  if (breaching < counted.length) return judged('OK');
  return judged(judgePartly(rule, (counted[0]?.age ?? 0) + 1));
}

function judgePartly({ missingData, datapointsToAlarm }: DatapointRule, oldestAgeCount: number): Judgement['state'] {
  // Only breaching datapoints, though fewer than M. "Avoiding premature transitions": they alarm as soon as the oldest
  // is M periods old, because by then M periods have passed without one that did not breach.
  if (missingData === 'ignore') return 'unchanged';
  return oldestAgeCount >= datapointsToAlarm ? 'ALARM' : 'OK';
}
