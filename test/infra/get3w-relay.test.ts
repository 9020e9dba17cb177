import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { describe, expect, it } from 'vitest';
import { ownOutputs, settingsIn } from '../../cli/deployed-target.ts';
import { readOutputs } from '../../cli/relay-target.ts';
import { environmentNames } from '../../core/contract/environment.ts';
import { Get3WRelay } from '../../lib/get3w-relay.ts';
import { defaultTemplate, render, stubBundlesDir, synthesise } from '../support/relay-template.ts';

/** Without the simulator, which is made only where it is asked for. */
const stages = Object.keys(environmentNames).filter((stage) => stage !== 'simulator');

/** A resource whose logical id changes is a new resource, and the old one with all that was in it is deleted. */
const guardedIds: Record<string, string> = {
  RelayStoreTable5DF851D8: 'AWS::DynamoDB::Table',
  RelayGet3WKeySecret83A5BBD2: 'AWS::SecretsManager::Secret',
  RelayHttpApi76253842: 'AWS::ApiGatewayV2::Api',
  RelayAlarmsTopicB3F9414A: 'AWS::SNS::Topic',
  RelayDispatchQueue5714E713: 'AWS::SQS::Queue',
  RelayDispatchQueueDeadLettersD959B446: 'AWS::SQS::Queue',
  RelaySettleQueue9FEF4ABC: 'AWS::SQS::Queue',
  RelaySettleQueueDeadLetters11E91787: 'AWS::SQS::Queue',
  RelayDeliverQueue1593977B: 'AWS::SQS::Queue',
  RelayDeliverQueueDeadLetters9D1F6FD0: 'AWS::SQS::Queue',
};

describe('logical ids', () => {
  it('of resources with data, messages or an address never change', () => {
    const found = defaultTemplate().resources.map(({ id, type }) => [id, type]);
    expect(Object.fromEntries(found)).toMatchObject(guardedIds);
  });

  it('do not depend on what a deployment chooses', () => {
    const ids = (props: Parameters<typeof synthesise>[0]) => synthesise(props).resources.map(({ id }) => id);
    const chosen = {
      name: 'images',
      stage: 'dev',
      maxConcurrency: 3,
      retainData: false,
      memoryMb: 256,
      throttle: { burst: 9 },
    };
    expect(ids(chosen)).toEqual(ids({}));
  });
});

describe('outputs', () => {
  it('tell people and tools where everything is', () => {
    const { Outputs: outputs } = defaultTemplate().json;
    const told = Object.entries<{ Value: unknown }>(outputs).map(([name, { Value: value }]) => [name, render(value)]);
    expect(Object.fromEntries(told)).toEqual({
      ApiUrl: '<RelayHttpApi.ApiEndpoint>',
      CallbacksUrl: '<RelayHttpApi.ApiEndpoint>/callbacks/get3w/<AWS::StackId/2>',
      ServiceName: 'get3w-relay',
      TableName: '<RelayStoreTable>',
      Get3WKeySecretArn: '<RelayGet3WKeySecret>',
      AlarmTopicArn: '<RelayAlarmsTopic>',
      DispatchQueueUrl: '<RelayDispatchQueue>',
      DispatchDeadLettersUrl: '<RelayDispatchQueueDeadLetters>',
      SettleQueueUrl: '<RelaySettleQueue>',
      SettleDeadLettersUrl: '<RelaySettleQueueDeadLetters>',
      DeliverQueueUrl: '<RelayDeliverQueue>',
      DeliverDeadLettersUrl: '<RelayDeliverQueueDeadLetters>',
      KeepQueueUrl: '<RelayKeepQueue>',
      KeepDeadLettersUrl: '<RelayKeepQueueDeadLetters>',
      JobsQueueUrl: '<RelayJobsQueue>',
      JobsDeadLettersUrl: '<RelayJobsQueueDeadLetters>',
      MediaBucketName: '<RelayMediaBucket>',
    });
  });
});

