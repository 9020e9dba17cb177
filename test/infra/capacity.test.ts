// What follows in the template from the one number that a deployment names: how many tasks a second it is made for.
import { describe, expect, it } from 'vitest';
import { defaultTemplate, synthesise } from '../support/relay-template.ts';
import type { RelayStackProps } from '../../lib/relay-stack.ts';
import type { RelayTemplate } from '../support/relay-template.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';

function followsFrom(template: RelayTemplate) {
  const runs = template
    .ofType('AWS::Lambda::EventSourceMapping')
    .map(({ properties }) => properties.ScalingConfig.MaximumConcurrency as number);
  const [stage] = template.ofType('AWS::ApiGatewayV2::Stage');
  const limits = Object.values(stage?.properties.RouteSettings as Record<string, Record<string, number>>);
  const deliver = template
    .ofType('AWS::Lambda::Function')
    .find(({ properties }) => properties.Description === 'Get3W Relay: calls webhooks');
  const settings = JSON.parse(deliver?.properties.Environment.Variables.SETTINGS as string) as RelaySettings;
  return {
    runs,
    throttles: [...new Set(limits.map((one) => `${one['ThrottlingRateLimit']}/${one['ThrottlingBurstLimit']}`))],
    warm: template.only('AWS::DynamoDB::Table').properties.WarmThroughput as unknown,
    tasksPerSecond: settings.tasksPerSecond,
    deliverRuns: settings.shares.deliverRuns,
    callsMax: settings.deliveries.callsMax,
  };
}

function of(props: RelayStackProps) {
  return followsFrom(synthesise(props));
}

/** The first of them are those of bulk jobs, which take turns whatever the load. */
describe('the tasks a second that a relay is made for', () => {
  it('are ten, which a new table takes without warming', () => {
    expect(followsFrom(defaultTemplate())).toEqual({
      runs: [4, 10, 10, 10, 10],
      throttles: ['100/200'],
      warm: undefined,
      tasksPerSecond: 10,
      deliverRuns: 10,
      callsMax: 10,
    });
  });

  it('set throttles, copies of functions, calls to one receiver, and the warm throughput of the table', () => {
    expect(of({ tasksPerSecond: 333 })).toEqual({
      runs: [4, 250, 10, 100, 333],
      throttles: ['999/4995'],
      warm: { WriteUnitsPerSecond: 10_989, ReadUnitsPerSecond: 12_987 },
      tasksPerSecond: 333,
      deliverRuns: 100,
      callsMax: 100,
    });
  });

  it('need more copies for polls where Get3W does not call back', () => {
    expect(of({ tasksPerSecond: 333, settings: { callbacks: false } }).runs).toEqual([4, 250, 34, 100, 333]);
  });

  it('leave to the deployment whatever it gives itself', () => {
    const props: RelayStackProps = {
      tasksPerSecond: 333,
      maxConcurrency: 7,
      throttle: { ratePerSecond: 50 },
      settings: { deliveries: { callsMax: 3 } },
    };
    expect(of(props)).toMatchObject({ runs: [4, 7, 7, 7, 7], throttles: ['50/4995'], deliverRuns: 7, callsMax: 3 });
  });

  it.each([0, -1, 5_000])('are refused beyond what was tried: %d', (tasksPerSecond) => {
    expect(() => synthesise({ tasksPerSecond })).toThrow('settings.tasksPerSecond');
  });
});
