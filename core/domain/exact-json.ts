// Foreign JSON that is kept and passed on: numbers keep their digits, where a double would lose some (a seed of 64
// bits), and text is well-formed. Such a number is a raw one (JSON.rawJSON): code that inspects it does not find a
// `number`, and JSON.stringify writes it out digit by digit.
// Source: ECMAScript proposal "JSON.parse source text access", in V8 since 11.4.

interface RawJson {
  readonly rawJSON: string;
}

/** Not yet declared by TypeScript's library. */
const json = JSON as unknown as {
  readonly rawJSON?: (text: string) => RawJson;
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
};

/**
 * A number in value position that is long or has an exponent: only such numbers can lose digits. Text that looks like
 * one only costs a slower parse.
 */
const suspectNumber = /[:[,]\s*-?(?:[\d.]{16}|[\d.]+[eE])/;

/**
 * Reads JSON like JSON.parse.
 * @throws SyntaxError if it is not JSON, RangeError if it is nested deeper than the stack allows
 */
export function parseExactJson(text: string): unknown {
  // Node 20, which only the command line may run on, has no raw numbers.
  if (!suspectNumber.test(text) || json.rawJSON === undefined) return JSON.parse(text);
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && !isExact(value, context.source)
      ? json.rawJSON?.(context.source)
      : value,
  );
}

/** True when the double, written out, is exactly the number in the text. */
function isExact(value: number, source: string): boolean {
  return Number.isFinite(value) && canonical(String(value)) === canonical(source);
}

/** Sign, significant digits and the power of ten of the last digit; zero has no digits. */
function canonical(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** How deep arrays and objects are nested; counted without recursion, so that any depth can be measured. */
export function depthOf(value: unknown): number {
  let deepest = 0;
  const left: { readonly part: unknown; readonly depth: number }[] = [{ part: value, depth: 1 }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { part, depth } = next;
    if (typeof part !== 'object' || part === null) continue;
    deepest = Math.max(deepest, depth);
    for (const inner of Object.values(part)) left.push({ part: inner, depth: depth + 1 });
  }
  return deepest;
}

/** A copy in which every text and every name is well-formed; the value itself if it already is. */
export function toWellFormedJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  // JSON.stringify escapes lone surrogates, and produces such escapes for nothing else.
  return /\\ud[89a-f]/.test(text) ? rebuild(value) : value;
}

function rebuild(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(rebuild);
  if (typeof value !== 'object' || value === null || isRaw(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name.toWellFormed(), rebuild(part)]));
}

function isRaw(value: object): boolean {
  const { isRawJSON } = JSON as unknown as { readonly isRawJSON?: (value: object) => boolean };
  return isRawJSON?.(value) ?? false;
}
