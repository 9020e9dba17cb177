// Splits a metric-math expression into tokens. parse-math.ts decides which order of tokens is valid, and what they
// mean.

/** An expression that cannot be evaluated here; the message is for the author of the alarm. */
export class MathError extends Error {
  override readonly name = 'MathError';
}

export interface MathToken {
  readonly kind: 'number' | 'name' | 'text' | 'sign' | 'end';
  readonly text: string;
  /** Index of its first character, from 0. */
  readonly at: number;
}

/** Longest signs first, so that `<=` is not read as `<` and `=`. */
const pattern =
  /\s*(?:(?<number>\d+(?:\.\d+)?|\.\d+)|(?<name>[A-Za-z][A-Za-z0-9_]*)|(?<text>"[^"]*"|'[^']*')|(?<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],]))/y;

/** @throws MathError at the first character that belongs to no token. */
export function readMathTokens(expression: string): readonly MathToken[] {
  const tokens: MathToken[] = [];
  const end = expression.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex;
    const groups = pattern.exec(expression)?.groups;
    if (groups === undefined)
      throw new MathError(`${JSON.stringify(expression.slice(from).trim())} is not an expression`);
    for (const kind of ['number', 'name', 'text', 'sign'] as const) {
      const text = groups[kind];
      if (text !== undefined) tokens.push({ kind, text: kind === 'text' ? text.slice(1, -1) : text, at: from });
    }
  }
  return [...tokens, { kind: 'end', text: '', at: end }];
}
