import { describe, expect, it } from 'vitest';
import { defaultTemplate, render } from '../support/relay-template.ts';

describe('the schedule of sweep', () => {
  it('calls the sweep every minute, with a role of its own', () => {
    const { properties } = defaultTemplate().only('AWS::Scheduler::Schedule');
    expect(properties.ScheduleExpression).toBe('rate(1 minute)');
    expect(properties.FlexibleTimeWindow).toEqual({ Mode: 'OFF' });
    expect(render(properties.Target.Arn)).toBe('<RelaySweepHandlerFunction.Arn>');
    expect(render(properties.Target.RoleArn)).toBe('<RelaySweepScheduleRole.Arn>');
  });

  it('retries nothing, neither in the scheduler nor in Lambda: the next minute does', () => {
    const template = defaultTemplate();
    const { Target: target } = template.only('AWS::Scheduler::Schedule').properties;
    const invocation = template.only('AWS::Lambda::EventInvokeConfig').properties;
    expect(target.RetryPolicy).toEqual({ MaximumRetryAttempts: 0 });
    expect(invocation).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    expect(render(invocation.FunctionName)).toBe('<RelaySweepHandlerFunction>');
  });

  it('is open to schedules of this account alone', () => {
    const role = defaultTemplate()
      .ofType('AWS::IAM::Role')
      .find(({ id }) => id.startsWith('RelaySweepScheduleRole'));
    expect(role?.properties.AssumeRolePolicyDocument.Statement[0].Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    });
  });
});
