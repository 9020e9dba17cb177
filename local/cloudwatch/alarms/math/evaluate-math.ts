// Evaluates an expression over the metrics and expressions of one alarm, and resolves references between them.
// math-value.ts has the rules of the operators, math-functions.ts those of the functions.
import { MathError } from './math-tokens.ts';
import { mathFunctions } from './math-functions.ts';
import { combine, mapPoints, scalar, series } from './math-value.ts';
import type { MathValue, Operation, Series } from './math-value.ts';
import type { BinaryOperator, MathExpression } from './parse-math.ts';

export interface MathInput {
  /** How many periods an expression spans that has no series in it. */
  readonly periods: number;
  /** Measurements of each metric, by its id in the alarm. */
  readonly metrics: ReadonlyMap<string, Series>;
  /** The other expressions, by id; a reference to one evaluates it. */
  readonly expressions: ReadonlyMap<string, MathExpression>;
}

function truth(isTrue: boolean): number {
  return isTrue ? 1 : 0;
}

const operations: Readonly<Record<BinaryOperator, Operation>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? undefined : left / right),
  '^': (left, right) => left ** right,
  '==': (left, right) => truth(left === right),
  '!=': (left, right) => truth(left !== right),
  '<=': (left, right) => truth(left <= right),
  '>=': (left, right) => truth(left >= right),
  '<': (left, right) => truth(left < right),
  '>': (left, right) => truth(left > right),
  AND: (left, right) => truth(left !== 0 && right !== 0),
  OR: (left, right) => truth(left !== 0 || right !== 0),
};

/** @throws MathError that names the function, id or kind of value that does not fit. */
export function evaluateMath(expression: MathExpression, input: MathInput): MathValue {
  return new Evaluation(input).value(expression);
}

class Evaluation {
  readonly #input: MathInput;
  /** Ids of the expressions under evaluation, to detect one that refers to itself. */
  readonly #open = new Set<string>();

  constructor(input: MathInput) {
    this.#input = input;
  }

  value(expression: MathExpression): MathValue {
    switch (expression.kind) {
      case 'number':
        return scalar(expression.value);
      case 'reference':
        return this.#reference(expression.id);
      case 'negate': {
        const operand = this.value(expression.operand);
        return operand.kind === 'scalar' ? scalar(-operand.value) : mapPoints(operand, (point) => -point);
      }
      case 'binary':
        return combine(this.value(expression.left), this.value(expression.right), operations[expression.operator]);
      case 'call':
        return this.#call(expression.name, expression.given);
      case 'list':
        throw new MathError('a list of time series is not evaluated on one machine');
      case 'text':
      case 'keyword':
        throw new MathError(
          `${expression.kind === 'text' ? expression.text : expression.word} is given where a value is needed`,
        );
      default:
        return expression satisfies never;
    }
  }

  #reference(id: string): MathValue {
    const measured = this.#input.metrics.get(id);
    if (measured !== undefined) return series(measured);
    const expression = this.#input.expressions.get(id);
    if (expression === undefined) throw new MathError(`the metric or expression ${id} does not exist`);
    if (this.#open.has(id)) throw new MathError(`the expression ${id} refers to itself`);
    this.#open.add(id);
    const value = this.value(expression);
    this.#open.delete(id);
    return value;
  }

  /** The name is looked up before the arguments are worked out: what is refused is refused by its own name. */
  #call(name: string, given: readonly MathExpression[]): MathValue {
    const apply = Object.hasOwn(mathFunctions, name) ? mathFunctions[name] : undefined;
    if (apply === undefined) throw new MathError(`the function ${name} is not evaluated on one machine`);
    return apply(
      given.map((argument) => this.value(argument)),
      this.#input.periods,
    );
  }
}
