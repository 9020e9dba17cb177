import { Duration, Stack } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import { readAlarmDescription, runbookSection } from '../../core/contract/alarm-description.ts';
import { tableIndexes } from '../../core/contract/items.ts';
import { METRIC_NAMESPACE } from '../../core/contract/metrics.ts';
import { ALARM_METADATA, relayAlarm } from '../../lib/monitoring/alarm.ts';
import { relayMetric } from '../../lib/monitoring/relay-metric.ts';
import type { MetricName } from '../../core/contract/metrics.ts';
import { defaultTemplate, render, synthesise, withoutHash } from '../support/relay-template.ts';
import type { AlarmMetadata } from '../../lib/monitoring/alarm.ts';
import type { Cfn, RelayTemplate } from '../support/relay-template.ts';

function alarmsOf(template: RelayTemplate) {
  return template.ofType('AWS::CloudWatch::Alarm').map(({ properties, whole }) => ({
    name: properties.AlarmName as string,
    properties,
    metadata: whole.Metadata?.[ALARM_METADATA] as AlarmMetadata | undefined,
  }));
}

function alarm(name: string, template = defaultTemplate()) {
  const found = alarmsOf(template).find((one) => one.name === `get3w-relay/${name}`);
  if (!found) throw new Error(`no alarm ${name}`);
  return found;
}

function mathOf(properties: Cfn): { expression: string; metrics: Record<string, Cfn> } {
  const metrics = properties.Metrics.filter((query: Cfn) => query.MetricStat);
  return {
    expression: properties.Metrics.find((query: Cfn) => query.Expression).Expression,
    metrics: Object.fromEntries(metrics.map((query: Cfn) => [query.Id, query.MetricStat])),
  };
}

function metricNames(properties: Cfn): Record<string, string> {
  return Object.fromEntries(
    Object.entries(mathOf(properties).metrics).map(([id, stat]) => [id, stat.Metric.MetricName]),
  );
}

function composites(template = defaultTemplate()) {
  return template.ofType('AWS::CloudWatch::CompositeAlarm');
}

/** The rule of a composite alarm with the names of alarms in the place of their ARNs. */
function ruleOf(name: string, template = defaultTemplate()): string {
  const found = composites(template).find(({ properties }) => properties.AlarmName === `get3w-relay/${name}`);
  const parts: Cfn[] = found?.properties.AlarmRule['Fn::Join'][1];
  const nameOf = (id: string): string => template.resources.find((one) => one.id === id)?.properties.AlarmName;
  return parts
    .map((part) => (typeof part === 'string' ? part : nameOf(part['Fn::GetAtt'][0]).replace('get3w-relay/', '')))
    .join('');
}

function dimensions(stat: Cfn): Record<string, string> {
  return Object.fromEntries(stat.Metric.Dimensions.map(({ Name, Value }: Cfn) => [Name, Value]));
}

