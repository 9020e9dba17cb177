import { describe, expect, it } from 'vitest';
import { environmentNames } from '../../core/contract/environment.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { defaultTemplate, render, simulatedTemplate, synthesise, withoutHash } from '../support/relay-template.ts';
import type { Stage } from '../../core/contract/environment.ts';
import type { Cfn, RelayTemplate } from '../support/relay-template.ts';

/** All that there can be: the simulator is made only where it is asked for. */
const stages = Object.keys(environmentNames) as Stage[];

function functionOf(template: RelayTemplate, stage: Stage): Cfn {
  const name = `Relay${stage[0]?.toUpperCase()}${stage.slice(1)}HandlerFunction`;
  return template.ofType('AWS::Lambda::Function').find(({ id }) => withoutHash(id) === name)?.properties;
}

function variablesOf(template: RelayTemplate, stage: Stage): Record<string, Cfn> {
  return functionOf(template, stage).Environment.Variables;
}

describe.each(stages)('the %s function', (stage) => {
  it('has exactly the environment that the contract names', () => {
    expect(Object.keys(variablesOf(simulatedTemplate(), stage)).sort()).toEqual([...environmentNames[stage]].sort());
  });

  it('runs its own bundle on Node 24 and arm64', () => {
    const { Runtime: runtime, Architectures: architectures, Handler: handler } = functionOf(simulatedTemplate(), stage);
    expect({ runtime, architectures, handler }).toEqual({
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'index.handler',
    });
  });

  it('writes plain text to a log group of its own with a retention', () => {
    const template = simulatedTemplate();
    const { LoggingConfig: logging } = functionOf(template, stage);
    const group = template.resources.find(({ id }) => id === logging.LogGroup.Ref);
    // In JSON mode Lambda wraps every line, and a wrapped line of metrics is no metric.
    expect(logging.LogFormat).toBeUndefined();
    expect(group?.type).toBe('AWS::Logs::LogGroup');
    expect(group?.properties.RetentionInDays).toBe(30);
  });

  it('carries no secret in its environment, only where one is found', () => {
    for (const [name, value] of Object.entries(variablesOf(simulatedTemplate(), stage))) {
      if (/KEY|SECRET|TOKEN|PASSWORD/.test(name)) expect(name).toMatch(/_ARN$/);
      expect(render(value)).not.toMatch(/sk_|whsec_|resolve:secretsmanager/);
    }
  });
});

it('gives half the memory to functions that are paid for while they wait, for Get3W or a receiver', () => {
  const memory = stages.map((stage) => [stage, functionOf(simulatedTemplate(), stage).MemorySize as number]);
  const { dispatch, deliver, ...others } = Object.fromEntries(memory) as Record<string, number>;
  expect([dispatch, deliver]).toEqual([256, 256]);
  expect(new Set(Object.values(others))).toEqual(new Set([512]));
});

describe('the environment', () => {
  it('hands the settings over whole, overrides included', () => {
    const template = synthesise({ settings: { gate: { limitStart: 7 }, media: { streamBytesMax: 100 } } });
    for (const stage of stages.filter((name) => environmentNames[name].some((variable) => variable === 'SETTINGS'))) {
      expect(JSON.parse(render(variablesOf(template, stage)['SETTINGS']))).toEqual({
        ...defaultSettings,
        gate: { ...defaultSettings.gate, limitStart: 7 },
        media: { ...defaultSettings.media, streamBytesMax: 100 },
      });
    }
  });

  it('gives dispatch the address of Get3W and the address of callbacks, both without a slash at the end', () => {
    const variables = variablesOf(synthesise({ get3wUrl: 'https://get3w.example/' }), 'dispatch');
    expect(variables['GET3W_URL']).toBe('https://get3w.example');
    expect(render(variables['CALLBACKS_URL'])).toBe('<RelayHttpApi.ApiEndpoint>/callbacks/get3w/<AWS::StackId/2>');
  });

  it('names the secret that the deployment brings, in place of one of the stack', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:get3w-AbCdEf';
    const template = synthesise({ get3wKeySecretArn: arn });
    expect(variablesOf(template, 'dispatch')['GET3W_KEY_SECRET_ARN']).toBe(arn);
    expect(template.ofType('AWS::SecretsManager::Secret')).toEqual([]);
  });

  it('is refused at synthesis when Lambda would refuse it at deployment', () => {
    const openSubnets = Array.from({ length: 20 }, (_, index) => `2001:db8:1111:2222:3333:4444:5555:${index}/128`);
    const retry = Object.fromEntries(
      ['http-500', 'http-502', 'http-503', 'http-504', 'task-5000', 'task-5003', 'transport-reset'].map((key) => [
        key,
        { attemptsMax: 100 },
      ]),
    );
    const scheduleMs = Array.from({ length: 20 }, () => 604_800_000);
    const retention = { eventsMs: 17_280_000_000, deliveriesMs: 17_280_000_000 };
    const name = 'relay'.padEnd(63, 'y');
    const attempt = () =>
      synthesise({
        name,
        get3wUrl: `https://${'a'.repeat(900)}.example`,
        settings: { retry, retention, deliveries: { scheduleMs, addresses: { openSubnets } } },
      });
    expect(attempt).toThrow(/environment of api takes \d+ bytes, Lambda allows 4096/);
  });
});

describe('functions that send to the queue that calls them', () => {
  it('are let, where Lambda would end the chain after sixteen rounds', () => {
    const allowed = stages.filter((stage) => functionOf(simulatedTemplate(), stage).RecursiveLoop === 'Allow');
    expect(allowed).toEqual(['api', 'dispatch', 'settle', 'deliver', 'keep', 'simulator']);
  });
});

describe('time limits', () => {
  it('end every function that the HTTP API calls before the HTTP API gives up at 30 s', () => {
    for (const stage of ['api', 'settle', 'monitoring', 'console'] as const) {
      expect(functionOf(defaultTemplate(), stage).Timeout).toBeLessThan(30);
    }
  });

  it('end sweep before the next one starts', () => {
    expect(functionOf(defaultTemplate(), 'sweep').Timeout).toBeLessThan(60);
  });

  it('follow the settings: dispatch outlives a submit, and its lease outlives dispatch', () => {
    for (const submitTimeoutMs of [5_000, defaultSettings.submitTimeoutMs, 60_000]) {
      const { Timeout: seconds } = functionOf(synthesise({ settings: { submitTimeoutMs } }), 'dispatch');
      expect(seconds * 1_000).toBeGreaterThan(submitTimeoutMs);
      expect(seconds * 1_000).toBeLessThan(defaultSettings.leaseMs);
    }
  });
});
