// Probes for what MiniStack does differently from AWS, which show when it no longer does. While a probe differs, its
// subject is proven elsewhere, by the local runtime or by tests of the template, and the report names it.
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeContinuousBackupsCommand, DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { stackReader } from './stack-state.ts';
import { until } from '../../test/support/until.ts';
import type { StackState } from './stack-state.ts';

export interface ProbeResult {
  readonly what: string;
  readonly isAsInAws: boolean;
  /** What was observed. */
  readonly seen: string;
}

interface ProbeContext {
  readonly endpoint: string;
  readonly state: StackState;
}

interface Probe {
  readonly what: string;
  readonly look: (context: ProbeContext) => Promise<{ readonly isAsInAws: boolean; readonly seen: string }>;
}

function options(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}

/** Creates a stack of only these resources and returns its final status. */
async function statusOf(endpoint: string, name: string, Resources: object): Promise<string> {
  const client = new CloudFormationClient(options(endpoint));
  const stackName = `probe-${name}`;
  await client.send(new CreateStackCommand({ StackName: stackName, TemplateBody: JSON.stringify({ Resources }) }));
  const reader = stackReader(endpoint, stackName);
  let status = '';
  await until(async () => {
    status = (await reader.read())?.status ?? 'gone';
    return !status.endsWith('IN_PROGRESS');
  });
  await client.send(new DeleteStackCommand({ StackName: stackName }));
  client.destroy();
  return status;
}

const threshold = { ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Threshold: 1 };
const metric = { Namespace: 'Probe', MetricName: 'Probe' };

const probes: readonly Probe[] = [
  {
    what: 'alarms over several metrics (metric math) can be made',
    look: async ({ endpoint }) => {
      const MetricStat = { Metric: metric, Period: 60, Stat: 'Sum' };
      const Metrics = [
        { Id: 'a', MetricStat, ReturnData: false },
        { Id: 'b', Expression: 'FILL(a, 0)' },
      ];
      const Properties = { ...threshold, Metrics };
      const seen = await statusOf(endpoint, 'math', { Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties } });
      return { isAsInAws: seen === 'CREATE_COMPLETE', seen };
    },
  },
  {
    what: 'composite alarms can be made',
    look: async ({ endpoint }) => {
      const single = { ...threshold, ...metric, Period: 60, Statistic: 'Sum', AlarmName: 'probe-single' };
      const seen = await statusOf(endpoint, 'composite', {
        Single: { Type: 'AWS::CloudWatch::Alarm', Properties: single },
        Both: {
          Type: 'AWS::CloudWatch::CompositeAlarm',
          DependsOn: 'Single',
          Properties: { AlarmName: 'probe-both', AlarmRule: 'ALARM("probe-single")' },
        },
      });
      return { isAsInAws: seen === 'CREATE_COMPLETE', seen };
    },
  },
  {
    what: 'saved queries of the log can be made',
    look: async ({ endpoint }) => {
      const Properties = { Name: 'probe', QueryString: 'fields @message' };
      const seen = await statusOf(endpoint, 'query', { Query: { Type: 'AWS::Logs::QueryDefinition', Properties } });
      return { isAsInAws: seen === 'CREATE_COMPLETE', seen };
    },
  },
  {
    what: 'dead-letter queues of the template are set',
    look: async ({ endpoint, state }) => {
      const client = new SQSClient({ ...options(endpoint), useQueueUrlAsEndpoint: false });
      const QueueUrl = state.outputs['DispatchQueueUrl'];
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }),
      );
      return { isAsInAws: 'RedrivePolicy' in Attributes, seen: Attributes['RedrivePolicy'] ?? 'none' };
    },
  },
  {
    what: "the table's time to live is on",
    look: async ({ endpoint, state }) => {
      const client = new DynamoDBClient(options(endpoint));
      const TableName = state.outputs['TableName'];
      const { TimeToLiveDescription: ttl } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
      const seen = `${ttl?.TimeToLiveStatus ?? 'none'} ${ttl?.AttributeName ?? ''}`.trim();
      return { isAsInAws: seen === 'ENABLED ttl', seen };
    },
  },
  {
    what: "the table's point-in-time recovery is on",
    look: async ({ endpoint, state }) => {
      const client = new DynamoDBClient(options(endpoint));
      const TableName = state.outputs['TableName'];
      const { ContinuousBackupsDescription: backups } = await client.send(
        new DescribeContinuousBackupsCommand({ TableName }),
      );
      const seen = backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus ?? 'none';
      return { isAsInAws: seen === 'ENABLED', seen };
    },
  },
  {
    what: 'metric lines of the log become metrics',
    look: async ({ endpoint }) => {
      const client = new CloudWatchClient(options(endpoint));
      const { Metrics = [] } = await client.send(new ListMetricsCommand({ Namespace: 'Get3wRelay' }));
      return { isAsInAws: Metrics.length > 0, seen: `${Metrics.length} metrics` };
    },
  },
  {
    what: 'GET /health reaches the relay',
    look: async ({ state }) => {
      const answer = await fetch(`${state.outputs['ApiUrl']}/health`);
      const names = Object.keys((await answer.json()) as object);
      return { isAsInAws: names.toSorted().join() === 'status,version', seen: names.slice(0, 3).join(', ') };
    },
  },
  {
    what: "the API's own host name leads to it",
    look: async ({ state }) => {
      const host = new URL(state.outputs['ApiUrl'] ?? '').host;
      return { isAsInAws: !host.includes('localhost'), seen: host };
    },
  },
];

export async function runProbes(context: ProbeContext): Promise<readonly ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (const { what, look } of probes) {
    try {
      results.push({ what, ...(await look(context)) });
    } catch (error) {
      results.push({ what, isAsInAws: false, seen: error instanceof Error ? error.name : String(error) });
    }
  }
  return results;
}
