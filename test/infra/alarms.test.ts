import { describe, expect, it } from 'vitest';
import { readAlarmDescription, runbookSection } from '../../functions/core/contract/alarm-description.ts';
import { METRIC_NAMESPACE } from '../../functions/core/contract/metrics.ts';
import { errorCatalogue } from '../../functions/core/domain/error-catalogue.ts';
import { ALARM_METADATA } from '../../lib/monitoring/alarm.ts';
import { relayMetric } from '../../lib/monitoring/relay-metric.ts';
import type { MetricName } from '../../functions/core/contract/metrics.ts';
import { defaultTemplate, render, synthesise } from '../support/relay-template.ts';
import type { AlarmMetadata } from '../../lib/monitoring/alarm.ts';
import type { Cfn, RelayTemplate } from '../support/relay-template.ts';

const alarmsOf = (template: RelayTemplate) =>
  template.ofType('AWS::CloudWatch::Alarm').map(({ properties, whole }) => ({
    name: properties.AlarmName as string,
    properties,
    metadata: whole.Metadata?.[ALARM_METADATA] as AlarmMetadata | undefined,
  }));

const alarm = (name: string, template = defaultTemplate()) => {
  const found = alarmsOf(template).find((one) => one.name === `get3w-relay/${name}`);
  if (!found) throw new Error(`no alarm ${name}`);
  return found;
};

const mathOf = (properties: Cfn): { expression: string; metrics: Record<string, Cfn> } => {
  const metrics = properties.Metrics.filter((query: Cfn) => query.MetricStat);
  return {
    expression: properties.Metrics.find((query: Cfn) => query.Expression).Expression,
    metrics: Object.fromEntries(metrics.map((query: Cfn) => [query.Id, query.MetricStat])),
  };
};

const dimensions = (stat: Cfn): Record<string, string> =>
  Object.fromEntries(stat.Metric.Dimensions.map(({ Name, Value }: Cfn) => [Name, Value]));

describe('every alarm', () => {
  it('has a severity, a missing-data rule with its reason, and a runbook section of its own', () => {
    const alarms = alarmsOf(defaultTemplate());
    expect(alarms.length).toBeGreaterThan(15);
    for (const { name, properties, metadata } of alarms) {
      expect(['page', 'ticket'], name).toContain(metadata?.severity);
      expect(['breaching', 'notBreaching', 'missing', 'ignore'], name).toContain(properties.TreatMissingData);
      expect(metadata?.missingDataReason.length, name).toBeGreaterThan(20);
      expect(metadata?.section, name).toBe(runbookSection(name.replace('get3w-relay/', '')));
      expect(properties.AlarmDescription, name).toContain(`[${metadata?.severity}]`);
      expect(properties.AlarmDescription, name).toContain(`docs/runbook.md#${metadata?.section}`);
      // CloudWatch takes 1,024 characters.
      expect(properties.AlarmDescription.length, name).toBeLessThan(1_024);
      expect(properties.Tags, name).toContainEqual({ Key: 'severity', Value: metadata?.severity });
    }
    expect(new Set(alarms.map(({ metadata }) => metadata?.section)).size).toBe(alarms.length);
  });

  it('tells the topic when it fires and when it is over', () => {
    for (const { name, properties } of alarmsOf(defaultTemplate())) {
      expect(properties.AlarmActions.map(render), name).toEqual(['<RelayAlarmsTopic>']);
      expect(properties.OKActions.map(render), name).toEqual(['<RelayAlarmsTopic>']);
    }
  });

  it('watches series that functions report, as the contract has them', () => {
    const own = alarmsOf(defaultTemplate())
      .flatMap(({ properties }) => properties.Metrics ?? [])
      .flatMap(({ MetricStat: stat }: Cfn) => (stat?.Metric.Namespace === METRIC_NAMESPACE ? [stat] : []));
    expect(own.length).toBeGreaterThan(10);
    for (const stat of own) {
      const { service, ...others } = dimensions(stat);
      expect(service).toBe('get3w-relay');
      const name = stat.Metric.MetricName as MetricName;
      expect(() => relayMetric(name, service ?? '', { by: others })).not.toThrow();
    }
  });

  it('cannot be made on a series that nobody reports', () => {
    expect(() => relayMetric('AttemptsStarted', 'relay', {})).toThrow('AttemptsStarted has no series by service');
    expect(() => relayMetric('ApiAnswers', 'relay', {})).toThrow('ApiAnswers has no series by service');
    expect(() => relayMetric('QueueWait', 'relay', { by: { code: 'http-500' } })).toThrow(
      'QueueWait has no series by service and code',
    );
    expect(() => relayMetric('TasksEnded', 'relay', { by: { code: 'http-500', model: 'm' } })).toThrow(/no series/);
  });

  it('bears the name of its relay, so that several can live in one account', () => {
    const names = alarmsOf(synthesise({ name: 'images', stage: 'dev' })).map(({ name }) => name);
    expect(names.every((name) => name.startsWith('images-dev/'))).toBe(true);
  });

  it('points to the runbook where the deployment keeps it', () => {
    const template = synthesise({ runbookUrl: 'https://wiki.example/relay' });
    const [first] = alarmsOf(template);
    expect(first?.metadata?.runbook).toBe(`https://wiki.example/relay#${first?.metadata?.section}`);
  });
});

