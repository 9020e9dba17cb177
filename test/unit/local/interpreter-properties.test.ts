// What holds of the two interpreters of the local runtime whatever they are given: metric math and the template's functions.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateMath } from '../../../local/cloudwatch/alarms/math/evaluate-math.ts';
import { parseMath } from '../../../local/cloudwatch/alarms/math/parse-math.ts';
import { TemplateResolver } from '../../../local/template/template-resolver.ts';
import { templateOf, testWorld } from '../../support/template-of.ts';
import type { Series } from '../../../local/cloudwatch/alarms/math/math-value.ts';

interface Sum {
  readonly text: string;
  readonly value: number;
}

/** An expression with each operation in brackets, and what it comes to. */
const { sum } = fc.letrec<{ sum: Sum; number: Sum; operation: Sum }>((tie) => ({
  sum: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('number'), tie('operation')),
  number: fc.nat(1_000).map((value) => ({ text: String(value), value })),
  operation: fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*'), tie('sum')).map(([left, sign, right]) => ({
    text: `(${left.text} ${sign} ${right.text})`,
    value: sign === '+' ? left.value + right.value : sign === '-' ? left.value - right.value : left.value * right.value,
  })),
}));

const series = fc.array(fc.option(fc.integer({ min: -1_000, max: 1_000 }), { nil: undefined }), {
  minLength: 4,
  maxLength: 4,
});

function seriesOf(expression: string, metrics: Readonly<Record<string, Series>>): Series {
  const worked = evaluateMath(parseMath(expression), {
    periods: 4,
    metrics: new Map(Object.entries(metrics)),
    expressions: new Map(),
  });
  if (worked.kind !== 'series') throw new Error(`${expression} is a ${worked.kind}`);
  return worked.points;
}

describe('metric math', () => {
  it('computes any sum as its brackets require', () => {
    fc.assert(
      fc.property(sum, ({ text, value }) => {
        const input = { periods: 1, metrics: new Map(), expressions: new Map() };
        expect(evaluateMath(parseMath(text), input)).toMatchObject({ kind: 'scalar', value });
      }),
    );
  });

  it('has a datapoint where one of the series has one, and counts a missing one as zero', () => {
    fc.assert(
      fc.property(series, series, (a, b) => {
        const together = a.map((one, index) => {
          const other = b[index];
          return one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0);
        });
        expect(seriesOf('a + b', { a, b })).toEqual(together);
        expect(seriesOf('b + a', { a, b })).toEqual(together);
      }),
    );
  });

  it('fills what is missing, and nothing else', () => {
    fc.assert(
      fc.property(series, fc.nat(9), (a, filler) => {
        expect(seriesOf(`FILL(a, ${filler})`, { a })).toEqual(a.map((point) => point ?? filler));
      }),
    );
  });
});

const place = { logicalId: 'Worker', type: 'AWS::Lambda::Function', property: 'Environment' };

function resolve(value: unknown): unknown {
  return new TemplateResolver(templateOf({}), testWorld, {}).resolve(value, place);
}

const word = fc.stringMatching(/^[\w-]{0,12}$/);
/** Values without functions. No key begins like one, and no text like a dynamic reference. */
const plain = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !/"(?:Ref|Fn::|__proto__)|\{\{resolve:/.test(JSON.stringify(value)));

describe('the functions of a template', () => {
  it('leave a text without any unchanged', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(resolve(value)).toEqual(value);
      }),
    );
  });

  it('split what they joined', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), fc.nat(5), (parts, chosen) => {
        const index = chosen % parts.length;
        const joined = { 'Fn::Join': ['|', parts] };
        expect(resolve(joined)).toBe(parts.join('|'));
        expect(resolve({ 'Fn::Split': ['|', joined] })).toEqual(parts);
        expect(resolve({ 'Fn::Select': [String(index), { 'Fn::Split': ['|', joined] }] })).toBe(parts[index]);
      }),
    );
  });

  it('drop what has no value, and keep the order of the rest', () => {
    fc.assert(
      fc.property(fc.array(fc.option(word, { nil: undefined })), (elements) => {
        const written = elements.map((element) => element ?? { Ref: 'AWS::NoValue' });
        expect(resolve(written)).toEqual(elements.filter((element) => element !== undefined));
      }),
    );
  });
});
