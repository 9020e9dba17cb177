// The difference between the stack that is deployed to AWS and the one that the deploy test gives to its emulator.
import { describe, expect, it } from 'vitest';
import { withoutRefused } from '../../checks/deploy/assembly-template.ts';
import { synthesise } from '../support/relay-template.ts';
import type { Template } from '../../checks/deploy/assembly-template.ts';

describe('the stack that the emulator gets', () => {
  const whole = synthesise().json as Template;
  const { template, left } = withoutRefused(whole);

  it('lacks alarms over several metrics and saved queries, and nothing but them', () => {
    expect(left.length).toBeGreaterThan(0);
    const types = new Set(left.map((logicalId) => whole.Resources[logicalId]?.Type));
    expect([...types].filter((type) => !/Alarm$|QueryDefinition$/.test(type ?? ''))).toEqual([]);
    expect(Object.keys(template.Resources).concat(left).toSorted()).toEqual(Object.keys(whole.Resources).toSorted());
    // Only the dashboard names any of them; everything else is as it was, to the letter.
    const changed = Object.entries(template.Resources).filter(([logicalId, resource]) => {
      return JSON.stringify(resource) !== JSON.stringify(whole.Resources[logicalId]);
    });
    expect(changed.map(([, { Type: type }]) => type)).toEqual(['AWS::CloudWatch::Dashboard']);
  });

  it('still has every alarm over one metric', () => {
    const alarms = Object.values(template.Resources).filter(({ Type: type }) => type === 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(10);
  });

  it('has nothing left that depends on what was removed', () => {
    const text = JSON.stringify(template);
    expect(left.filter((logicalId) => text.includes(`"${logicalId}"`))).toEqual([]);
  });
});
