// Parses and evaluates the rule of a composite alarm: ALARM(), OK() and INSUFFICIENT_DATA() of other alarms, joined by
// AND, OR, NOT and parentheses. NOT binds tightest, then AND, then OR.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
import type { AlarmState } from './judge-datapoints.ts';

export type AlarmRule =
  | { readonly kind: 'constant'; readonly value: boolean }
  /** `alarm` is a name, taken from the end of an ARN if need be. */
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly operand: AlarmRule }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly AlarmRule[] };

export class AlarmRuleError extends Error {
  override readonly name = 'AlarmRuleError';
}

/** A name without quotes may contain nearly any character, so it is read up to the closing parenthesis. */
const reference = /\s*(?<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?<quoted>[^"]+)"|(?<bare>[^"()]+?))\s*\)/y;
const word = /\s*(?<word>AND|OR|NOT|TRUE|FALSE)\b|\s*(?<sign>[()])/y;

class RuleParser {
  readonly #rule: string;
  #at = 0;

  constructor(rule: string) {
    this.#rule = rule;
  }

  whole(): AlarmRule {
    const rule = this.#joined('or');
    const rest = this.#rule.slice(this.#at).trim();
    if (rest !== '') throw new AlarmRuleError(`${JSON.stringify(rest)} is not evaluated on one machine`);
    return rule;
  }

  #joined(kind: 'and' | 'or'): AlarmRule {
    const operand = (): AlarmRule => (kind === 'or' ? this.#joined('and') : this.#not());
    const first = operand();
    const operands = [first];
    while (this.#take(kind.toUpperCase())) operands.push(operand());
    return operands.length === 1 ? first : { kind, operands };
  }

  #not(): AlarmRule {
    return this.#take('NOT') ? { kind: 'not', operand: this.#not() } : this.#primary();
  }

  #primary(): AlarmRule {
    reference.lastIndex = this.#at;
    const found = reference.exec(this.#rule)?.groups;
    if (found !== undefined) {
      this.#at = reference.lastIndex;
      const alarm = alarmName(found['quoted'] ?? found['bare'] ?? '');
      return { kind: 'state', state: found['state'] as AlarmState, alarm };
    }
    if (this.#take('TRUE')) return { kind: 'constant', value: true };
    if (this.#take('FALSE')) return { kind: 'constant', value: false };
    if (this.#take('(')) {
      const inner = this.#joined('or');
      if (!this.#take(')')) throw new AlarmRuleError(`a closing parenthesis is missing: ${this.#rule}`);
      return inner;
    }
    throw new AlarmRuleError(`${JSON.stringify(this.#rule.slice(this.#at).trim())} is not evaluated on one machine`);
  }

  #take(wanted: string): boolean {
    word.lastIndex = this.#at;
    const found = word.exec(this.#rule)?.groups;
    if (found === undefined || (found['word'] ?? found['sign']) !== wanted) return false;
    this.#at = word.lastIndex;
    return true;
  }
}

/** Turns `arn:aws:cloudwatch:region:account:alarm:Name` into `Name`; a plain name is unchanged. */
function alarmName(nameOrArn: string): string {
  const [prefix, , service, , , kind, ...rest] = nameOrArn.split(':');
  return prefix === 'arn' && service === 'cloudwatch' && kind === 'alarm' ? rest.join(':') : nameOrArn;
}

/** @throws AlarmRuleError naming the part that is not understood. */
export function parseAlarmRule(rule: string): AlarmRule {
  return new RuleParser(rule).whole();
}

/** Names of the alarms that a rule refers to, each once. */
export function alarmsOf(rule: AlarmRule): readonly string[] {
  switch (rule.kind) {
    case 'constant':
      return [];
    case 'state':
      return [rule.alarm];
    case 'not':
      return alarmsOf(rule.operand);
    case 'and':
    case 'or':
      return [...new Set(rule.operands.flatMap(alarmsOf))];
    default:
      return rule satisfies never;
  }
}

export function ruleHolds(rule: AlarmRule, stateOf: (alarm: string) => AlarmState): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'state':
      return stateOf(rule.alarm) === rule.state;
    case 'not':
      return !ruleHolds(rule.operand, stateOf);
    case 'and':
      return rule.operands.every((operand) => ruleHolds(operand, stateOf));
    case 'or':
      return rule.operands.some((operand) => ruleHolds(operand, stateOf));
    default:
      return rule satisfies never;
  }
}
