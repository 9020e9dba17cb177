// A digest of what a submit asked for: it shows whether a repeated `Idempotency-Key` comes with the same request.
// Pure. The store keeps who used the key; limits.ts says how long it is remembered.
import { sha256Hex } from '../sha256-hex.ts';

export interface DigestedRequest {
  /** `vendor/model/task`. */
  readonly model: string;
  /** A JSON text. */
  readonly input: string;
  readonly webhookUrl?: string | undefined;
  /** Whether to keep the outputs, where the request says so: what a setting says may change between two repeats. */
  readonly keep?: string | undefined;
}

/**
 * SHA-256, hex. Bodies that differ only in white space, in the order of their fields or in how a letter is escaped are
 * the same request; numbers are compared as written, because a double cannot hold a seed of 64 bits.
 */
export function requestDigest({ model, input, webhookUrl, keep }: DigestedRequest): string {
  const parts = [model, canonicalJson(input), webhookUrl ?? null, ...(keep === undefined ? [] : [keep])];
  return sha256Hex(JSON.stringify(parts));
}

/** A number as it was written in the text. */
class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** The compiler does not know the third argument yet (TC39, "JSON.parse source text access"; Node 21 and newer). */
const parseWith = JSON.parse as (text: string, reviver: Reviver) => unknown;

function canonicalJson(text: string): string {
  return write(
    parseWith(text, (_key, value, { source } = {}) =>
      typeof value === 'number' ? new NumberText(source ?? String(value)) : value,
    ),
  );
}

/** Recursive, one call per level: the depth of a body was limited before. */
function write(value: unknown): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(',')}}`;
}
