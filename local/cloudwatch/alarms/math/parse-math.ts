// Parses metric math by recursive descent: one function for each level of precedence, loosest first. evaluate-math.ts
// evaluates the result.
import { MathError, readMathTokens } from './math-tokens.ts';
import type { MathToken } from './math-tokens.ts';

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<=' | '>=' | '<' | '>' | 'AND' | 'OR';

export type MathExpression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  /** `REPEAT` and the like, which some functions take; none that is evaluated here does. */
  | { readonly kind: 'keyword'; readonly word: string }
  | { readonly kind: 'reference'; readonly id: string }
  | { readonly kind: 'list'; readonly items: readonly MathExpression[] }
  | { readonly kind: 'call'; readonly name: string; readonly given: readonly MathExpression[] }
  | { readonly kind: 'negate'; readonly operand: MathExpression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: MathExpression;
      readonly right: MathExpression;
    };

/** Loosest first; operators of one level associate from left to right. */
const levels: readonly Readonly<Record<string, BinaryOperator>>[] = [
  { OR: 'OR', '||': 'OR' },
  { AND: 'AND', '&&': 'AND' },
  { '==': '==', '!=': '!=', '<=': '<=', '>=': '>=', '<': '<', '>': '>' },
  { '+': '+', '-': '-' },
  { '*': '*', '/': '/' },
];

class MathParser {
  readonly #expression: string;
  readonly #tokens: readonly MathToken[];
  #next = 0;

  constructor(expression: string) {
    this.#expression = expression;
    this.#tokens = readMathTokens(expression);
  }

  whole(): MathExpression {
    const expression = this.#binary(0);
    if (this.#peek().kind !== 'end') throw this.#unexpected();
    return expression;
  }

  #binary(level: number): MathExpression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { kind, text } = this.#peek();
      const operator = (kind === 'sign' || kind === 'name') && Object.hasOwn(operators, text) && operators[text];
      if (!operator) return left;
      this.#next += 1;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): MathExpression {
    if (!this.#take('-')) return this.#power();
    return { kind: 'negate', operand: this.#unary() };
  }

  /** Binds tighter than a preceding sign, and associates to the right: 2^3^2 is 2^9. */
  #power(): MathExpression {
    const left = this.#primary();
    return this.#take('^') ? { kind: 'binary', operator: '^', left, right: this.#unary() } : left;
  }

  #primary(): MathExpression {
    const token = this.#peek();
    if (token.kind === 'end') throw this.#unexpected();
    this.#next += 1;
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'text') return { kind: 'text', text: token.text };
    if (token.kind === 'name') return this.#named(token.text);
    if (token.text === '(') {
      const inner = this.#binary(0);
      this.#expect(')');
      return inner;
    }
    if (token.text === '[') return { kind: 'list', items: this.#items(']') };
    this.#next -= 1;
    throw this.#unexpected();
  }

  #named(name: string): MathExpression {
    if (this.#take('(')) return { kind: 'call', name, given: this.#items(')') };
    // By AWS's rules ids begin with a lower-case letter, functions and keywords with a capital, so they never clash.
    return /^[a-z]/.test(name) ? { kind: 'reference', id: name } : { kind: 'keyword', word: name };
  }

  #items(closing: string): readonly MathExpression[] {
    const items: MathExpression[] = [];
    if (this.#take(closing)) return items;
    do items.push(this.#binary(0));
    while (this.#take(','));
    this.#expect(closing);
    return items;
  }

  #peek(): MathToken {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw this.#unexpected();
    return token;
  }

  #take(sign: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== 'sign' || text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#unexpected(`${sign} was expected`);
  }

  #unexpected(what = 'something else was expected'): MathError {
    const { kind, text } = this.#tokens[this.#next] ?? { kind: 'end', text: '' };
    return new MathError(`${what} at ${kind === 'end' ? 'the end' : JSON.stringify(text)} of ${this.#expression}`);
  }
}

/** @throws MathError that names what was found where something else was expected. */
export function parseMath(expression: string): MathExpression {
  return new MathParser(expression).whole();
}
