import { describe, expect, it } from 'vitest';
import { inEvaluationOrder, readCompositeAlarm, readMetricAlarm } from '../../../local/cloudwatch/alarms/read-alarm.ts';
import { ResourceReader } from '../../../local/template/resource-reader.ts';
import type { Alarm } from '../../../local/cloudwatch/alarms/alarm-definition.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';

const single = {
  AlarmName: 'relay/Settle/Errors',
  AlarmDescription: 'what happened',
  Namespace: 'AWS/Lambda',
  MetricName: 'Errors',
  Dimensions: [{ Name: 'FunctionName', Value: 'settle' }],
  Statistic: 'Sum',
  Period: 300,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'notBreaching',
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
};

const { Namespace: _n, MetricName: _m, Dimensions: _d, Statistic: _s, Period: _p, ...several } = single;

function metricStat(id: string, period = 60, stat = 'Sum') {
  return {
    Id: id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: 'Relay', MetricName: id, Dimensions: [] }, Period: period, Stat: stat },
  };
}

const metadata = { 'relay:alarm': { severity: 'page', runbook: 'docs/runbook.md#settle-errors' } };

function readerOf(properties: object): ResourceReader {
  return new ResourceReader(
    { logicalId: 'SettleErrors "relay/Settle/Errors"', type: 'AWS::CloudWatch::Alarm' },
    properties as Record<string, unknown>,
    (value) => value,
  );
}

function read(properties: object): Alarm {
  const reader = readerOf(properties);
  const place = { name: 'relay/Settle/Errors', metadata };
  const alarm = 'AlarmRule' in properties ? readCompositeAlarm(reader, place) : readMetricAlarm(reader, place);
  reader.done();
  return alarm;
}

function math(expression: string, ...metrics: object[]) {
  return {
    ...several,
    Metrics: [{ Id: 'result', Expression: expression, Period: 60 }, ...metrics],
  };
}

