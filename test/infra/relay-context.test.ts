import { describe, expect, it } from 'vitest';
import { contextKeys, readContext } from '../../lib/relay-context.ts';
import { synthesise } from '../support/relay-template.ts';

describe('the context', () => {
  it('may be empty: the stack is then named after the relay and bound to no account', () => {
    const props = readContext({});
    expect(props.stackName).toBe('get3w-relay');
    expect(props.env).toBeUndefined();
  });

  it('reads the texts of the command line as numbers, flags and lists', () => {
    const props = readContext({
      name: 'images',
      stage: 'dev',
      settings: '{"gate":{"limitMax":300}}',
      corsOrigins: 'https://a.example, https://b.example',
      maxConcurrency: '25',
      ratePerSecond: '5',
      logRetentionDays: '7',
      retainData: 'false',
      simulator: 'true',
      tags: '{"team":"media"}',
      account: '123456789012',
      region: 'eu-west-1',
    });
    expect(props).toMatchObject({
      stackName: 'images-dev',
      settings: { gate: { limitMax: 300 } },
      corsOrigins: ['https://a.example', 'https://b.example'],
      maxConcurrency: 25,
      throttle: { ratePerSecond: 5 },
      logRetention: 7,
      retainData: false,
      simulator: true,
      tags: { team: 'media' },
      env: { account: '123456789012', region: 'eu-west-1' },
    });
  });

  it('takes settings from cdk.json as they are', () => {
    expect(readContext({ settings: { deadlineMs: 60_000 } }).settings).toEqual({ deadlineMs: 60_000 });
  });

  it('lets the keys pass that CDK keeps there', () => {
    const keys = {
      '@aws-cdk/core:checkSecretUsage': true,
      'aws:cdk:bundling-stacks': ['**'],
      'acknowledged-issue-numbers': [1],
    };
    expect(readContext(keys).stackName).toBe('get3w-relay');
  });

  it('becomes a stack', () => {
    const { bundlesDir: _none, ...props } = readContext({
      name: 'images',
      memoryMb: '1024',
      alarmEmail: 'ops@example.com',
    });
    const template = synthesise(props);
    for (const { properties } of template.ofType('AWS::Lambda::Function')) expect(properties.MemorySize).toBe(1_024);
    expect(template.ofType('AWS::SNS::Subscription')).toHaveLength(1);
  });
});

describe('a context that is not right', () => {
  it('is refused for an unknown name, with the names that are known', () => {
    expect(() => readContext({ nmae: 'images' })).toThrow(/nmae: unknown; known are name, stage, .*settings/);
  });

  it.each([
    ['name', 'my relay', /name: may have letters, digits and hyphens/],
    ['settings', '{gate:1}', /settings: is not JSON/],
    ['maxConcurrency', '1', /maxConcurrency: .*>=2/],
    ['retainData', 'perhaps', /retainData: /],
    ['logRetentionDays', '8', /logRetentionDays: must be one of 1, 3, 5/],
    ['account', '42', /account: must have twelve digits/],
    ['get3wUrl', 'get3w.com', /get3wUrl: /],
    ['alarmEmail', 'me', /alarmEmail: /],
  ])('is refused for %s=%s', (key, value, message) => {
    expect(() => readContext({ [key]: value })).toThrow(message);
  });

  it('is refused for half a domain', () => {
    expect(() => readContext({ domainName: 'relay.example.com' })).toThrow(/domainName and certificateArn together/);
  });

  it('is refused for a value that only the stack can judge', () => {
    expect(() => synthesise(readContext({ settings: '{"graceMs":-1}' }))).toThrow(/settings\.graceMs/);
  });
});

describe('context keys', () => {
  it('are all in one spelling, so that none is mistaken for one of CDK', () => {
    for (const key of contextKeys) expect(key).toMatch(/^[a-z][a-zA-Z0-9]*$/);
  });
});
