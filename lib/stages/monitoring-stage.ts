// The monitoring stage: reads metrics and alarms for the console, and writes which alarms operators have acknowledged.
// The function checks its callers against the keys in the table, and which metrics they may read.
import { Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { NodeFunction } from './node-function.ts';
import { allowDataKey } from './stage-grants.ts';
import { functionDefaults, monitoringEnvironment } from './shared-resources.ts';
import { keyOf } from '../../core/contract/items.ts';
import type { RelayApi } from '../relay-api.ts';
import type { SharedResources } from './shared-resources.ts';

const MONITORING_TIMEOUT_SECONDS = 15;

interface MonitoringStageProps {
  readonly resources: SharedResources;
  readonly api: RelayApi;
}

export class MonitoringStage extends Construct {
  readonly handler: NodeFunction<'monitoring'>;

  constructor(scope: Construct, id: string, { resources, api }: MonitoringStageProps) {
    super(scope, id);
    const { table } = resources;
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'monitoring',
      description: 'Get3W Relay: reads metrics and alarms for the console',
      environment: monitoringEnvironment(resources),
      timeoutSeconds: MONITORING_TIMEOUT_SECONDS,
      // No task waits for it.
      errorSeverity: 'ticket',
    });
    allowDataKey(this.handler, resources);
    this.handler.allow(['dynamodb:GetItem'], [table.table.tableArn]);
    // Who is at an alarm, and the entry of the audit log that says so: no other row of the table.
    this.handler.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem'], [table.table.tableArn], {
      'ForAllValues:StringLike': {
        'dynamodb:LeadingKeys': [keyOf.acknowledgedAlarms().pk, keyOf.audit('*', '').pk],
      },
    });
    // None of them can be restricted to a resource: CloudWatch reads and lists metrics and alarms of the whole account
    // or not at all. The function restricts its answers to this relay.
    this.handler.allow(
      [
        'cloudwatch:DescribeAlarmContributors',
        'cloudwatch:DescribeAlarmHistory',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:GetMetricData',
        'cloudwatch:ListMetrics',
      ],
      ['*'],
    );
    Validations.of(this.handler.role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'CloudWatch has no resource for GetMetricData and ListMetrics, nor for listing alarms by name prefix.',
    });
    api.serve(this, 'monitoring', this.handler.function);
  }
}