describe('an alarm of the template', () => {
  it('is read with its metric, rule, actions, severity and runbook', () => {
    expect(read(single)).toEqual({
      kind: 'metric',
      name: 'relay/Settle/Errors',
      description: 'what happened',
      severity: 'page',
      runbook: 'docs/runbook.md#settle-errors',
      actions: { ALARM: [TOPIC], OK: [TOPIC], INSUFFICIENT_DATA: [] },
      periodSeconds: 300,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      missingData: 'notBreaching',
      threshold: 5,
      comparison: '>',
      subject: {
        kind: 'metric',
        source: {
          namespace: 'AWS/Lambda',
          name: 'Errors',
          dimensions: { FunctionName: 'settle' },
          statistic: { kind: 'sum' },
        },
      },
    });
  });

  it('has the defaults of CloudWatch: all datapoints must breach, missing data is missing', () => {
    const { DatapointsToAlarm: _all, TreatMissingData: _missing, ...rest } = single;
    expect(read(rest)).toMatchObject({ datapointsToAlarm: 3, missingData: 'missing' });
  });

  it('takes no actions while they are switched off', () => {
    expect(read({ ...single, ActionsEnabled: false }).actions).toEqual({ ALARM: [], OK: [], INSUFFICIENT_DATA: [] });
  });

  it.each([
    ['p50', 0.5],
    ['p99.9', 0.999],
    ['p100', 1],
  ])('is read with the percentile %s', (statistic, share) => {
    const { Statistic: _sum, ...rest } = single;
    expect(read({ ...rest, ExtendedStatistic: statistic })).toMatchObject({
      subject: { source: { statistic: { kind: 'percentile', share } } },
    });
  });

  it('is read with metric math, the result being what returns data', () => {
    const alarm = read(math('FILL(a, 0) + b', metricStat('a'), metricStat('b', 60, 'p99')));
    expect(alarm).toMatchObject({ periodSeconds: 60, subject: { kind: 'math', resultId: 'result' } });
  });

  it('is read with a Metrics Insights query', () => {
    const query = 'SELECT SUM(Failed) FROM SCHEMA("Relay", code) GROUP BY code';
    expect(read(math(query))).toMatchObject({ subject: { kind: 'insights', query: { groupBy: ['code'] } } });
  });

  it.each([
    ['an operator', { ...single, ComparisonOperator: 'LessThanLowerThreshold' }, 'LessThanLowerThreshold'],
    ['a statistic', { ...single, Statistic: 'IQM' }, 'the statistic IQM is not evaluated'],
    ['a trimmed mean', { ...single, Statistic: 'tm90' }, 'the statistic tm90 is not evaluated'],
    ['a treatment', { ...single, TreatMissingData: 'guess' }, '"guess"'],
    ['low samples', { ...single, EvaluateLowSampleCountPercentile: 'ignore' }, 'EvaluateLowSampleCountPercentile'],
    ['a wall clock', { ...single, EvaluationWindow: { WallClockWindow: {} } }, 'EvaluationWindow'],
    ['a band', { ...single, ThresholdMetricId: 'band' }, 'ThresholdMetricId'],
    ['a unit', { ...single, Unit: 'Seconds' }, 'Unit'],
    ['a period', { ...single, Period: 45 }, '45 s is not a period of CloudWatch'],
    ['a range', { ...single, Period: 3_600, EvaluationPeriods: 24 }, 'more than three hours'],
    ['more of fewer', { ...single, DatapointsToAlarm: 4 }, 'must be 1 to 3'],
    ['an action', { ...single, AlarmActions: ['arn:aws:lambda:x:y:function:z'] }, 'is not a topic'],
    ['a function', math('ANOMALY_DETECTION_BAND(a)', metricStat('a')), 'ANOMALY_DETECTION_BAND'],
    ['an id', math('a + c', metricStat('a')), 'the metric or expression c does not exist'],
    ['a list', math('[a, a]', metricStat('a')), 'a list of time series is not evaluated'],
    ['a number', math('1 + 1', metricStat('a')), 'result gives a scalar'],
    ['periods', math('a', metricStat('a', 300)), 'the same period, not 60, 300'],
    ['two results', math('a', { ...metricStat('a'), ReturnData: true }), 'exactly one of them must return data'],
    ['a query of many', math('SELECT SUM(a) FROM b', metricStat('a')), 'is evaluated alone only'],
    ['a query', math('SELECT MEDIAN(a) FROM b'), 'was expected at "MEDIAN"'],
    [
      'eleven metrics',
      math('a + b', ...'a,b,c,d,e,f,g,h,i,j,k'.split(',').map((id) => metricStat(id))),
      '10 metrics at most',
    ],
    ['a rule', { AlarmRule: 'AT_LEAST(1, ALARM, (a))' }, 'AT_LEAST'],
    ['a suppressor', { AlarmRule: 'TRUE', ActionsSuppressor: 'other' }, 'ActionsSuppressor'],
  ])('that asks for %s which nobody evaluates is refused by its name', (_what, properties, message) => {
    expect(() => read(properties)).toThrow(message);
    expect(() => read(properties)).toThrow('relay/Settle/Errors');
  });
});

describe('alarms in the order of evaluation', () => {
  const composite = (name: string, rule: string): Alarm => ({
    ...(read({ AlarmRule: rule }) as Extract<Alarm, { kind: 'composite' }>),
    name,
  });
  const leaf: Alarm = { ...read(single), name: 'leaf' };

  it('have composite alarms behind those they ask for', () => {
    const alarms = [composite('top', 'ALARM(middle)'), composite('middle', 'NOT ALARM(leaf)'), leaf];
    expect(inEvaluationOrder(alarms).map(({ name }) => name)).toEqual(['leaf', 'middle', 'top']);
  });

  it('are refused when one names an alarm that does not exist', () => {
    expect(() => inEvaluationOrder([composite('top', 'ALARM(gone)')])).toThrow('The alarm top refers to gone');
  });

  it('are refused when they refer to one another in a cycle', () => {
    const alarms = [composite('one', 'ALARM(two)'), composite('two', 'ALARM(one)')];
    expect(() => inEvaluationOrder(alarms)).toThrow('one, two refer to one another in a cycle');
  });
});
