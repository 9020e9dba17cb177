import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asList,
  defaultTemplate,
  render,
  simulatedTemplate,
  synthesise,
  withoutHash,
} from '../support/relay-template.ts';
import type { Cfn, RelayTemplate } from '../support/relay-template.ts';

const deciding = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];
/** What `relay doctor` reads of the table itself, and no function. */
const readByDoctor = ['dynamodb:DescribeContinuousBackups', 'dynamodb:DescribeTable'];
const receiving = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const logging = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const TABLE = '<RelayStoreTable.Arn>';
const KEY = '<RelayGet3WKeySecret>';

function queue(name: string) {
  return `<Relay${name}Queue.Arn>`;
}

function logs(stage: string) {
  return `<Relay${stage}HandlerLogs.Arn>`;
}

function deadLetters(name: string) {
  return `<Relay${name}QueueDeadLetters.Arn>`;
}

const everyQueue = ['Deliver', 'Dispatch', 'Jobs', 'Keep', 'Settle'];
const BUCKET = '<RelayMediaBucket.Arn>';
const OUTPUTS = '<RelayMediaBucket.Arn>/outputs/*';
const INPUTS = '<RelayMediaBucket.Arn>/inputs/*';
const UNUSED = '<RelayMediaBucket.Arn>/unused/*';
const allQueues = [queue('Deliver'), queue('Dispatch'), queue('Settle')];
const withKeep = [queue('Deliver'), queue('Dispatch'), queue('Keep'), queue('Settle')];

/** Everything that each role may do: a developer who adds a permission adds it here, deliberately. */
const expected: Record<string, [actions: string[], resources: string[]][]> = {
  RelayApiHandlerRole: [
    [deciding, [TABLE]],
    [['dynamodb:Query'], [`${TABLE}/index/byAccount`, `${TABLE}/index/byFailure`, `${TABLE}/index/byTime`]],
    [logging, [logs('Api')]],
    [
      ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      [INPUTS, UNUSED],
    ],
    [['s3:GetObject'], [OUTPUTS]],
    [['s3:ListBucket'], [BUCKET]],
    [receiving, [...everyQueue.map(deadLetters), queue('Jobs')].sort()],
    [['sqs:GetQueueAttributes', 'sqs:SendMessage'], everyQueue.map(queue)],
  ],
  RelayDispatchHandlerRole: [
    [deciding, [TABLE]],
    [logging, [logs('Dispatch')]],
    [['s3:GetObject'], [INPUTS]],
    [['s3:ListBucket'], [BUCKET]],
    [['secretsmanager:GetSecretValue'], [KEY]],
    [receiving, [queue('Dispatch')]],
    [['sqs:SendMessage'], allQueues],
  ],
  RelaySettleHandlerRole: [
    [deciding, [TABLE]],
    [logging, [logs('Settle')]],
    [['secretsmanager:GetSecretValue'], [KEY]],
    [receiving, [queue('Settle')]],
    [['sqs:SendMessage'], withKeep],
  ],
  RelayDeliverHandlerRole: [
    [[...deciding, 'dynamodb:ConditionCheckItem'].sort(), [TABLE]],
    [logging, [logs('Deliver')]],
    [[...receiving, 'sqs:SendMessage'], [queue('Deliver')]],
  ],
  RelayKeepHandlerRole: [
    [[...deciding, 'dynamodb:ConditionCheckItem'].sort(), [TABLE]],
    [logging, [logs('Keep')]],
    [['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:PutObject'], [OUTPUTS]],
    [receiving, [queue('Keep')]],
    [['sqs:SendMessage'], [queue('Deliver'), queue('Keep')]],
  ],
  RelaySweepHandlerRole: [
    [deciding, [TABLE]],
    [['dynamodb:Query'], [`${TABLE}/index/due`]],
    [logging, [logs('Sweep')]],
    [['sqs:SendMessage'], [queue('Deliver'), queue('Dispatch'), queue('Jobs'), queue('Keep'), queue('Settle')]],
  ],
  RelayMonitoringHandlerRole: [
    [
      [
        'cloudwatch:DescribeAlarmContributors',
        'cloudwatch:DescribeAlarmHistory',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:GetMetricData',
        'cloudwatch:ListMetrics',
      ],
      ['*'],
    ],
    [['dynamodb:GetItem'], [TABLE]],
    [['dynamodb:PutItem', 'dynamodb:UpdateItem'], [TABLE]],
    [logging, [logs('Monitoring')]],
  ],
  RelayConsoleHandlerRole: [[logging, [logs('Console')]]],
  RelaySweepScheduleRole: [[['lambda:InvokeFunction'], ['<RelaySweepHandlerFunction.Arn>']]],
};

