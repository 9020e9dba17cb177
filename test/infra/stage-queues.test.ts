import { describe, expect, it } from 'vitest';
import { limits } from '../../core/domain/limits.ts';
import { defaultTemplate, render, synthesise } from '../support/relay-template.ts';
import type { Cfn, RelayTemplate } from '../support/relay-template.ts';

function queuesOf(template: RelayTemplate) {
  const all = template.ofType('AWS::SQS::Queue');
  return {
    all,
    working: all.filter(({ properties }) => properties.RedrivePolicy !== undefined),
    dead: all.filter(({ properties }) => properties.RedrivePolicy === undefined),
  };
}

function functionOf(template: RelayTemplate, reference: Cfn) {
  return template.resources.find(({ id }) => id === reference.Ref)?.properties;
}

describe('queues', () => {
  it('are one for each of dispatch, settle, deliver, keep and jobs, with a dead-letter queue of its own', () => {
    const { working, dead } = queuesOf(defaultTemplate());
    const targets = working.map(({ properties }) => render(properties.RedrivePolicy.deadLetterTargetArn));
    expect(working).toHaveLength(5);
    expect(new Set(targets).size).toBe(5);
    expect(dead).toHaveLength(5);
  });

  it('put a message aside only after it was received often, and keep it for two weeks', () => {
    const { working, dead } = queuesOf(defaultTemplate());
    for (const { properties } of working) expect(properties.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
    for (const { properties } of dead) expect(properties.MessageRetentionPeriod).toBe(14 * 86_400);
  });

  it('keep a doorbell longer than the longest delay that it may have', () => {
    for (const { properties } of queuesOf(defaultTemplate()).working) {
      expect(properties.MessageRetentionPeriod * 1_000).toBeGreaterThan(10 * limits.doorbellDelayMsMax);
    }
  });

  it('are encrypted and refuse calls without TLS', () => {
    const template = defaultTemplate();
    const guarded = template.ofType('AWS::SQS::QueuePolicy').flatMap(({ properties }) => {
      const refusals = properties.PolicyDocument.Statement.filter(
        (statement: Cfn) =>
          statement.Effect === 'Deny' && statement.Condition?.Bool?.['aws:SecureTransport'] === 'false',
      );
      return refusals.length > 0 ? properties.Queues.map(render) : [];
    });
    const all = queuesOf(template).all;
    expect(guarded.sort()).toEqual(all.map(({ id }) => render({ Ref: id })).sort());
    for (const { properties } of all) expect(properties.SqsManagedSseEnabled).toBe(true);
  });
});

describe('the sources of functions', () => {
  it('hide a message for six times as long as its function may run', () => {
    const template = synthesise({ settings: { submitTimeoutMs: 40_000, deliveries: { callTimeoutMs: 20_000 } } });
    const sources = template.ofType('AWS::Lambda::EventSourceMapping');
    expect(sources).toHaveLength(5);
    for (const { properties } of sources) {
      const [queueId] = properties.EventSourceArn['Fn::GetAtt'];
      const queue = template.resources.find(({ id }) => id === queueId);
      const timeoutSeconds = functionOf(template, properties.FunctionName).Timeout;
      expect(queue?.properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeoutSeconds);
    }
  });

  it('hand over up to ten messages at once, to keep and to bulk jobs a single one, and without waiting for more', () => {
    for (const { properties } of defaultTemplate().ofType('AWS::Lambda::EventSourceMapping')) {
      const isAlone = /Keep|Jobs/.test(render(properties.EventSourceArn));
      expect(properties.BatchSize).toBe(isAlone ? 1 : 10);
      expect(properties.MaximumBatchingWindowInSeconds ?? 0).toBe(0);
      expect(properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    }
  });

  it('bound themselves, so that no function is throttled by a reservation', () => {
    const template = synthesise({ maxConcurrency: 37 });
    for (const { properties } of template.ofType('AWS::Lambda::EventSourceMapping')) {
      // Bulk jobs of all accounts take turns in a few runs, whatever the load.
      const isOfJobs = render(properties.EventSourceArn).includes('Jobs');
      expect(properties.ScalingConfig).toEqual({ MaximumConcurrency: isOfJobs ? 4 : 37 });
    }
    for (const { properties } of template.ofType('AWS::Lambda::Function')) {
      expect(properties.ReservedConcurrentExecutions).toBeUndefined();
    }
  });

  it('connect each queue to the function of its own stage, and bulk jobs to the api', () => {
    const pairs = defaultTemplate()
      .ofType('AWS::Lambda::EventSourceMapping')
      .map(({ properties }) => [render(properties.EventSourceArn), render(properties.FunctionName)]);
    expect(pairs).toEqual([
      ['<RelayJobsQueue.Arn>', '<RelayApiHandlerFunction>'],
      ['<RelayDispatchQueue.Arn>', '<RelayDispatchHandlerFunction>'],
      ['<RelaySettleQueue.Arn>', '<RelaySettleHandlerFunction>'],
      ['<RelayDeliverQueue.Arn>', '<RelayDeliverHandlerFunction>'],
      ['<RelayKeepQueue.Arn>', '<RelayKeepHandlerFunction>'],
    ]);
  });
});
