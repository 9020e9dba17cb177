// Turns the synthesised template into a plan for this machine: passes every resource to the reader of its type, and
// refuses those without a reader by name, all at once. It also has the one list of types that are ignored.
import { readCompositeAlarm, readMetricAlarm } from './cloudwatch/alarms/read-alarm.ts';
import { checkApi, readIntegration, readRoute, readStage } from './http/api-plan.ts';
import { readFunction } from './lambda/function-plan.ts';
import { readBucket } from './objects/bucket-plan.ts';
import { readQueue } from './queues/queue-plan.ts';
import { readSource } from './queues/source-plan.ts';
import { readSchedule } from './schedules/schedule-plan.ts';
import { readSecret } from './services/secret-plan.ts';
import { StartError } from './start-error.ts';
import { readTable } from './tables/table-plan.ts';
import { TemplateRefusal } from './template/cloud-template.ts';
import { ResourceReader } from './template/resource-reader.ts';
import { TemplateResolver } from './template/template-resolver.ts';
import type { Alarm } from './cloudwatch/alarms/alarm-definition.ts';
import type { IntegrationPlan, RouteDraft, RoutePlan, StagePlan } from './http/api-plan.ts';
import type { FunctionPlan } from './lambda/function-plan.ts';
import type { BucketPlan } from './objects/bucket-plan.ts';
import type { QueuePlan } from './queues/queue-plan.ts';
import type { SourcePlan } from './queues/source-plan.ts';
import type { SchedulePlan } from './schedules/schedule-plan.ts';
import type { SecretPlan } from './services/secret-plan.ts';
import type { TablePlan } from './tables/table-plan.ts';
import type { TemplatePlace } from './template/cloud-template.ts';
import type { LocalWorld } from './template/resource-identity.ts';
import type { SynthesisedStack } from './template/synthesised-stack.ts';

export interface StackPlan {
  readonly tables: readonly TablePlan[];
  readonly queues: readonly QueuePlan[];
  readonly buckets: readonly BucketPlan[];
  readonly functions: readonly FunctionPlan[];
  readonly sources: readonly SourcePlan[];
  readonly routes: readonly RoutePlan[];
  readonly stage: StagePlan | undefined;
  readonly schedules: readonly SchedulePlan[];
  readonly secrets: readonly SecretPlan[];
  readonly topicArns: readonly string[];
  readonly alarms: readonly Alarm[];
  /** The stack's outputs, as CloudFormation would report them. */
  readonly outputs: Readonly<Record<string, string>>;
  /** How many resources of each type were ignored. */
  readonly passedOver: ReadonlyMap<string, number>;
}

/** Types without a meaning on one machine, and why. A type that is neither here nor read below is refused. */
const passedOverTypes: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'only names the version of CDK',
  'AWS::CloudWatch::Dashboard': 'a page of the AWS console',
  'AWS::IAM::ManagedPolicy': 'one user, who may do everything',
  'AWS::IAM::Policy': 'one user, who may do everything',
  'AWS::IAM::Role': 'one user, who may do everything',
  'AWS::Lambda::Permission': 'one user, who may do everything',
  'AWS::Logs::LogGroup': 'logs are files of the data directory',
  'AWS::Logs::QueryDefinition': 'a page of the AWS console',
  'AWS::S3::BucketPolicy': 'one user, who may do everything',
  'AWS::SNS::Subscription': 'one machine sends no mail; publications are logged',
  'AWS::SNS::TopicPolicy': 'one user, who may do everything',
  'AWS::SQS::QueuePolicy': 'one user, who may do everything',
  'AWS::Scheduler::ScheduleGroup': 'schedules need no groups here',
};

type Draft = {
  -readonly [Part in keyof StackPlan]: StackPlan[Part] extends readonly (infer Item)[] ? Item[] : StackPlan[Part];
} & {
  readonly outputs: Record<string, string>;
  readonly integrations: Map<string, IntegrationPlan>;
  readonly routeDrafts: (RouteDraft & { readonly place: TemplatePlace })[];
};

interface Subject {
  readonly draft: Draft;
  readonly stack: SynthesisedStack;
  readonly logicalId: string;
  /** The resource's `Metadata`. */
  readonly metadata: unknown;
  readonly properties: ResourceReader;
  readonly attribute: (name: string) => string;
  readonly ref: () => string;
}