describe('outputs of relays inside a foreign stack', () => {
  const hostWith = (prefixes: readonly string[]): Stack => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Host');
    for (const prefix of prefixes) {
      const name = prefix === '' ? 'relay' : prefix.toLowerCase();
      new Get3WRelay(stack, `${prefix}Relay`, { name, bundlesDir: stubBundlesDir() }).addOutputs({ prefix });
    }
    return stack;
  };
  const outputsOf = (stack: Stack): string[] => Object.keys(Template.fromStack(stack).findOutputs('*'));

  it('are those of RelayStack, so that the command line finds either', () => {
    expect(outputsOf(hostWith([''])).sort()).toEqual(Object.keys(defaultTemplate().json.Outputs).sort());
  });

  it('begin with a prefix where there are several', () => {
    const names = Object.keys(defaultTemplate().json.Outputs);
    const expected = [...names.map((name) => `Images${name}`), ...names.map((name) => `Video${name}`)];
    expect(outputsOf(hostWith(['Images', 'Video'])).sort()).toEqual(expected.sort());
  });

  it('and settings of each are found by its prefix, whatever else the stack has', () => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Host');
    for (const [prefix, limitMax] of [
      ['Images', 50],
      ['Video', 7],
    ] as const) {
      const props = { name: prefix.toLowerCase(), settings: { gate: { limitStart: 1, limitMax } } };
      new Get3WRelay(stack, prefix, { ...props, bundlesDir: stubBundlesDir() }).addOutputs({ prefix });
    }
    const template = Template.fromStack(stack);
    const told = Object.entries(template.findOutputs('*')).map(([name, { Value: value }]) => [name, render(value)]);
    for (const [prefix, limitMax] of [
      ['Images', 50],
      ['Video', 7],
    ] as const) {
      const { serviceName, tableName } = readOutputs(ownOutputs(Object.fromEntries(told), prefix), 'Host');
      expect([serviceName, tableName]).toEqual([prefix.toLowerCase(), `<${prefix}StoreTable>`]);
      const settings = settingsIn(JSON.stringify(template.toJSON()), 'Host', serviceName);
      expect(settings.gate.limitMax).toBe(limitMax);
    }
  });

  it('are refused under a prefix that is none', () => {
    expect(() => hostWith(['my-images'])).toThrow(/prefix "my-images" is not allowed/);
    expect(() => hostWith(['', ''])).toThrow();
  });
});

describe('the secret for the Get3W key', () => {
  it('is made empty, so that no value can be mistaken for a key, and outlives the stack', () => {
    const { properties, whole } = defaultTemplate().only('AWS::SecretsManager::Secret');
    expect(Object.keys(properties).sort()).toEqual(['Description', 'Tags']);
    expect(whole.DeletionPolicy).toBe('Retain');
  });
});

describe('the construct', () => {
  it('fits into a foreign stack, even twice', () => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Host');
    const one = new Get3WRelay(stack, 'Images', { name: 'images', bundlesDir: stubBundlesDir() });
    new Get3WRelay(stack, 'Video', { name: 'video', bundlesDir: stubBundlesDir() });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::Table', 2);
    template.resourceCountIs('AWS::Lambda::Function', 2 * stages.length);
    expect(stack.resolve(one.url)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^ImagesHttpApi/), 'ApiEndpoint'] });
  });

  it('is the same whichever feature flags its app has', () => {
    const flagged = synthesise({}, { context: CURRENTLY_RECOMMENDED_FLAGS });
    expect(flagged.json).toEqual(defaultTemplate().json);
  });

  it('tags everything that can have a tag with the name of its relay', () => {
    const { properties } = synthesise({ name: 'images' }).only('AWS::DynamoDB::Table');
    expect(properties.Tags).toEqual([{ Key: 'service', Value: 'images' }]);
  });

  it.each(['', 'my relay', '9lives', 'a'.repeat(64), "x' OR 1"])('refuses the name %j', (name) => {
    expect(() => synthesise({ name })).toThrow(/is not allowed/);
  });

  it('says which bundle is missing', () => {
    expect(() => synthesise({ bundlesDir: 'nowhere' })).toThrow(/no bundle for api: nowhere.api.index\.mjs/);
  });
});
