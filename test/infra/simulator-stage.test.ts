// The simulator in Get3W's place, as it is deployed with `-c simulator=true`: what comes with it, what it may touch, and
// that a relay without it is what it was.
import { describe, expect, it } from 'vitest';
import { defaultTemplate, render, simulatedTemplate, synthesise, withoutHash } from '../support/relay-template.ts';
import type { Cfn, TemplateResource } from '../support/relay-template.ts';

function isSimulators({ id }: TemplateResource): boolean {
  return id.startsWith('RelaySimulator');
}

function own(): readonly TemplateResource[] {
  return simulatedTemplate().resources.filter(isSimulators);
}

function ownOf(type: string): readonly TemplateResource[] {
  return own().filter((resource) => resource.type === type);
}

/** A function's environment, with its references as short text. */
function variablesOf(id: string): Record<string, string> {
  const found = simulatedTemplate().resources.find((resource) => withoutHash(resource.id) === id);
  const variables = found?.properties.Environment.Variables as Record<string, Cfn>;
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, render(value)]));
}

describe('the simulator, by default', () => {
  it('is not part of the stack', () => {
    expect(defaultTemplate().resources.filter(isSimulators)).toEqual([]);
    expect(Object.keys(defaultTemplate().json.Outputs).filter((name) => name.startsWith('Simulator'))).toEqual([]);
  });

  it('can be added without removing or renaming anything', () => {
    const ids = simulatedTemplate().resources.filter((resource) => !isSimulators(resource));
    expect(ids.map(({ id, type }) => [id, type])).toEqual(
      defaultTemplate().resources.map(({ id, type }) => [id, type]),
    );
  });
});

describe('the simulator', () => {
  it('is called by the relay with a key of its own, and never receives the key of Get3W', () => {
    for (const stage of ['Dispatch', 'Settle']) {
      expect(variablesOf(`Relay${stage}HandlerFunction`)).toMatchObject({
        GET3W_URL: '<RelaySimulatorApi.ApiEndpoint>',
        GET3W_KEY_SECRET_ARN: '<RelaySimulatorKey>',
      });
    }
    const { Outputs: outputs } = simulatedTemplate().json;
    expect(render(outputs.SimulatorUrl.Value)).toBe('<RelaySimulatorApi.ApiEndpoint>');
    expect(render(outputs.SimulatorKeySecretArn.Value)).toBe('<RelaySimulatorKey>');
    expect(render(outputs.Get3WKeySecretArn.Value)).toBe('<RelayGet3WKeySecret>');
    const grants = JSON.stringify(ownOf('AWS::IAM::Role').map(({ properties }) => properties));
    expect(grants).not.toContain('RelayGet3WKey');
    expect(grants).not.toContain('RelayStoreTable');
  });

  it('has a generated key that is not in the template', () => {
    const [secret] = ownOf('AWS::SecretsManager::Secret');
    expect(secret?.properties).toMatchObject({
      GenerateSecretString: { PasswordLength: 40, ExcludePunctuation: true },
    });
    expect(secret?.properties.SecretString).toBeUndefined();
  });

  it('goes with the stack, though the data of the relay outlives it', () => {
    for (const type of ['AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret', 'AWS::SQS::Queue']) {
      expect(ownOf(type).length).toBeGreaterThan(0);
      for (const { whole } of ownOf(type)) expect(whole.DeletionPolicy).toBe('Delete');
    }
  });

  it('is invoked by its queue and by its own API, whose failures do not count as the relay', () => {
    const [timers] = ownOf('AWS::SQS::Queue').filter(({ id }) => withoutHash(id) === 'RelaySimulatorTimers');
    const [source] = ownOf('AWS::Lambda::EventSourceMapping');
    const [lambda] = ownOf('AWS::Lambda::Function');
    expect(timers?.properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * lambda?.properties.Timeout);
    expect(timers?.properties.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
    expect(source?.properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 10 },
    });
    const [stage] = ownOf('AWS::ApiGatewayV2::Stage');
    expect(stage?.properties.DefaultRouteSettings.ThrottlingRateLimit).toBe(500);
    const permissions = ownOf('AWS::Lambda::Permission').map(({ properties }) => render(properties.SourceArn));
    expect(permissions).toEqual([
      'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<RelaySimulatorApi>/*/*',
    ]);
  });

  it("has no alarm: the relay's alarms show its faults", () => {
    expect(ownOf('AWS::CloudWatch::Alarm')).toEqual([]);
  });

  it('calls webhooks in the clear only where the relay does', () => {
    expect(variablesOf('RelaySimulatorHandlerFunction')['WEBHOOKS']).toBe('https');
    const open = synthesise({ simulator: true, settings: { deliveries: { addresses: { isHttpOpen: true } } } });
    const [lambda] = open.ofType('AWS::Lambda::Function').filter(({ id }) => id.startsWith('RelaySimulator'));
    expect(lambda?.properties.Environment.Variables.WEBHOOKS).toBe('http');
  });

  it('is refused beside another address of Get3W', () => {
    expect(() => synthesise({ simulator: true, get3wUrl: 'https://get3w.example' })).toThrow(/exclude each other/);
  });
});