describe('every alarm', () => {
  it('has a severity, a missing-data rule with its reason, and a runbook section of its own', () => {
    const alarms = alarmsOf(defaultTemplate());
    expect(alarms.length).toBeGreaterThan(15);
    for (const { name, properties, metadata } of alarms) {
      expect(['page', 'ticket'], name).toContain(metadata?.severity);
      expect(['breaching', 'notBreaching', 'missing', 'ignore'], name).toContain(properties.TreatMissingData);
      expect(metadata?.missingDataReason.length, name).toBeGreaterThan(20);
      expect(metadata?.section, name).toBe(runbookSection(name.replace('get3w-relay/', '')));
      const description = render(properties.AlarmDescription);
      expect(description, name).toContain(`[${metadata?.severity}] ${metadata?.meaning}`);
      expect(description, name).toContain(`Runbook: <RelayHttpApi.ApiEndpoint>/console/runbook#${metadata?.section}`);
      expect(description, name).toContain(`#alarmsV2:alarm/${encodeURIComponent(name)}`);
      expect(description, name).toContain('#dashboards/dashboard/get3w-relay');
      // CloudWatch takes 1,024 characters.
      expect(description.length, name).toBeLessThan(1_024);
      expect(properties.Tags, name).toContainEqual({ Key: 'severity', Value: metadata?.severity });
    }
    expect(new Set(alarms.map(({ metadata }) => metadata?.section)).size).toBe(alarms.length);
  });

  it('notifies the topic when it fires and when it is over, unless a composite alarm does', () => {
    for (const { name, properties, metadata } of alarmsOf(defaultTemplate())) {
      const told = metadata?.severity === 'ticket' ? ['<RelayAlarmsTopic>'] : undefined;
      expect(properties.AlarmActions?.map(render), name).toEqual(told);
      expect(properties.OKActions?.map(render), name).toEqual(told);
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

  it('cannot be made on a series that no function reports', () => {
    expect(() => relayMetric('AttemptsStarted', 'relay', {})).toThrow('AttemptsStarted has no series by service');
    expect(() => relayMetric('ApiAnswers', 'relay', {})).toThrow('ApiAnswers has no series by service');
    expect(() => relayMetric('QueueWait', 'relay', { by: { code: 'http-500' } })).toThrow(
      'QueueWait has no series by service and code',
    );
    expect(() => relayMetric('TasksEnded', 'relay', { by: { code: 'http-500', model: 'm' } })).toThrow(/no series/);
  });

  it('has the name of its relay, so that several relays fit in one account', () => {
    const names = alarmsOf(synthesise({ name: 'images', stage: 'dev' })).map(({ name }) => name);
    expect(names.every((name) => name.startsWith('images-dev/'))).toBe(true);
  });

  it('and the dashboard have names of their own in a stack that differs only in its name', () => {
    const second = synthesise({ stackName: 'second-relay' });
    expect(alarmsOf(second).every(({ name }) => name.startsWith('second-relay/'))).toBe(true);
    const names = [...composites(second), ...second.ofType('AWS::CloudWatch::Dashboard')].map(
      ({ properties }) => String(properties.AlarmName ?? properties.DashboardName).split('/')[0],
    );
    expect(new Set(names)).toEqual(new Set(['second-relay']));
  });

  it('has links into the console of its own partition', () => {
    for (const { name, properties } of alarmsOf(defaultTemplate())) {
      const links = render(properties.AlarmDescription).match(/https:\/\/[^ ]*cloudwatch[^ ]*/g) ?? [];
      const address = 'https://<AWS::Region>.<<AWS::Partition>.host>/cloudwatch/home?region=<AWS::Region>#';
      expect(
        links.map((link) => link.startsWith(address)),
        name,
      ).toEqual([true, true]);
    }
    const [hosts] = Object.values<Cfn>(defaultTemplate().json.Mappings);
    expect(hosts).toMatchObject({
      aws: { host: 'console.aws.amazon.com' },
      'aws-cn': { host: 'console.amazonaws.cn' },
      'aws-us-gov': { host: 'console.amazonaws-us-gov.com' },
    });
  });

  it('is refused over less than a minute, which no metric here has datapoints for', () => {
    const defaults = { service: 'r', topic: undefined, runbookUrl: '', consoleUrl: '', made: [] } as never;
    const metric = relayMetric('SweepRuns', 'r', { statistic: 'Sum', period: Duration.seconds(10) });
    const props = {
      name: 'Sweep/Fast',
      severity: 'ticket',
      meaning: 'x',
      threshold: 1,
      missingDataReason: 'x',
    } as const;
    const make = () =>
      relayAlarm(new Stack(), 'A', { ...props, defaults, metric, missingData: TreatMissingData.MISSING });
    expect(make).toThrow('Sweep/Fast has periods of 10 s, but its metric has one datapoint a minute');
  });

  it('points to the runbook where the deployment keeps it', () => {
    const template = synthesise({ runbookUrl: 'https://wiki.example/relay' });
    const [first] = alarmsOf(template);
    expect(first?.metadata?.runbook).toBe(`https://wiki.example/relay#${first?.metadata?.section}`);
  });
});

describe('alarms on what AWS reports', () => {
  /** `metric {dimension: value}` of everything that an alarm reads and the relay does not report itself. */
  const watchedOf = ({ properties }: { readonly properties: Cfn }): string[] => {
    const single = properties.MetricName === undefined ? [] : [{ Metric: properties }];
    const stats = [...single, ...(properties.Metrics ?? []).flatMap(({ MetricStat }: Cfn) => MetricStat ?? [])];
    return stats.flatMap(({ Metric: { Namespace, MetricName, Dimensions = [] } }: Cfn) => {
      const pairs = Dimensions.map(({ Name, Value }: Cfn) => `${Name}: ${render(Value)}`);
      return Namespace.startsWith('AWS/') ? [`${Namespace} ${MetricName} {${pairs.join(', ')}}`] : [];
    });
  };

  it('read exactly these metrics and dimensions: a wrong one would stay silent for ever, and no emulator would show it', () => {
    const found = alarmsOf(defaultTemplate()).flatMap((one) => {
      const watched = watchedOf(one);
      return watched.length === 0 ? [] : [[one.name.replace('get3w-relay/', ''), watched]];
    });
    const stage = '{ApiId: <RelayHttpApi>, Stage: $default}';
    const table = 'TableName: <RelayStoreTable>';
    const throttles = (index = '') => [
      `AWS/DynamoDB ReadThrottleEvents {${index}${table}}`,
      `AWS/DynamoDB WriteThrottleEvents {${index}${table}}`,
    ];
    const ofQueue = (name: string): [string, string[]][] => [
      [
        `${name}/DeadLetters`,
        [`AWS/SQS ApproximateNumberOfMessagesVisible {QueueName: <Relay${name}QueueDeadLetters.QueueName>}`],
      ],
      [`${name}/OldestMessage`, [`AWS/SQS ApproximateAgeOfOldestMessage {QueueName: <Relay${name}Queue.QueueName>}`]],
    ];
    const ofFunction = (name: string, isTimed: boolean): [string, string[]][] => [
      [`${name}/FunctionErrors`, [`AWS/Lambda Errors {FunctionName: <Relay${name}HandlerFunction>}`]],
      ...(isTimed
        ? ([[`${name}/NearTimeout`, [`AWS/Lambda Duration {FunctionName: <Relay${name}HandlerFunction>}`]]] as [
            string,
            string[],
          ][])
        : []),
    ];
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries([
        ['Api/ServerErrors', [`AWS/ApiGateway Count ${stage}`, `AWS/ApiGateway 5xx ${stage}`]],
        ['Api/ClientErrors', [`AWS/ApiGateway Count ${stage}`, `AWS/ApiGateway 4xx ${stage}`]],
        ['Store/Throttled', throttles()],
        [
          'Store/IndexThrottled',
          Object.values(tableIndexes).flatMap(({ name }) => throttles(`GlobalSecondaryIndexName: ${name}, `)),
        ],
        ['Store/Conflicts', [`AWS/DynamoDB TransactionConflict {${table}}`]],
        ...['Dispatch', 'Settle', 'Deliver', 'Keep', 'Jobs'].flatMap(ofQueue),
        ...['Dispatch', 'Settle', 'Deliver', 'Keep', 'Sweep'].flatMap((name) => ofFunction(name, true)),
        ...['Api', 'Monitoring', 'Console'].flatMap((name) => ofFunction(name, false)),
        ['Relay/Throttles', ['AWS/Lambda Throttles {}']],
      ]),
    );
  });

  it('state in a dead-letter alarm how late it can be: the receives of a message times its visibility timeout', () => {
    const { properties: queue } = defaultTemplate()
      .ofType('AWS::SQS::Queue')
      .find(({ id }) => withoutHash(id) === 'RelayDispatchQueue') as { properties: Cfn };
    const minutes = (queue.VisibilityTimeout * queue.RedrivePolicy.maxReceiveCount) / 60;
    expect(minutes).toBeGreaterThan(20);
    expect(alarm('Dispatch/DeadLetters').metadata?.meaning).toContain(`up to ${Math.ceil(minutes)} minutes earlier`);
  });

  it('have none on dropped recursions: no function of the relay can lose a message so', () => {
    const template = defaultTemplate();
    const called = template
      .ofType('AWS::Lambda::EventSourceMapping')
      .map(({ properties }) => properties.FunctionName.Ref);
    const guarded = template
      .ofType('AWS::Lambda::Function')
      .filter(({ properties }) => properties.RecursiveLoop !== 'Allow')
      .map(({ id }) => id);
    expect(called.length).toBeGreaterThan(2);
    expect(called.filter((id) => guarded.includes(id))).toEqual([]);
    expect(alarmsOf(template).filter(({ name }) => name.includes('Recursion'))).toEqual([]);
  });
});

describe('alarms on the relay itself', () => {
  it('page for the first message in any dead-letter queue', () => {
    const watched = ['Dispatch', 'Settle', 'Deliver', 'Keep', 'Jobs'].map((stage) => {
      const { properties, metadata } = alarm(`${stage}/DeadLetters`);
      expect(properties).toMatchObject({ Threshold: 1, Period: 60, EvaluationPeriods: 1, Statistic: 'Maximum' });
      expect(metadata?.severity).toBe('page');
      return properties.Dimensions[0].Value['Fn::GetAtt'][0] as string;
    });
    const template = defaultTemplate();
    const dead = template.ofType('AWS::SQS::Queue').filter(({ properties }) => !properties.RedrivePolicy);
    expect(watched.sort()).toEqual(dead.map(({ id }) => id).sort());
  });

  it('watch the errors of every function, and the time of those that no caller waits for', () => {
    const template = defaultTemplate();
    const functions = template.ofType('AWS::Lambda::Function').map(({ id }) => id);
    const watched = (metric: string) =>
      alarmsOf(template)
        .filter(({ properties }) => properties.Namespace === 'AWS/Lambda' && properties.MetricName === metric)
        .flatMap(({ properties }) => properties.Dimensions?.[0].Value.Ref ?? 'all of the account');
    expect(watched('Errors').sort()).toEqual([...functions].sort());
    expect(watched('Duration').map(withoutHash).sort()).toEqual(
      ['Deliver', 'Dispatch', 'Keep', 'Settle', 'Sweep'].map((stage) => `Relay${stage}HandlerFunction`),
    );
    // Concurrency is the account's, and so is the metric of what it refuses.
    expect(watched('Throttles')).toEqual(['all of the account']);
  });

  it('report that a function comes near its timeout at four fifths of it', () => {
    const template = defaultTemplate();
    for (const { properties } of alarmsOf(template).filter(({ properties }) => properties.MetricName === 'Duration')) {
      const id = properties.Dimensions[0].Value.Ref;
      const watched = template.resources.find((resource) => resource.id === id);
      expect(properties.Threshold).toBe(watched?.properties.Timeout * 800);
    }
  });

  it('page for a message that waits longer than any delay that SQS gives', () => {
    for (const stage of ['Dispatch', 'Settle', 'Deliver']) {
      const { properties, metadata } = alarm(`${stage}/OldestMessage`);
      expect(properties).toMatchObject({ MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 1_200 });
      expect(metadata?.severity).toBe('page');
    }
  });

  it('page when the sweep is silent, because missing data is a breach', () => {
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
  it('watch the share of attempts that fail, above a floor of traffic, and count them below it', () => {
    const share = alarm('Settle/FailureRate').properties;
    expect(mathOf(share).expression).toBe('IF(FILL(n, 0) >= 20, 100 * FILL(e, 0) / n, 0)');
    expect(metricNames(share)).toEqual({ n: 'AttemptsEnded', e: 'AttemptsFailed' });
    expect(share).toMatchObject({ EvaluationPeriods: 6, DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' });
    const count = alarm('Settle/FailuresAtLowTraffic').properties;
    // Twenty in five minutes are 240 in an hour: where one is blind the other sees.
    expect(mathOf(count).expression).toBe('IF(FILL(n, 0) < 240, FILL(e, 0), 0)');
    expect(metricNames(count)).toEqual({ n: 'AttemptsEnded', e: 'AttemptsFailed' });
  });

  it('watch every code, known or new, with one query, each code with its own state', () => {
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

  it('page when tasks are lost faster than the objective allows, over both five minutes and an hour', () => {
    for (const [name, period] of [
      ['Settle/TasksLostNow', 300],
      ['Settle/TasksLostHour', 3_600],
    ] as const) {
      const { properties, metadata } = alarm(name);
      expect(metricNames(properties)).toEqual({ n: 'TasksEnded', e: 'TasksLost' });
      expect(Object.values(mathOf(properties).metrics).map((stat) => stat.Period)).toEqual([period, period]);
      // Half a percent may be lost; 14.4 times as fast, a month's share is gone in two days.
      expect(properties.Threshold).toBe(7.2);
      expect(metadata?.severity).toBe('page');
    }
    expect(ruleOf('Relay/UsersNotServed')).toContain(
      '(ALARM("Settle/TasksLostNow") AND ALARM("Settle/TasksLostHour"))',
    );
  });

  it('stay within what CloudWatch evaluates: ten metrics, one period', () => {
    for (const { name, properties } of alarmsOf(defaultTemplate())) {
      const stats = (properties.Metrics ?? []).flatMap((query: Cfn) => query.MetricStat ?? []);
      expect(stats.length, name).toBeLessThanOrEqual(10);
      expect(new Set(stats.map((stat: Cfn) => stat.Period)).size, name).toBeLessThanOrEqual(1);
    }
  });
});

describe('the alarms that page', () => {
  it('are two composite ones, over every alarm of severity page, each in one of them', () => {
    expect(composites().map(({ properties }) => properties.AlarmName)).toEqual([
      'get3w-relay/Relay/UsersNotServed',
      'get3w-relay/Relay/WorkStuck',
    ]);
    const paging = alarmsOf(defaultTemplate()).filter(({ metadata }) => metadata?.severity === 'page');
    const gathered = ['Relay/UsersNotServed', 'Relay/WorkStuck'].flatMap((name) =>
      [...ruleOf(name).matchAll(/ALARM\("([^"]+)"\)/g)].map(([, child]) => `get3w-relay/${child}`),
    );
    expect(gathered.sort()).toEqual(paging.map(({ name }) => name).sort());
  });

  it('notify the topic, with severity, runbook and links, and are tagged as pages', () => {
    for (const { properties, whole } of composites()) {
      expect([properties.AlarmActions, properties.OKActions].map((list) => list.map(render))).toEqual([
        ['<RelayAlarmsTopic>'],
        ['<RelayAlarmsTopic>'],
      ]);
      expect(properties.Tags).toContainEqual({ Key: 'severity', Value: 'page' });
      const { severity, runbook } = whole.Metadata[ALARM_METADATA] as AlarmMetadata;
      const said = { severity, runbook: render(runbook) };
      expect(readAlarmDescription(render(properties.AlarmDescription))).toMatchObject(said);
    }
  });

  it('group what users feel as users, and stopped work as work', () => {
    expect(ruleOf('Relay/UsersNotServed')).toContain('ALARM("Api/ServerErrors")');
    expect(ruleOf('Relay/WorkStuck')).toContain('ALARM("Gate/AccountRefused")');
    expect(ruleOf('Relay/WorkStuck')).toContain('ALARM("Sweep/Heartbeat")');
  });
});

describe('thresholds', () => {
  it('are settings, and appear in the alarm and in its description', () => {
    const template = synthesise({ alarmThresholds: { attemptsFailedPercent: 55, heartbeatMinutes: 9 } });
    const { properties, metadata } = alarm('Settle/FailureRate', template);
    expect(properties.Threshold).toBe(55);
    expect(metadata?.meaning).toContain('55 %');
    expect(alarm('Sweep/Heartbeat', template).properties.EvaluationPeriods).toBe(9);
  });

  it('make alarms of their own only where a deployment knows what is usual', () => {
    const names = alarmsOf(defaultTemplate()).map(({ name }) => name);
    expect(names).not.toContain('get3w-relay/Settle/Spend');
    const halved = synthesise({ settings: { media: { expiryMs: 48 * 3_600_000 } } });
    expect(alarm('Keep/OldestUnkept', halved).properties.Threshold).toBe(24 * 3_600);
    const template = synthesise({ alarmThresholds: { spendPerHour: 40, tasksPerHourMin: 5 } });
    expect(alarm('Settle/Spend', template).properties).toMatchObject({ Threshold: 40, MetricName: 'Spend' });
    expect(alarm('Api/VolumeDrop', template).properties).toMatchObject({
      Threshold: 5,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it.each([
    [{ attemptsFailedPercent: 130 }, 'alarmThresholds.attemptsFailedPercent'],
    [{ oldestMessageSeconds: 600 }, 'alarmThresholds.oldestMessageSeconds'],
    [{ tasksServedPercent: 100 }, 'alarmThresholds.tasksServedPercent'],
    [{ pausedMinutes: 600 }, 'alarmThresholds.pausedMinutes'],
    [{ loudness: 11 }, 'alarmThresholds has no loudness'],
  ])('that could not work are refused by name: %o', (alarmThresholds, message) => {
    expect(() => synthesise({ alarmThresholds: alarmThresholds as object })).toThrow(message);
  });
});

describe('the topic', () => {
  it('lets CloudWatch of this account publish, which its own policy would otherwise prevent', () => {
    const { properties } = defaultTemplate().only('AWS::SNS::TopicPolicy');
    const allowed = properties.PolicyDocument.Statement.filter((statement: Cfn) => statement.Effect === 'Allow');
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  it('mails the address that is named, and no other', () => {
    expect(defaultTemplate().ofType('AWS::SNS::Subscription')).toEqual([]);
    expect(synthesise({ alarmEmail: 'ops@example.com' }).only('AWS::SNS::Subscription').properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });

  it('is replaced by one that the deployment names', () => {
    const arn = 'arn:aws:sns:eu-west-1:123456789012:chat';
    const template = synthesise({ alarmTopicArn: arn });
    expect(template.ofType('AWS::SNS::Topic')).toEqual([]);
    expect(alarm('Settle/FailureRate', template).properties.AlarmActions).toEqual([arn]);
  });
});

describe('the description', () => {
  it('can be split into its parts again, because CloudWatch keeps nothing else', () => {
    for (const { name, properties, metadata } of alarmsOf(defaultTemplate())) {
      const { severity, meaning, runbook } = readAlarmDescription(render(properties.AlarmDescription));
      expect({ severity, runbook }, name).toEqual({ severity: metadata?.severity, runbook: render(metadata?.runbook) });
      expect(meaning, name).toBe(metadata?.meaning);
      expect(meaning.endsWith('.'), name).toBe(true);
      expect(meaning, name).not.toContain('Missing data');
    }
  });
});
