import { describe, expect, it } from 'vitest';
import { alarmsOf, parseAlarmRule, ruleHolds } from '../../../local/cloudwatch/alarms/alarm-rule.ts';
import type { AlarmState } from '../../../local/cloudwatch/alarms/judge-datapoints.ts';

const states: Readonly<Record<string, AlarmState>> = {
  red: 'ALARM',
  green: 'OK',
  grey: 'INSUFFICIENT_DATA',
  'relay/Settle/FailureRate': 'ALARM',
};

function stateOf(alarm: string): AlarmState {
  return states[alarm] ?? 'INSUFFICIENT_DATA';
}

function holds(rule: string): boolean {
  return ruleHolds(parseAlarmRule(rule), stateOf);
}

describe('the rule of a composite alarm', () => {
  it.each([
    ['ALARM("red")', true],
    ['ALARM(green)', false],
    ['OK(green)', true],
    ['INSUFFICIENT_DATA("grey")', true],
    ['TRUE', true],
    ['FALSE', false],
    ['NOT ALARM(green)', true],
    ['NOT NOT ALARM(green)', false],
    ['ALARM(green) OR ALARM(red)', true],
    ['ALARM(red) AND ALARM(green)', false],
    // AND binds tighter than OR, NOT tighter than both.
    ['ALARM(red) OR ALARM(red) AND ALARM(green)', true],
    ['(ALARM(red) OR ALARM(red)) AND ALARM(green)', false],
    ['NOT ALARM(green) AND ALARM(red)', true],
    ['(ALARM("red") AND (OK("green") OR TRUE))', true],
    ['ALARM("relay/Settle/FailureRate")', true],
    ['ALARM(relay/Settle/FailureRate)', true],
    ['ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:relay/Settle/FailureRate")', true],
  ])('%s is %s', (rule, expected) => {
    expect(holds(rule)).toBe(expected);
  });

  it('names each alarm once', () => {
    expect(alarmsOf(parseAlarmRule('(ALARM(a) OR OK("b")) AND NOT ALARM(a) AND TRUE'))).toEqual(['a', 'b']);
  });

  it.each([
    ['AT_LEAST(2, ALARM, (red, green))', '"AT_LEAST(2, ALARM, (red, green))" is not evaluated'],
    ['ALARM(red) XOR ALARM(green)', '"XOR ALARM(green)" is not evaluated'],
    ['(ALARM(red)', 'a closing parenthesis is missing'],
    ['ALARM(red) AND', '"" is not evaluated'],
    ['', '"" is not evaluated'],
  ])('refuses %s: %s', (rule, message) => {
    expect(() => parseAlarmRule(rule)).toThrow(message);
  });
});
