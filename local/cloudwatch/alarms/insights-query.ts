// Parses a Metrics Insights query as an alarm may have one: SELECT, FROM, WHERE, GROUP BY, ORDER BY, LIMIT.
// insights-series.ts runs the query over the store.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html

export type InsightsAggregate = 'AVG' | 'COUNT' | 'MAX' | 'MIN' | 'SUM';

export interface InsightsQuery {
  readonly aggregate: InsightsAggregate;
  readonly metricName: string;
  readonly namespace: string;
  /** The exact set of dimension names, in any order; undefined without SCHEMA, which means any set. */
  readonly dimensionNames: readonly string[] | undefined;
  readonly conditions: readonly { readonly dimension: string; readonly isEqual: boolean; readonly value: string }[];
  /** Empty for one series over everything. */
  readonly groupBy: readonly string[];
  readonly orderBy: { readonly aggregate: InsightsAggregate; readonly isDescending: boolean } | undefined;
  readonly limit: number;
}

export class InsightsQueryError extends Error {
  override readonly name = 'InsightsQueryError';
}

/** Most series that a query returns. */
const LIMIT_DEFAULT = 500;

/** True for a Metrics Insights query; any other expression of an alarm is metric math. */
export function isInsightsQuery(expression: string): boolean {
  return /^\s*SELECT\b/i.test(expression);
}

interface QueryToken {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign' | 'end';
  readonly text: string;
}

const pattern =
  /\s*(?:(?<number>\d+)|(?<word>[A-Za-z_][A-Za-z0-9_.]*)|"(?<quoted>[^"]*)"|'(?<text>[^']*)'|(?<sign>!=|[=(),*]))/y;

function readTokens(query: string): readonly QueryToken[] {
  const tokens: QueryToken[] = [];
  const end = query.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex;
    const groups = pattern.exec(query)?.groups;
    if (groups === undefined)
      throw new InsightsQueryError(`${JSON.stringify(query.slice(from).trim())} is not a query`);
    for (const kind of ['number', 'word', 'quoted', 'text', 'sign'] as const) {
      const text = groups[kind];
      if (text !== undefined) tokens.push({ kind, text });
    }
  }
  return [...tokens, { kind: 'end', text: '' }];
}

const aggregates: readonly InsightsAggregate[] = ['AVG', 'COUNT', 'MAX', 'MIN', 'SUM'];

class QueryParser {
  readonly #tokens: readonly QueryToken[];
  #next = 0;

  constructor(query: string) {
    this.#tokens = readTokens(query);
  }

  whole(): InsightsQuery {
    this.#keyword('SELECT');
    const aggregate = this.#aggregate();
    this.#sign('(');
    const metricName = this.#identifier();
    this.#sign(')');
    this.#keyword('FROM');
    const source = this.#source();
    const query = {
      aggregate,
      metricName,
      ...source,
      conditions: this.#takeKeyword('WHERE') ? this.#conditions() : [],
      groupBy: this.#takeKeywords('GROUP', 'BY') ? this.#identifiers() : [],
      orderBy: this.#takeKeywords('ORDER', 'BY') ? this.#order() : undefined,
      limit: this.#takeKeyword('LIMIT') ? this.#number() : LIMIT_DEFAULT,
    };
    if (this.#peek().kind !== 'end') throw this.#unexpected('nothing more');
    return query;
  }

  #source(): Pick<InsightsQuery, 'namespace' | 'dimensionNames'> {
    if (!this.#takeKeyword('SCHEMA')) return { namespace: this.#identifier(), dimensionNames: undefined };
    this.#sign('(');
    const [namespace = '', ...dimensionNames] = this.#identifiers();
    this.#sign(')');
    return { namespace, dimensionNames };
  }

  #conditions(): InsightsQuery['conditions'] {
    const conditions = [];
    do {
      const dimension = this.#identifier();
      // A condition on a tag of a resource looks like one on a dimension, but tags do not exist here.
      if (dimension.startsWith('tag.')) throw new InsightsQueryError(`${dimension}: tags are not evaluated here`);
      const isEqual = this.#takeSign('=');
      if (!isEqual) this.#sign('!=');
      const { kind, text } = this.#peek();
      if (kind !== 'text') throw this.#unexpected('a value in single quotes');
      this.#next += 1;
      conditions.push({ dimension, isEqual, value: text });
    } while (this.#takeKeyword('AND'));
    return conditions;
  }

  #order(): NonNullable<InsightsQuery['orderBy']> {
    const aggregate = this.#aggregate();
    this.#sign('(');
    this.#sign(')');
    const isDescending = this.#takeKeyword('DESC');
    if (!isDescending) this.#takeKeyword('ASC');
    return { aggregate, isDescending };
  }

  #aggregate(): InsightsAggregate {
    const { kind, text } = this.#peek();
    const aggregate = aggregates.find((one) => kind === 'word' && one === text.toUpperCase());
    if (aggregate === undefined) throw this.#unexpected(aggregates.join(', '));
    this.#next += 1;
    return aggregate;
  }

  #identifiers(): readonly string[] {
    const names = [];
    do names.push(this.#identifier());
    while (this.#takeSign(','));
    return names;
  }

  #identifier(): string {
    const { kind, text } = this.#peek();
    if (kind !== 'word' && kind !== 'quoted') throw this.#unexpected('a name');
    this.#next += 1;
    return text;
  }

  #number(): number {
    const { kind, text } = this.#peek();
    if (kind !== 'number') throw this.#unexpected('a number');
    this.#next += 1;
    return Number(text);
  }

  #peek(offset = 0): QueryToken {
    return this.#tokens[this.#next + offset] ?? { kind: 'end', text: '' };
  }

  #isKeyword(word: string, offset = 0): boolean {
    const { kind, text } = this.#peek(offset);
    return kind === 'word' && text.toUpperCase() === word;
  }

  #takeKeyword(word: string): boolean {
    return this.#takeKeywords(word);
  }

  #takeKeywords(...words: readonly string[]): boolean {
    if (!words.every((word, offset) => this.#isKeyword(word, offset))) return false;
    this.#next += words.length;
    return true;
  }

  #keyword(word: string): void {
    if (!this.#takeKeyword(word)) throw this.#unexpected(word);
  }

  #takeSign(sign: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== 'sign' || text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #sign(sign: string): void {
    if (!this.#takeSign(sign)) throw this.#unexpected(sign);
  }

  #unexpected(expected: string): InsightsQueryError {
    const { kind, text } = this.#peek();
    return new InsightsQueryError(`${expected} was expected at ${kind === 'end' ? 'the end' : JSON.stringify(text)}`);
  }
}

/** @throws InsightsQueryError that names what was expected and what was found. */
export function parseInsightsQuery(query: string): InsightsQuery {
  return new QueryParser(query).whole();
}
