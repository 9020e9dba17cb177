// Writes an object under its stored names and reads it back, whole and exact. The field in stored-names.ts defines how
// a value is written; this file knows nothing of what it means.
import { parseExactJson } from '../../domain/exact-json.ts';
import type { StoredField, StoredFields } from './stored-names.ts';

type Fields = Record<string, unknown>;

const hexDigestPattern = /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Prefix of a text that does not have its field's form, so that reading can tell it from one that does. */
const AS_IT_IS = '=';

/** @param origin what times are counted from, epoch milliseconds. */
export function compactRow(value: object, fields: StoredFields, origin: number): Fields {
  const row: Fields = {};
  for (const [name, one] of Object.entries(value)) {
    const field = fields[name];
    if (!field) throw new Error(`no stored name for ${name}`);
    if (one !== undefined && one !== field.unless) row[field.as] = write(one, field, origin);
  }
  return row;
}

export function expandRow(row: Readonly<Fields>, fields: StoredFields, origin: number): Fields {
  const value: Fields = {};
  for (const [name, field] of Object.entries(fields)) {
    const stored = row[field.as];
    if (stored !== undefined) value[name] = read(stored, field, origin);
    else if (field.unless !== undefined) value[name] = field.unless;
  }
  return value;
}

/** The whole value as one text under its stored names. */
export function packText(value: object, fields: StoredFields, origin = 0): string {
  return JSON.stringify(compactRow(value, fields, origin));
}

/** @param originName stored name of the field that times are counted from, if any. */
export function unpackText<Value>(text: string, fields: StoredFields, originName?: string): Value {
  const row = parseExactJson(text) as Fields;
  return expandRow(row, fields, originName === undefined ? 0 : Number(row[originName])) as Value;
}

function write(value: unknown, { form, fields }: StoredField, origin: number): unknown {
  if (fields) {
    return Array.isArray(value)
      ? value.map((one: object) => compactRow(one, fields, origin))
      : compactRow(value as object, fields, origin);
  }
  switch (form) {
    case 'time':
      return writeTime(value, origin);
    case 'digest':
      return inBase64(value, hexDigestPattern);
    case 'uuid':
      return inBase64(value, uuidPattern);
    default:
      return value;
  }
}

function read(stored: unknown, { form, fields }: StoredField, origin: number): unknown {
  if (fields) {
    return Array.isArray(stored)
      ? stored.map((one: Fields) => expandRow(one, fields, origin))
      : expandRow(stored as Fields, fields, origin);
  }
  switch (form) {
    case 'time':
      return typeof stored === 'number' ? stored + origin : Number(stored);
    case 'digest':
      return fromBase64(stored, (hex) => hex);
    case 'uuid':
      return fromBase64(stored, (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
    default:
      return stored;
  }
}

/** The last 66 bits of a UUID, the random ones of a version 7, in 11 characters: for ids that are only compared. */
export function shortId(uuid: string): string {
  return String(inBase64(uuid, uuidPattern)).slice(-11);
}

/** A fraction would not survive the subtraction, so it is stored as text. */
function writeTime(value: unknown, origin: number): unknown {
  return Number.isSafeInteger(value) && Number.isSafeInteger(origin) ? Number(value) - origin : String(value);
}

function inBase64(value: unknown, hexForm: RegExp): unknown {
  if (typeof value !== 'string') return value;
  return hexForm.test(value)
    ? Buffer.from(value.replaceAll('-', ''), 'hex').toString('base64url')
    : `${AS_IT_IS}${value}`;
}

function fromBase64(stored: unknown, ofHex: (hex: string) => string): unknown {
  if (typeof stored !== 'string') return stored;
  return stored.startsWith(AS_IT_IS)
    ? stored.slice(AS_IT_IS.length)
    : ofHex(Buffer.from(stored, 'base64url').toString('hex'));
}
