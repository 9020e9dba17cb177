// Reads the query of a call: every parameter must be known to the call, given once and valid, else a 400 names it.
// Nothing is ignored, because a client that sends a parameter relies on its effect.
import { cutText } from '../domain/cut-text.ts';
import { invalidParameter } from './http-failure.ts';

export type Query = Readonly<Record<string, string | undefined>>;

interface WithQuery {
  /** As sent. */
  readonly rawQueryString?: string | undefined;
  /** Decoded, values of one name joined by commas; read where the raw query is absent. */
  readonly queryStringParameters?: Query | undefined;
}

const NAME_CHARS_SHOWN = 64;

function shown(name: string): string {
  return cutText(name, NAME_CHARS_SHOWN);
}

/**
 * @param known names that the call takes.
 * @param hint what to check when a name is unknown.
 * @throws HttpFailure 400 for an unknown name, or a known one that is given twice.
 */
export function readQuery(event: WithQuery, known: readonly string[], hint?: string): Query {
  const given = pairsOf(event);
  const unknown = given.find(([name]) => !known.includes(name));
  if (unknown) {
    const taken = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
    const advice = hint === undefined ? '' : `; ${hint}`;
    throw invalidParameter(`${shown(unknown[0])} is not a query parameter of this call; ${taken}${advice}`);
  }
  const query: Record<string, string> = {};
  for (const [name, value] of given) {
    if (Object.hasOwn(query, name)) throw invalidParameter(`${name} is given twice`);
    query[name] = value;
  }
  return query;
}

function pairsOf({ rawQueryString, queryStringParameters = {} }: WithQuery): readonly (readonly [string, string])[] {
  if (rawQueryString !== undefined) return [...new URLSearchParams(rawQueryString)];
  return Object.entries(queryStringParameters).map(([name, value]) => [name, value ?? '']);
}

interface Range {
  readonly min: number;
  readonly max: number;
  /** What the number counts. */
  readonly of?: string;
}

/** Digits only: some readers take `1e2` and `0x10` for numbers, others do not. */
export function readWholeNumber(name: string, text: string, { min, max, of }: Range): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw invalidParameter(`${name} must be a whole number${of === undefined ? '' : ` of ${of}`} from ${min} to ${max}`);
}

const flags: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

/** Languages spell booleans differently: Python writes `True`. Undefined for anything else. */
export function flagOf(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return Object.hasOwn(flags, word) ? flags[word] : undefined;
}

export function readFlag(name: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  const flag = flagOf(text);
  if (flag === undefined) throw invalidParameter(`${name} must be true or false`);
  return flag;
}

/** A moment in ISO 8601, with a time zone if it has a time; undefined for anything else. */
export function momentOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isFinite(at) && at >= 0 ? at : undefined;
}

/** What to check when a parameter should be a moment and is not. A plus sign in a query means a space. */
export function momentHint(text: string): string {
  return /T[\d:.]+ \d{2}:?\d{2}$/.test(text)
    ? '; its time zone lost its +, which must be written as %2B in a query'
    : '';
}

/** @throws HttpFailure 400 that names the parameter. */
export function readMoment(name: string, text: string): number {
  const at = momentOf(text);
  if (at !== undefined) return at;
  throw invalidParameter(`${name} must be a moment in ISO 8601, such as 2026-01-31T12:00:00Z${momentHint(text)}`);
}
