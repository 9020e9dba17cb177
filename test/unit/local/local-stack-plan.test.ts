import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planStack } from '../../../local/stack-plan.ts';
import { dollars, stackOf, testWorld } from '../../support/template-of.ts';
import type { CloudResource } from '../../../local/template/cloud-template.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-plan-'));
  writeFileSync(join(folder, 'index.mjs'), 'export const handler = () => {};');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const functionProperties = {
  Code: { S3Bucket: { 'Fn::Sub': dollars('assets-%{AWS::AccountId}') }, S3Key: 'abc.zip' },
  Handler: 'index.handler',
  Runtime: 'nodejs24.x',
  Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
};
const worker: CloudResource = { Type: 'AWS::Lambda::Function', Properties: functionProperties };

/** One resource of each kind that the runtime runs, as CDK writes them. */
const wholeStack: Record<string, CloudResource> = {
  Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: {} } },
  Store: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    },
  },
  Dead: { Type: 'AWS::SQS::Queue', Properties: { SqsManagedSseEnabled: true } },
  Jobs: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
    },
  },
  Worker: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      ...functionProperties,
      Timeout: 20,
      MemorySize: 512,
      Environment: { Variables: { JOBS: { Ref: 'Jobs' }, TABLE: { Ref: 'Store' } } },
    },
  },
  Source: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
      FunctionName: { Ref: 'Worker' },
      BatchSize: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 7 },
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Name: 'relay' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Worker', 'Arn'] },
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 9_000,
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: 'GET /things/{id}',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      AuthorizationType: 'NONE',
    },
  },
  Stage: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    },
  },
  Minutely: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: { 'Fn::GetAtt': ['Worker', 'Arn'] }, RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] } },
    },
  },
  Key: { Type: 'AWS::SecretsManager::Secret', Properties: { Description: 'a key' } },
  Topic: { Type: 'AWS::SNS::Topic' },
};

function plan(resources: Record<string, CloudResource>) {
  return planStack(stackOf(resources, { abc: folder }), testWorld);
}

function refusal(resources: Record<string, CloudResource>): string {
  try {
    plan(resources);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was refused';
}

describe('the plan of a stack on one machine', () => {
  it('has the queues with their attributes and where their dead letters go', () => {
    expect(plan(wholeStack).queues).toEqual([
      { name: 'Test-Dead', attributes: {} },
      {
        name: 'Test-Jobs',
        attributes: {
          VisibilityTimeout: '60',
          RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:Test-Dead","maxReceiveCount":5}',
        },
      },
    ]);
  });

  it('has the functions with exactly the environment of the template', () => {
    expect(plan(wholeStack).functions).toEqual([
      expect.objectContaining({
        name: 'Test-Worker',
        modulePath: join(folder, 'index.mjs'),
        exportName: 'handler',
        environment: { JOBS: 'http://127.0.0.1:9324/000000000000/Test-Jobs', TABLE: 'Test-Store' },
        timeoutMs: 20_000,
        memoryMb: 512,
      }),
    ]);
  });

  it('has what calls the functions: queues, routes and schedules', () => {
    const { sources, routes, stage, schedules } = plan(wholeStack);
    expect(sources).toEqual([
      expect.objectContaining({
        queueName: 'Test-Jobs',
        functionName: 'Test-Worker',
        batchMessagesMax: 5,
        concurrencyMax: 7,
        reportsFailures: true,
      }),
    ]);
    expect(routes).toEqual([{ routeKey: 'GET /things/{id}', functionName: 'Test-Worker', timeoutMs: 9_000 }]);
    expect(stage?.throttle).toEqual({ ratePerSecond: 100, burstCount: 200 });
    expect(schedules).toEqual([{ name: 'Test-Minutely', functionName: 'Test-Worker', periodMs: 300_000, input: '{}' }]);
  });

  it('has the tables, secrets and topics', () => {
    const { tables, secrets, topicArns } = plan(wholeStack);
    expect(tables.map(({ name, ttlAttribute }) => ({ name, ttlAttribute }))).toEqual([
      { name: 'Test-Store', ttlAttribute: 'ttl' },
    ]);
    expect(secrets.map(({ arn }) => arn)).toEqual([
      'arn:aws:secretsmanager:us-east-1:000000000000:secret:Test-Key-local1',
    ]);
    expect(topicArns).toEqual(['arn:aws:sns:us-east-1:000000000000:Test-Topic']);
  });

  it('counts what it skips', () => {
    expect(plan(wholeStack).passedOver.get('AWS::IAM::Role')).toBe(1);
  });
});

describe('resources that cannot run on one machine', () => {
  it('an unknown type is refused by logical id and type', () => {
    expect(refusal({ Bucket: { Type: 'AWS::EFS::FileSystem' } })).toContain(
      'Bucket (AWS::EFS::FileSystem): resources of this',
    );
  });

  it('a resource with a condition is refused by the name of the condition', () => {
    const worker = { ...wholeStack['Worker']!, Condition: 'IsLarge' };
    expect(refusal({ Role: wholeStack['Role']!, Worker: worker })).toContain(
      'Worker (AWS::Lambda::Function): its condition IsLarge is not evaluated on one machine',
    );
  });

  it('an unknown property is refused by logical id, type and property', () => {
    const vpc = { ...worker, Properties: { ...functionProperties, VpcConfig: {} } };
    expect(refusal({ Role: wholeStack['Role']!, Worker: vpc })).toContain('Worker (AWS::Lambda::Function) VpcConfig:');
  });

  it('an unknown property deep inside a known one is refused by its path', () => {
    const source = {
      ...wholeStack['Source']!,
      Properties: { ...wholeStack['Source']!.Properties, ScalingConfig: { Mode: 1 } },
    };
    expect(refusal({ ...wholeStack, Source: source })).toContain(
      'Source (AWS::Lambda::EventSourceMapping) ScalingConfig.Mode',
    );
  });

  it('a value that has no local meaning is refused with those that have', () => {
    const old = { ...worker, Properties: { ...functionProperties, Runtime: 'python3.13' } };
    expect(refusal({ Role: wholeStack['Role']!, Worker: old })).toContain('Runtime: "python3.13" is not supported');
    const cron = { ...wholeStack['Minutely']!.Properties, ScheduleExpression: 'cron(0 3 * * ? *)' };
    expect(refusal({ ...wholeStack, Minutely: { Type: 'AWS::Scheduler::Schedule', Properties: cron } })).toContain(
      'cron(0 3 * * ? *) is not supported here',
    );
  });

  it('everything that is refused is named at once', () => {
    const text = refusal({ One: { Type: 'AWS::EFS::FileSystem' }, Two: { Type: 'AWS::Kinesis::Stream' } });
    expect(text).toContain('One (AWS::EFS::FileSystem)');
    expect(text).toContain('Two (AWS::Kinesis::Stream)');
  });

  it('a route without a target and code that is not an asset are refused', () => {
    const { Integration: _gone, ...rest } = wholeStack;
    expect(refusal(rest)).toContain('the resource Integration does not exist');
    const foreign = { ...functionProperties, Code: { S3Bucket: 'b', S3Key: 'other.zip' } };
    expect(refusal({ ...wholeStack, Worker: { ...worker, Properties: foreign } })).toContain('Code.S3Key');
  });
});