describe('alarms on the relay itself', () => {
  it('page for the first message in any dead-letter queue', () => {
    const watched = ['Dispatch', 'Settle', 'Deliver'].map((stage) => {
      const { properties, metadata } = alarm(`${stage}/DeadLetters`);
      expect(properties).toMatchObject({ Threshold: 1, Period: 60, EvaluationPeriods: 1, Statistic: 'Maximum' });
      expect(metadata?.severity).toBe('page');
      return properties.Dimensions[0].Value['Fn::GetAtt'][0] as string;
    });
    const template = defaultTemplate();
    const dead = template.ofType('AWS::SQS::Queue').filter(({ properties }) => !properties.RedrivePolicy);
    expect(watched.sort()).toEqual(dead.map(({ id }) => id).sort());
  });

  it('watch errors and throttles of every function', () => {
    const template = defaultTemplate();
    const functions = template.ofType('AWS::Lambda::Function').map(({ id }) => id);
    for (const metric of ['Errors', 'Throttles']) {
      const watched = alarmsOf(template)
        .filter(({ properties }) => properties.Namespace === 'AWS/Lambda' && properties.MetricName === metric)
        .map(({ properties }) => properties.Dimensions[0].Value.Ref);
      expect(watched.sort()).toEqual([...functions].sort());
    }
  });

  it('page when sweep falls silent, for silence is no data', () => {
    const { properties, metadata } = alarm('Sweep/Heartbeat');
    const { expression, metrics } = mathOf(properties);
    expect(expression).toBe('FILL(runs, 0)');
    expect(metrics['runs'].Metric.MetricName).toBe('SweepRuns');
    expect(properties).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 5,
      TreatMissingData: 'breaching',
    });
    expect(metadata?.severity).toBe('page');
  });
});

describe('alarms on failures', () => {
  it('watch the share of every documented passing error, and count only above a floor of traffic', () => {
    const passing = errorCatalogue.filter(({ documented, transient }) => documented && transient);
    expect(passing.map(({ key }) => key)).toEqual(['http-429', 'http-500', 'task-5000', 'task-5003', 'task-5004']);
    for (const { key } of passing) {
      const { properties } = alarm(`Settle/FailureRate-${key}`);
      const { expression, metrics } = mathOf(properties);
      expect(expression).toBe('IF(FILL(n, 0) >= 20, 100 * FILL(e, 0) / n, 0)');
      expect([metrics['n'].Metric.MetricName, dimensions(metrics['n'])]).toEqual([
        'AttemptsEnded',
        { service: 'get3w-relay' },
      ]);
      expect([metrics['e'].Metric.MetricName, dimensions(metrics['e'])]).toEqual([
        'AttemptsFailed',
        { service: 'get3w-relay', code: key },
      ]);
      expect(properties).toMatchObject({
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        TreatMissingData: 'notBreaching',
      });
    }
  });

  it('watch every code there is or will be with one query, each code with a state of its own', () => {
    const { properties } = alarm('Settle/FailuresByCode');
    expect(properties.Metrics).toHaveLength(1);
    expect(properties.Metrics[0]).toMatchObject({
      Expression:
        `SELECT SUM(AttemptsFailed) FROM SCHEMA("Get3wRelay", service, code) ` +
        `WHERE service = 'get3w-relay' GROUP BY code ORDER BY SUM() DESC`,
      Period: 300,
      ReturnData: true,
    });
  });

  it('page when tasks are lost that were in order, whatever brought them down', () => {
    const { properties, metadata } = alarm('Settle/TasksLost');
    const { expression, metrics } = mathOf(properties);
    expect([metrics['n'].Metric.MetricName, metrics['e'].Metric.MetricName]).toEqual(['TasksEnded', 'TasksLost']);
    expect(expression).toBe('IF(FILL(n, 0) >= 20, 100 * FILL(e, 0) / n, 0)');
    expect(metadata?.severity).toBe('page');
  });

  it('stay within what CloudWatch evaluates: ten metrics, one period', () => {
    for (const { name, properties } of alarmsOf(defaultTemplate())) {
      const stats = (properties.Metrics ?? []).flatMap((query: Cfn) => query.MetricStat ?? []);
      expect(stats.length, name).toBeLessThanOrEqual(10);
      expect(new Set(stats.map((stat: Cfn) => stat.Period)).size, name).toBeLessThanOrEqual(1);
    }
  });
});

describe('the topic', () => {
  it('lets CloudWatch of this account publish, which a policy of its own would otherwise shut out', () => {
    const { properties } = defaultTemplate().only('AWS::SNS::TopicPolicy');
    const allowed = properties.PolicyDocument.Statement.filter((statement: Cfn) => statement.Effect === 'Allow');
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  it('mails whoever is named, and nobody otherwise', () => {
    expect(defaultTemplate().ofType('AWS::SNS::Subscription')).toEqual([]);
    expect(synthesise({ alarmEmail: 'ops@example.com' }).only('AWS::SNS::Subscription').properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });

  it('gives way to one that the deployment brings', () => {
    const arn = 'arn:aws:sns:eu-west-1:123456789012:chat';
    const template = synthesise({ alarmTopicArn: arn });
    expect(template.ofType('AWS::SNS::Topic')).toEqual([]);
    expect(alarm('Sweep/Heartbeat', template).properties.AlarmActions).toEqual([arn]);
  });
});

describe('the description', () => {
  it('can be taken apart again into what it was made of, for it is all that CloudWatch keeps', () => {
    for (const { name, properties, metadata } of alarmsOf(defaultTemplate())) {
      const { severity, meaning, runbook } = readAlarmDescription(properties.AlarmDescription);
      expect({ severity, runbook }, name).toEqual({ severity: metadata?.severity, runbook: metadata?.runbook });
      expect(meaning.endsWith('.'), name).toBe(true);
      expect(meaning, name).not.toContain('Missing data');
    }
  });
});
