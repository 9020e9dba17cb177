import { describe, expect, it } from 'vitest';
import { TemplateResolver } from '../../../local/template/template-resolver.ts';
import { dollars, templateOf, testWorld } from '../../support/template-of.ts';
import type { CloudTemplate } from '../../../local/template/cloud-template.ts';

const queue = { Type: 'AWS::SQS::Queue' };
const place = { logicalId: 'Worker', type: 'AWS::Lambda::Function', property: 'Environment' };

function resolve(value: unknown, template: CloudTemplate = templateOf({ Jobs: queue }), parameters = {}): unknown {
  return new TemplateResolver(template, testWorld, parameters).resolve(value, place);
}

describe('intrinsic functions of a template', () => {
  it('a Ref to a queue is its address, and its attributes are its ARN and its name', () => {
    expect(resolve({ Ref: 'Jobs' })).toBe('http://127.0.0.1:9324/000000000000/Test-Jobs');
    expect(resolve({ 'Fn::GetAtt': ['Jobs', 'Arn'] })).toBe('arn:aws:sqs:us-east-1:000000000000:Test-Jobs');
    expect(resolve({ 'Fn::GetAtt': 'Jobs.QueueName' })).toBe('Test-Jobs');
  });

  it('a resource that is given a name goes by it, also when the name is put together', () => {
    const name = { 'Fn::Join': ['-', ['jobs', { Ref: 'AWS::Region' }]] };
    const template = templateOf({ Jobs: { ...queue, Properties: { QueueName: name } } });
    expect(resolve({ 'Fn::GetAtt': ['Jobs', 'QueueName'] }, template)).toBe('jobs-us-east-1');
  });

  it('texts are joined, substituted, split and selected from', () => {
    expect(resolve({ 'Fn::Join': [':', ['a', { Ref: 'AWS::Region' }]] })).toBe('a:us-east-1');
    expect(resolve({ 'Fn::Sub': dollars('x-%{AWS::AccountId}-%{Jobs.Arn}-%{!Kept}') })).toBe(
      dollars('x-000000000000-arn:aws:sqs:us-east-1:000000000000:Test-Jobs-%{Kept}'),
    );
    expect(resolve({ 'Fn::Sub': [dollars('%{one}/%{AWS::Region}'), { one: { Ref: 'AWS::Partition' } }] })).toBe(
      'aws/us-east-1',
    );
    expect(resolve({ 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] })).toBe('b');
  });

  it('NoValue leaves a property or an element out', () => {
    expect(resolve({ on: 'yes', off: { Ref: 'AWS::NoValue' } })).toEqual({ on: 'yes' });
    expect(resolve([{ Ref: 'AWS::NoValue' }, 'yes'])).toEqual(['yes']);
  });

  it('values are found in mappings', () => {
    const template = templateOf({}, { Mappings: { Sizes: { 'us-east-1': { small: 3 } } } });
    expect(resolve({ 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'small'] }, template)).toBe(3);
    expect(() => resolve({ 'Fn::FindInMap': ['Sizes', 'elsewhere', 'small'] }, template)).toThrow('Sizes.elsewhere');
  });

  it.each([
    ['a function that is not known', { 'Fn::ImportValue': 'x' }, 'the function Fn::ImportValue'],
    ['a choice by a condition', { 'Fn::If': ['IsOn', 'yes', 'no'] }, 'the function Fn::If is not supported'],
    ['a resource that is not there', { Ref: 'Nobody' }, 'the resource Nobody does not exist'],
    ['an attribute that has no local value', { 'Fn::GetAtt': ['Jobs', 'Colour'] }, 'no attribute Colour'],
    ['a pseudo parameter without a value', { Ref: 'AWS::NotificationARNs' }, 'AWS::NotificationARNs'],
    ['a dynamic reference', '{{resolve:ssm:/key}}', 'dynamic references'],
    ['an element beyond a list', { 'Fn::Select': [3, ['a']] }, 'no element 3'],
  ])('%s is refused with its place', (_what, value, reason) => {
    expect(() => resolve({ deep: [value] })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^Worker \(AWS::Lambda::Function\) Environment\.deep\.0: /) as unknown,
      }),
    );
    expect(() => resolve(value)).toThrow(reason);
  });

  it('a parameter without a default, or read from SSM, is refused by its name', () => {
    const template = templateOf(
      {},
      {
        Parameters: {
          Mail: { Type: 'String' },
          Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' },
        },
      },
    );
    expect(() => resolve({ Ref: 'Mail' }, template)).toThrow('the parameter Mail has no default');
    expect(() => resolve({ Ref: 'Stored' }, template)).toThrow('Stored is read from SSM');
  });
});