/** What a deployment with the simulator adds. */
const expectedOfSimulator: [actions: string[], resources: string[]][] = [
  [
    ['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    ['<RelaySimulatorTable.Arn>'],
  ],
  [logging, [logs('Simulator')]],
  [['secretsmanager:GetSecretValue'], ['<RelaySimulatorKey>']],
  [[...receiving, 'sqs:SendMessage'], ['<RelaySimulatorTimers.Arn>']],
];

const FOLDER = 'the objects of a folder have keys of their own';
const starReasons: Record<string, string> = {
  [`RelayApiHandlerRole s3:GetObject ${OUTPUTS}`]: FOLDER,
  [`RelayApiHandlerRole s3:DeleteObject s3:GetObject s3:PutObject ${INPUTS} ${UNUSED}`]: FOLDER,
  [`RelayDispatchHandlerRole s3:GetObject ${INPUTS}`]: FOLDER,
  [`RelayKeepHandlerRole s3:AbortMultipartUpload s3:DeleteObject s3:PutObject ${OUTPUTS}`]: FOLDER,
  'RelayMonitoringHandlerRole cloudwatch:DescribeAlarmContributors cloudwatch:DescribeAlarmHistory cloudwatch:DescribeAlarms cloudwatch:GetMetricData cloudwatch:ListMetrics *':
    'metrics have no resource, and alarms are listed by name prefix; all these calls only read',
};

function statementsOf(template: RelayTemplate) {
  return template.ofType('AWS::IAM::Role').flatMap(({ id, properties }) =>
    properties.Policies.flatMap(({ PolicyDocument: document }: Cfn) =>
      document.Statement.map((statement: Cfn) => ({
        role: withoutHash(id),
        effect: statement.Effect,
        actions: [...asList<string>(statement.Action)].sort(),
        resources: asList<Cfn>(statement.Resource).map(render).sort(),
      })),
    ),
  );
}

function grantsByRole(template: RelayTemplate): Record<string, [string[], string[]][]> {
  const grants: Record<string, [string[], string[]][]> = {};
  for (const { role, actions, resources } of statementsOf(template)) (grants[role] ??= []).push([actions, resources]);
  return grants;
}

/** The rights on the table that the documentation tells an operator to give to a role for the command line. */
function tableRightsOfCommands(): string[] {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'command-line.md'), 'utf8');
  const [, list = ''] = /on the table and its indexes ([^;]*);/.exec(page) ?? [];
  return [...list.matchAll(/`(?:dynamodb:)?(\w+)`/g)].map(([, call = '']) => `dynamodb:${call}`);
}

