// DynamoDB's expressions, as far as the relay's adapters write them: conditions, filters, key conditions and updates over
// top-level attributes, conditions also over fields of maps. Anything else is refused loudly, so that the model never guesses at what DynamoDB would do.
// Source: "Comparison operator and function reference" and "Update expressions" in the DynamoDB developer guide.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;

/** Placeholders of one call. */
export interface Placeholders {
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Readonly<Record<string, AttributeValue>> | undefined;
}

type Read = (item: Item, placeholders: Placeholders) => AttributeValue | undefined;
type Condition = (item: Item, placeholders: Placeholders) => boolean;
/** Answers the item as it is afterwards; the one given stays as it is. */
type Change = (item: Item, placeholders: Placeholders) => Item;

const tokenPattern = /\s*([#:]?[\w.-]+(?:#[\w-]+)*|<=|>=|<>|[=<>(),+])/y;
/** The same few texts recur: parsed once. */
const conditions = new Map<string, Condition>();
const changes = new Map<string, Change>();

export function readCondition(text: string): Condition {
  const known = conditions.get(text) ?? new ExpressionParser(text).condition();
  conditions.set(text, known);
  return known;
}

export function readChange(text: string): Change {
  const known = changes.get(text) ?? new ExpressionParser(text).change();
  changes.set(text, known);
  return known;
}

/** Below, equal or above zero as for a sort; undefined where DynamoDB does not compare the two. */
function compareValues(a: AttributeValue | undefined, b: AttributeValue | undefined): number | undefined {
  if (a?.N !== undefined && b?.N !== undefined) return Number(a.N) - Number(b.N);
  if (a?.S !== undefined && b?.S !== undefined) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if (a?.BOOL !== undefined && b?.BOOL !== undefined) return Number(a.BOOL) - Number(b.BOOL);
  return undefined;
}

const comparators: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

class ExpressionParser {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    tokenPattern.lastIndex = 0;
    while (tokenPattern.lastIndex < text.trimEnd().length) {
      const [, token] = tokenPattern.exec(text) ?? [];
      if (token === undefined) throw new Error(`not an expression that is known here: ${text}`);
      this.#tokens.push(token);
    }
  }

  condition(): Condition {
    const condition = this.#anyOf();
    if (this.#at < this.#tokens.length) throw new Error(`left over in an expression: ${this.#tokens.join(' ')}`);
    return condition;
  }

  #anyOf(): Condition {
    const parts = [this.#allOf()];
    while (this.#take('OR')) parts.push(this.#allOf());
    return (item, placeholders) => parts.some((part) => part(item, placeholders));
  }

  #allOf(): Condition {
    const parts = [this.#one()];
    while (this.#take('AND')) parts.push(this.#one());
    return (item, placeholders) => parts.every((part) => part(item, placeholders));
  }

  #one(): Condition {
    if (this.#take('NOT')) {
      const inner = this.#one();
      return (item, placeholders) => !inner(item, placeholders);
    }
    if (this.#take('(')) {
      const inner = this.#anyOf();
      this.#expect(')');
      return inner;
    }
    return this.#function() ?? this.#comparison();
  }

  #function(): Condition | undefined {
    const name = this.#tokens[this.#at] ?? '';
    if (!['attribute_exists', 'attribute_not_exists', 'begins_with'].includes(name)) return undefined;
    this.#at += 1;
    this.#expect('(');
    const path = this.#operand();
    if (name === 'begins_with') {
      this.#expect(',');
      const start = this.#operand();
      this.#expect(')');
      return (item, placeholders) =>
        (path(item, placeholders)?.S ?? '').startsWith(start(item, placeholders)?.S ?? '\u0000');
    }
    this.#expect(')');
    const wanted = name === 'attribute_exists';
    return (item, placeholders) => (path(item, placeholders) !== undefined) === wanted;
  }

  #comparison(): Condition {
    const left = this.#operand();
    if (this.#take('BETWEEN')) {
      const low = this.#operand();
      this.#expect('AND');
      const high = this.#operand();
      return (item, placeholders) => {
        const value = left(item, placeholders);
        return (
          (compareValues(value, low(item, placeholders)) ?? -1) >= 0 &&
          (compareValues(value, high(item, placeholders)) ?? 1) <= 0
        );
      };
    }
    if (this.#take('IN')) {
      const options = this.#list();
      return (item, placeholders) =>
        options.some((option) => compareValues(left(item, placeholders), option(item, placeholders)) === 0);
    }
    const sign = this.#next();
    const holds = comparators[sign];
    if (!holds) throw new Error(`no comparator: ${sign}`);
    const right = this.#operand();
    return (item, placeholders) => {
      const order = compareValues(left(item, placeholders), right(item, placeholders));
      return order === undefined ? sign === '<>' : holds(order);
    };
  }

  #list(): Read[] {
    this.#expect('(');
    const options = [this.#operand()];
    while (this.#take(',')) options.push(this.#operand());
    this.#expect(')');
    return options;
  }

  #operand(): Read {
    const token = this.#next();
    if (token.startsWith(':')) {
      return (_item, { values }) => {
        const value = values?.[token];
        if (!value) throw new Error(`no value for ${token}`);
        return value;
      };
    }
    const [first, ...inner] = token.split('.').map((part) => this.#nameOf(part));
    return (item, placeholders) => {
      const outer = first && item[first(placeholders)];
      return inner.reduce((value, nameOf) => value?.M?.[nameOf(placeholders)], outer);
    };
  }

  #nameOf(token: string): (placeholders: Placeholders) => string {
    if (!/^#?\w+$/.test(token)) throw new Error(`only top-level attributes are known here: ${token}`);
    if (!token.startsWith('#')) return () => token;
    return ({ names }) => {
      const name = names?.[token];
      if (name === undefined) throw new Error(`no name for ${token}`);
      return name;
    };
  }

  change(): Change {
    const steps: ((before: Item, after: Item, placeholders: Placeholders) => void)[] = [];
    while (this.#at < this.#tokens.length) {
      const clause = this.#next();
      do {
        if (clause === 'SET') steps.push(this.#set());
        else if (clause === 'REMOVE') steps.push(this.#remove());
        else if (clause === 'ADD') steps.push(this.#add());
        else throw new Error(`no clause of an update: ${clause}`);
      } while (this.#take(','));
    }
    return (item, placeholders) => {
      const after = { ...item };
      for (const step of steps) step(item, after, placeholders);
      return after;
    };
  }

  #set(): (before: Item, after: Item, placeholders: Placeholders) => void {
    const nameOf = this.#nameOf(this.#next());
    this.#expect('=');
    const first = this.#take('if_not_exists') ? this.#orElse() : this.#operand();
    const value = this.#take('+') ? sumOf(first, this.#operand()) : first;
    return (before, after, placeholders) => {
      const read = value(before, placeholders);
      if (read === undefined) throw new Error(`nothing to set ${nameOf(placeholders)} to`);
      after[nameOf(placeholders)] = read;
    };
  }

  #orElse(): Read {
    this.#expect('(');
    const path = this.#operand();
    this.#expect(',');
    const fallback = this.#operand();
    this.#expect(')');
    return (item, placeholders) => path(item, placeholders) ?? fallback(item, placeholders);
  }

  #remove(): (before: Item, after: Item, placeholders: Placeholders) => void {
    const nameOf = this.#nameOf(this.#next());
    return (_before, after, placeholders) => {
      delete after[nameOf(placeholders)];
    };
  }

  #add(): (before: Item, after: Item, placeholders: Placeholders) => void {
    const nameOf = this.#nameOf(this.#next());
    const amount = this.#operand();
    return (before, after, placeholders) => {
      const name = nameOf(placeholders);
      after[name] = { N: String(Number(before[name]?.N ?? 0) + Number(amount(before, placeholders)?.N)) };
    };
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new Error(`${token} is missing in: ${this.#tokens.join(' ')}`);
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error(`an expression ends too early: ${this.#tokens.join(' ')}`);
    this.#at += 1;
    return token;
  }
}

function sumOf(one: Read, other: Read): Read {
  return (item, placeholders) => ({
    N: String(Number(one(item, placeholders)?.N) + Number(other(item, placeholders)?.N)),
  });
}
