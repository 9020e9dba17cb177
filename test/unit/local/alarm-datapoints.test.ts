import { describe, expect, it } from 'vitest';
import { evaluationRange, judgeDatapoints } from '../../../local/cloudwatch/alarms/judge-datapoints.ts';
import type { MissingDataTreatment } from '../../../local/cloudwatch/alarms/judge-datapoints.ts';

// The tables of "Configuring how CloudWatch alarms treat missing data", sections "How alarm state is evaluated when
// data is missing" and "Avoiding premature transitions to alarm state":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
// 0 is within the threshold, X breaches it, - is missing; the most recent datapoint is on the right.

function read(points: string): (boolean | undefined)[] {
  return points.split(' ').map((point) => (point === '-' ? undefined : point === 'X'));
}

const treatments: readonly MissingDataTreatment[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

interface Row {
  readonly points: string;
  /** In the order of the treatments. */
  readonly states: readonly [string, string, string, string];
}

const INSUFFICIENT = 'INSUFFICIENT_DATA';
const RETAIN = 'unchanged';

const threeOfThree: readonly Row[] = [
  { points: '0 - X - X', states: ['OK', 'OK', 'OK', 'OK'] },
  { points: '0 - - - -', states: ['OK', 'OK', 'OK', 'OK'] },
  { points: '- - - - -', states: [INSUFFICIENT, RETAIN, 'ALARM', 'OK'] },
  { points: '0 X X - X', states: ['ALARM', 'ALARM', 'ALARM', 'ALARM'] },
  { points: '- - X - -', states: ['ALARM', RETAIN, 'ALARM', 'OK'] },
];

const twoOfThree: readonly Row[] = [
  { points: '0 - X - X', states: ['ALARM', 'ALARM', 'ALARM', 'ALARM'] },
  { points: '0 0 X 0 X', states: ['ALARM', 'ALARM', 'ALARM', 'ALARM'] },
  { points: '0 - X - -', states: ['OK', 'OK', 'ALARM', 'OK'] },
  { points: '- - - - 0', states: ['OK', 'OK', 'ALARM', 'OK'] },
  { points: '- - - X -', states: ['ALARM', RETAIN, 'ALARM', 'OK'] },
];

const cases = [
  ...threeOfThree.map((row) => ({ ...row, datapointsToAlarm: 3 })),
  ...twoOfThree.map((row) => ({ ...row, datapointsToAlarm: 2 })),
].flatMap(({ points, states, datapointsToAlarm }) =>
  treatments.map((missingData, index) => ({ points, datapointsToAlarm, missingData, state: states[index] })),
);

describe('datapoints of an alarm, by the tables of the AWS documentation', () => {
  it.each(cases)(
    '$points with $datapointsToAlarm out of 3 and missing data as $missingData is $state',
    ({ points, datapointsToAlarm, missingData, state }) => {
      const rule = { evaluationPeriods: 3, datapointsToAlarm, missingData };
      expect(judgeDatapoints(read(points), rule).state).toBe(state);
    },
  );

  it.each(['- - - - X', '- - - X -'])('%s does not alarm prematurely when three of three are needed', (points) => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: 3, missingData: 'missing' } as const;
    expect(judgeDatapoints(read(points), rule).state).toBe('OK');
  });

  it('looks back two periods further than it needs, as both tables show', () => {
    expect(evaluationRange(3)).toBe(5);
  });

  it('stays in alarm on one real datapoint for as long as that is within the range', () => {
    const rule = { evaluationPeriods: 1, datapointsToAlarm: 1, missingData: 'notBreaching' } as const;
    const states = ['0 0 X', '0 X -', 'X - -', '- - -'].map((points) => judgeDatapoints(read(points), rule).state);
    expect(states).toEqual(['ALARM', 'ALARM', 'ALARM', 'OK']);
  });

  it('takes older real datapoints before it fills in missing ones', () => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: 3, missingData: 'breaching' } as const;
    expect(judgeDatapoints(read('0 X - X -'), rule)).toEqual({ state: 'OK', present: 3, breaching: 2 });
  });

  it('counts datapoints filled in as breaching among those that breach', () => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: 2, missingData: 'breaching' } as const;
    expect(judgeDatapoints(read('- - - - 0'), rule)).toEqual({ state: 'ALARM', present: 1, breaching: 2 });
  });
});