function inOrder(grants: [string[], string[]][]) {
  return [...grants].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe('roles', () => {
  it('may do exactly what their stage needs, on exactly its resources', () => {
    const granted = grantsByRole(defaultTemplate());
    const sorted = (all: Record<string, [string[], string[]][]>) =>
      Object.fromEntries(Object.entries(all).map(([role, grants]) => [role, inOrder(grants)]));
    expect(sorted(granted)).toEqual(sorted(expected));
  });

  it('of the simulator may do what it needs on its own resources, and changes only the roles that read its key', () => {
    const { RelaySimulatorHandlerRole: simulators, ...others } = grantsByRole(simulatedTemplate());
    expect(inOrder(simulators ?? [])).toEqual(inOrder(expectedOfSimulator));
    const inItsPlace = JSON.parse(JSON.stringify(expected).replaceAll(KEY, '<RelaySimulatorKey>')) as typeof expected;
    expect(Object.keys(others).sort()).toEqual(Object.keys(inItsPlace).sort());
    for (const [role, grants] of Object.entries(others))
      expect(inOrder(grants)).toEqual(inOrder(inItsPlace[role] ?? []));
  });

  it('that decide may do on the table what the documentation gives to the command line, which decides as they do', () => {
    const [granted = []] =
      (grantsByRole(defaultTemplate())['RelaySettleHandlerRole'] ?? []).find(([, on]) => on.includes(TABLE)) ?? [];
    expect(tableRightsOfCommands().sort()).toEqual([...granted, ...readByDoctor].sort());
  });

  it('have a star only where AWS has no resource level, each with a reason', () => {
    const starred = statementsOf(defaultTemplate())
      .filter(({ actions, resources }) => [...actions, ...resources].some((text) => text.includes('*')))
      .map(({ role, actions, resources }) => [role, ...actions, ...resources].join(' '));
    expect(starred).toEqual(Object.keys(starReasons));
  });

  it('belong to one function each and have their permissions inline', () => {
    const template = defaultTemplate();
    expect(template.ofType('AWS::IAM::Policy')).toEqual([]);
    const borrowers = template.ofType('AWS::Lambda::Function').map(({ properties }) => render(properties.Role));
    expect(new Set(borrowers).size).toBe(borrowers.length);
    for (const { properties } of template.ofType('AWS::IAM::Role')) {
      expect(properties.ManagedPolicyArns).toBeUndefined();
    }
  });

  it('are all bounded when the deployment asks for it', () => {
    const arn = 'arn:aws:iam::123456789012:policy/boundary';
    for (const { properties } of synthesise({ permissionsBoundaryArn: arn }).ofType('AWS::IAM::Role')) {
      expect(properties.PermissionsBoundary).toBe(arn);
    }
  });

  it('may be assumed only by the service that runs them', () => {
    const trusts = defaultTemplate()
      .ofType('AWS::IAM::Role')
      .map(({ id, properties }) => [
        withoutHash(id),
        properties.AssumeRolePolicyDocument.Statement.map((statement: Cfn) => statement.Principal),
      ]);
    const lambda = [{ Service: 'lambda.amazonaws.com' }];
    expect(Object.fromEntries(trusts)).toEqual({
      ...Object.fromEntries(Object.keys(expected).map((role) => [role, lambda])),
      RelaySweepScheduleRole: [{ Service: 'scheduler.amazonaws.com' }],
    });
  });
});

describe('a customer key on the secret', () => {
  const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:get3w-AbCdEf';
  const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/1234';
  const decrypting = (template: RelayTemplate) =>
    template
      .ofType('AWS::IAM::Role')
      .flatMap(({ id, properties }) =>
        (properties.Policies ?? []).flatMap(({ PolicyDocument: document }: Cfn) =>
          document.Statement.flatMap((statement: Cfn) =>
            JSON.stringify(statement.Action).includes('kms:') ? [[withoutHash(id), statement]] : [],
          ),
        ),
      );

  it('may be used by the functions that read the secret, for that secret alone', () => {
    const found = decrypting(synthesise({ get3wKeySecretArn: secretArn, get3wKeyKmsArn: keyArn }));
    const statement = {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: keyArn,
      Condition: { StringEquals: { 'kms:EncryptionContext:SecretARN': secretArn } },
    };
    expect(found).toEqual([
      ['RelayDispatchHandlerRole', statement],
      ['RelaySettleHandlerRole', statement],
    ]);
  });

  it('encrypts the secret that is made, and gives no other access', () => {
    const template = synthesise({ get3wKeyKmsArn: keyArn });
    expect(template.only('AWS::SecretsManager::Secret').properties.KmsKeyId).toBe(keyArn);
    expect(template.json.Outputs.Get3WKeyKmsArn.Value).toBe(keyArn);
    expect(decrypting(defaultTemplate())).toEqual([]);
    expect(defaultTemplate().only('AWS::SecretsManager::Secret').properties).not.toHaveProperty('KmsKeyId');
  });
});

describe('resource policies', () => {
  it('let only the API call a function, and only by the routes of that function', () => {
    const permissions = defaultTemplate()
      .ofType('AWS::Lambda::Permission')
      .map(({ properties }) => [
        render(properties.FunctionName).replace(/^<Relay(.*)HandlerFunction.Arn>$/, '$1'),
        properties.Principal,
        render(properties.SourceArn),
      ]);
    const address = 'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<RelayHttpApi>';
    const caller = 'apigateway.amazonaws.com';
    expect(permissions).toEqual([
      // The catch-all route has neither method nor path: only all of the API describes it.
      ['Api', caller, `${address}/*/*`],
      ['Settle', caller, `${address}/*/POST/callbacks/get3w/<AWS::StackId/2>/{token}`],
      ['Monitoring', caller, `${address}/*/GET/v1/monitoring/metrics`],
      ['Monitoring', caller, `${address}/*/HEAD/v1/monitoring/metrics`],
      ['Monitoring', caller, `${address}/*/GET/v1/monitoring/alarms`],
      ['Monitoring', caller, `${address}/*/HEAD/v1/monitoring/alarms`],
      ['Monitoring', caller, `${address}/*/GET/v1/monitoring/alarms/history`],
      ['Monitoring', caller, `${address}/*/HEAD/v1/monitoring/alarms/history`],
      ['Monitoring', caller, `${address}/*/POST/v1/monitoring/alarms/acknowledge`],
      ['Console', caller, `${address}/*/GET/console`],
      ['Console', caller, `${address}/*/HEAD/console`],
      ['Console', caller, `${address}/*/GET/console/{proxy+}`],
      ['Console', caller, `${address}/*/HEAD/console/{proxy+}`],
      ['Console', caller, `${address}/*/GET/openapi.json`],
      ['Console', caller, `${address}/*/HEAD/openapi.json`],
    ]);
  });

  it('admit only principals that they name: stars are in denials only', () => {
    const template = defaultTemplate();
    const policies = [...template.ofType('AWS::SQS::QueuePolicy'), ...template.ofType('AWS::SNS::TopicPolicy')];
    const open = policies.flatMap(({ id, properties }) =>
      properties.PolicyDocument.Statement.filter(
        (statement: Cfn) => statement.Effect === 'Allow' && JSON.stringify(statement.Principal).includes('*'),
      ).map(() => id),
    );
    expect(policies).toHaveLength(11);
    expect(open).toEqual([]);
  });
});