const readers: Readonly<Record<string, (subject: Subject) => void>> = {
  'AWS::ApiGatewayV2::Api': ({ properties }) => checkApi(properties),
  'AWS::ApiGatewayV2::Integration': ({ draft, properties, ref }) =>
    void draft.integrations.set(ref(), readIntegration(properties)),
  'AWS::ApiGatewayV2::Route': ({ draft, properties }) =>
    void draft.routeDrafts.push({ ...readRoute(properties), place: properties.place }),
  'AWS::ApiGatewayV2::Stage': ({ draft, properties }) => void (draft.stage = readStage(properties)),
  'AWS::CloudWatch::Alarm': ({ draft, properties, metadata, ref }) =>
    void draft.alarms.push(readMetricAlarm(properties, { name: ref(), metadata })),
  'AWS::CloudWatch::CompositeAlarm': ({ draft, properties, metadata, ref }) =>
    void draft.alarms.push(readCompositeAlarm(properties, { name: ref(), metadata })),
  'AWS::DynamoDB::Table': ({ draft, properties, ref }) => void draft.tables.push(readTable(ref(), properties)),
  'AWS::Lambda::EventInvokeConfig': ({ properties }) => {
    properties.passOver('FunctionName', 'Qualifier', 'MaximumEventAgeInSeconds');
    // Schedules call once; after a failure the next call follows at its usual time.
    properties.expect('MaximumRetryAttempts', 0);
  },
  'AWS::Lambda::EventSourceMapping': ({ draft, properties }) => keep(draft.sources, readSource(properties)),
  'AWS::Lambda::Function': ({ draft, stack, logicalId, properties, attribute, ref }) => {
    const called = { name: ref(), arn: attribute('Arn') };
    draft.functions.push(readFunction(logicalId, called, properties, (hash) => stack.assetPaths[hash]));
  },
  'AWS::S3::Bucket': ({ draft, properties, ref }) => void draft.buckets.push(readBucket(ref(), properties)),
  'AWS::SQS::Queue': ({ draft, properties, attribute }) =>
    void draft.queues.push(readQueue(attribute('QueueName'), properties)),
  'AWS::Scheduler::Schedule': ({ draft, properties, ref }) => keep(draft.schedules, readSchedule(ref(), properties)),
  'AWS::SecretsManager::Secret': ({ draft, logicalId, properties, ref }) =>
    void draft.secrets.push(readSecret({ arn: ref(), name: logicalId }, properties)),
  'AWS::SNS::Topic': ({ draft, properties, ref }) => {
    properties.passOver('TopicName', 'DisplayName', 'KmsMasterKeyId', 'Tags');
    draft.topicArns.push(ref());
  },
};

function keep<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}

/**
 * Plans what is to be started for a stack.
 * @throws StartError that names every resource and property that is not supported here.
 */
export function planStack(stack: SynthesisedStack, world: LocalWorld): StackPlan {
  const { template } = stack;
  const resolver = new TemplateResolver(template, world);
  const draft = emptyDraft();
  const passedOver = new Map<string, number>();
  const refusals: string[] = [];
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof TemplateRefusal)) throw error;
      refusals.push(error.message);
    }
  };
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    const { Type: type, Properties = {}, Metadata: metadata } = resource;
    const place = { logicalId: shownId(logicalId, Properties), type };
    attempt(() => {
      if (Object.hasOwn(passedOverTypes, type)) {
        passedOver.set(type, (passedOver.get(type) ?? 0) + 1);
        return;
      }
      if (resource.Condition !== undefined) {
        throw new TemplateRefusal(place, `its condition ${resource.Condition} is not evaluated on one machine`);
      }
      const read = readers[type];
      if (read === undefined)
        throw new TemplateRefusal(place, 'resources of this type are not supported on one machine');
      const properties = new ResourceReader(place, Properties, (value, at) => resolver.resolve(value, at));
      const attribute = (name: string): string => String(resolver.resolve({ 'Fn::GetAtt': [logicalId, name] }, place));
      const ref = (): string => String(resolver.resolve({ Ref: logicalId }, place));
      read({ draft, stack, logicalId, metadata, properties, attribute, ref });
      properties.done();
    });
  }
  for (const [name, { Value: value }] of Object.entries(template.Outputs ?? {})) {
    attempt(() => void (draft.outputs[name] = String(resolver.resolve(value, { logicalId: name, type: 'output' }))));
  }
  for (const route of draft.routeDrafts) attempt(() => void draft.routes.push(joinRoute(route, draft.integrations)));
  if (refusals.length > 0) {
    throw new StartError(`The stack contains what is not supported on one machine:\n  ${refusals.join('\n  ')}`);
  }
  return { ...draft, passedOver };
}

/** An alarm is shown by its name; its logical id is only its place in the template. */
function shownId(logicalId: string, { AlarmName: name }: Readonly<Record<string, unknown>>): string {
  return typeof name === 'string' ? `${logicalId} "${name}"` : logicalId;
}

function joinRoute(
  { routeKey, integrationId, place }: Draft['routeDrafts'][number],
  integrations: ReadonlyMap<string, IntegrationPlan>,
): RoutePlan {
  const integration = integrations.get(integrationId);
  if (integration === undefined) throw new TemplateRefusal(place, `${routeKey} has no integration`);
  return { routeKey, ...integration };
}

function emptyDraft(): Draft {
  return {
    tables: [],
    queues: [],
    buckets: [],
    functions: [],
    sources: [],
    routes: [],
    stage: undefined,
    schedules: [],
    secrets: [],
    topicArns: [],
    alarms: [],
    outputs: {},
    passedOver: new Map(),
    integrations: new Map(),
    routeDrafts: [],
  };
}
