// The identity of each resource on this machine: the value of its Ref and of its attributes, by type. Names, ARNs and
// addresses have the form that AWS gives them, because functions and permissions parse them.
import { TemplateRefusal } from './cloud-template.ts';
import type { CloudResource, CloudTemplate, TemplatePlace } from './cloud-template.ts';

/** What replaces an account and a region on this machine. */
export interface LocalWorld {
  readonly accountId: string;
  readonly region: string;
  readonly stackName: string;
  /** Addresses of the stand-ins, without a slash at their end. */
  readonly urls: { readonly api: string; readonly queues: string };
  readonly pseudoParameters: Readonly<Record<string, string>>;
}

/** Id of the one HTTP API. */
export const LOCAL_API_ID = 'local';

/**
 * The world of one stack, in an account number that does not exist.
 * @param stackUuid the last part of the stack's id, as random here as CloudFormation's: the path of callbacks has it.
 */
export function makeLocalWorld(stackName: string, urls: LocalWorld['urls'], stackUuid: string): LocalWorld {
  const accountId = '000000000000';
  const region = 'us-east-1';
  const stackId = `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/${stackUuid}`;
  return {
    accountId,
    region,
    stackName,
    urls,
    pseudoParameters: {
      'AWS::AccountId': accountId,
      'AWS::Region': region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stackName,
      'AWS::StackId': stackId,
    },
  };
}

interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Naming {
  /** The property that names the resource; without it CloudFormation makes up a name, and so do we. */
  readonly nameProperty?: string;
  readonly identify: (name: string, world: LocalWorld) => Identity;
}

function arn(world: LocalWorld, service: string, rest: string): string {
  return `arn:aws:${service}:${world.region}:${world.accountId}:${rest}`;
}

/** Naming of most resources: a name, with an ARN. */
function named(nameProperty: string, service: string, rest: (name: string) => string): Naming {
  return {
    nameProperty,
    identify: (name, world) => ({ ref: name, attributes: { Arn: arn(world, service, rest(name)) } }),
  };
}

const onlyRef: Naming = { identify: (name) => ({ ref: name, attributes: {} }) };

const table: Naming = named('TableName', 'dynamodb', (name) => `table/${name}`);

const namings: Readonly<Record<string, Naming>> = {
  'AWS::ApiGatewayV2::Api': {
    identify: (_name, world) => ({
      ref: LOCAL_API_ID,
      attributes: { ApiEndpoint: world.urls.api, ApiId: LOCAL_API_ID },
    }),
  },
  'AWS::ApiGatewayV2::Integration': onlyRef,
  'AWS::ApiGatewayV2::Route': onlyRef,
  'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName', identify: (name) => ({ ref: name, attributes: {} }) },
  'AWS::CloudWatch::Alarm': named('AlarmName', 'cloudwatch', (name) => `alarm:${name}`),
  'AWS::CloudWatch::CompositeAlarm': named('AlarmName', 'cloudwatch', (name) => `alarm:${name}`),
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName', identify: (name) => ({ ref: name, attributes: {} }) },
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::IAM::ManagedPolicy': onlyRef,
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    identify: (name, { accountId }) => ({
      ref: name,
      attributes: { Arn: `arn:aws:iam::${accountId}:role/${name}`, RoleId: name },
    }),
  },
  'AWS::Lambda::EventInvokeConfig': onlyRef,
  'AWS::Lambda::EventSourceMapping': onlyRef,
  'AWS::Lambda::Function': named('FunctionName', 'lambda', (name) => `function:${name}`),
  'AWS::Logs::LogGroup': named('LogGroupName', 'logs', (name) => `log-group:${name}:*`),
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    // Names of buckets are in lower case.
    identify: (name) => {
      const bucket = name.toLowerCase();
      return { ref: bucket, attributes: { Arn: `arn:aws:s3:::${bucket}` } };
    },
  },
  'AWS::Scheduler::Schedule': named('Name', 'scheduler', (name) => `schedule/default/${name}`),
  'AWS::Scheduler::ScheduleGroup': named('Name', 'scheduler', (name) => `schedule-group/${name}`),
  'AWS::SecretsManager::Secret': {
    nameProperty: 'Name',
    identify: (name, world) => {
      const secretArn = arn(world, 'secretsmanager', `secret:${name}-local1`);
      return { ref: secretArn, attributes: { Id: secretArn } };
    },
  },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    identify: (name, world) => {
      const topicArn = arn(world, 'sns', name);
      return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
    },
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    identify: (name, world) => {
      const url = `${world.urls.queues}/${world.accountId}/${name}`;
      return { ref: url, attributes: { Arn: arn(world, 'sqs', name), QueueName: name, QueueUrl: url } };
    },
  },
};

/** Looks identities up by logical id; each is computed once, at its first use. */
export class ResourceIdentities {
  readonly #template: CloudTemplate;
  readonly #world: LocalWorld;
  readonly #resolve: (value: unknown, place: TemplatePlace) => unknown;
  readonly #known = new Map<string, Identity>();

  constructor(template: CloudTemplate, world: LocalWorld, resolve: (value: unknown, place: TemplatePlace) => unknown) {
    this.#template = template;
    this.#world = world;
    this.#resolve = resolve;
  }

  /** @throws TemplateRefusal with the place of the Ref. */
  ref(logicalId: string, place: TemplatePlace): string {
    return this.#identity(logicalId, place).ref;
  }

  /** @throws TemplateRefusal with the place of the Fn::GetAtt. */
  attribute(logicalId: string, name: string, place: TemplatePlace): string {
    const value = this.#identity(logicalId, place).attributes[name];
    if (value === undefined) {
      const type = this.#template.Resources[logicalId]?.Type ?? 'resource';
      throw new TemplateRefusal(place, `${logicalId} (${type}) has no attribute ${name} on one machine`);
    }
    return value;
  }

  #identity(logicalId: string, place: TemplatePlace): Identity {
    const known = this.#known.get(logicalId);
    if (known !== undefined) return known;
    const resource = this.#template.Resources[logicalId];
    if (resource === undefined) throw new TemplateRefusal(place, `the resource ${logicalId} does not exist`);
    const naming = namings[resource.Type];
    if (naming === undefined) {
      throw new TemplateRefusal(place, `${logicalId} (${resource.Type}) has no name on one machine`);
    }
    const identity = naming.identify(this.#nameOf(logicalId, resource, naming.nameProperty), this.#world);
    this.#known.set(logicalId, identity);
    return identity;
  }

  #nameOf(logicalId: string, { Type, Properties }: CloudResource, property: string | undefined): string {
    const given = property === undefined ? undefined : Properties?.[property];
    // The same name at every start, so that the data of earlier starts is found.
    if (given === undefined) return `${this.#world.stackName}-${logicalId}`;
    return String(this.#resolve(given, { logicalId, type: Type, property }));
  }
}
