import { describe, expect, it } from 'vitest';
import { readAlarmDescription, runbookSection } from '../../../core/contract/alarm-description.ts';
import { defaultTemplate, render } from '../../support/relay-template.ts';

describe('the description of an alarm', () => {
  it('is split into severity, meaning and runbook, whatever follows the meaning', () => {
    const text =
      '[ticket] 5 % failed: that is much. Missing data: not breaching, because nothing fails. Runbook: docs/runbook.md#x Alarm: https://a';
    expect(readAlarmDescription(text)).toEqual({
      severity: 'ticket',
      meaning: '5 % failed: that is much.',
      runbook: 'docs/runbook.md#x',
    });
  });

  it('is all meaning when the relay did not write it', () => {
    expect(readAlarmDescription('By hand.')).toEqual({ severity: null, meaning: 'By hand.', runbook: null });
  });

  it('of every alarm of the stack is read as the stack means it', () => {
    const alarms = defaultTemplate().ofType('AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(10);
    for (const { properties, whole } of alarms) {
      const metadata = whole.Metadata;
      const { severity, meaning } = readAlarmDescription(render(properties.AlarmDescription));
      const said = metadata['relay:alarm'];
      expect({ severity, meaning }).toEqual({ severity: said.severity, meaning: said.meaning });
    }
  });

  it('leads to a section named after the alarm', () => {
    expect(runbookSection('Dispatch/DeadLetters')).toBe('dispatch-dead-letters');
  });
});
