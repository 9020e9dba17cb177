// Keys of accounts: the form of their text, what each may do, and whether it is still good. Pure.
// contract/items.ts stores them as digests, flows/authenticate.ts reads one from a request.
import { createHash } from 'node:crypto';
import type { Account } from './account.ts';

/**
 * What a key may do. `submit`: submit, cancel and retry tasks. `read`: see tasks, events, deliveries, endpoints and the
 * account. `webhooks`: change endpoints and secrets, replay and recover deliveries. `operate`: whatever an operator may,
 * on all accounts, and only with a key of an operator's account.
 */
export const scopes = ['submit', 'read', 'webhooks', 'operate'] as const;

export type Scope = (typeof scopes)[number];

export interface ApiKey {
  /** SHA-256 of the key, hex: the key itself is shown once and never stored. */
  readonly digest: string;
  readonly accountId: string;
  /** First characters, so that its owner can tell it from others. */
  readonly hint: string;
  readonly createdAt: number;
  readonly name?: string;
  /** What it may do; undefined for all that its account may, as for every key made before there were scopes. */
  readonly scopes?: readonly Scope[];
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** Beginning of the hour in which it was last used: a finer time would cost a write with every request. */
  readonly lastUsedAt?: number;
  /** Who made it: `key:` and the id of a key, or `cli:` and a principal; undefined for older keys. */
  readonly createdBy?: string;
}

export const KEY_PREFIX = 'sk_';

/** Beginning of every key that the relay makes: what a scanner for leaked secrets looks for. */
const keyMark = `${KEY_PREFIX}get3wrelay_`;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 288 random bits: 256 are left when the four characters of the hint are known. */
const SECRET_BYTES = 36;
const SECRET_CHARS = 49;
const CHECKSUM_CHARS = 6;
const HINT_SECRET_CHARS = 4;

/** The whole form, as secret scanners look for it; docs/accounts.md documents it. */
export const keyPattern = new RegExp(`^${keyMark}[0-9A-Za-z]{${SECRET_CHARS + CHECKSUM_CHARS}}$`);

/** Leading part of the digest that names a key among those of its account. */
const ID_CHARS = 12;

export function keyIdOf({ digest }: Pick<ApiKey, 'digest'>): string {
  return digest.slice(0, ID_CHARS);
}

/** The beginning of a key, by which its owner recognises it. */
export function keyHintOf(key: string): string {
  return key.slice(0, key.startsWith(keyMark) ? keyMark.length + HINT_SECRET_CHARS : 8);
}

/** @param secretOf draws 160 random bits or more, as text. */
export function newKeyText(secretOf: () => string): string {
  const drawn = createHash('sha512').update(secretOf()).update(secretOf()).digest().subarray(0, SECRET_BYTES);
  const marked = keyMark + inDigits(BigInt(`0x${drawn.toString('hex')}`), SECRET_CHARS);
  return marked + checksumOf(marked);
}

/** False for a text of the form of a key whose checksum is wrong: mistyped, cut, or made up. Older keys have none. */
export function isIntact(key: string): boolean {
  return !keyPattern.test(key) || key.endsWith(checksumOf(key.slice(0, -CHECKSUM_CHARS)));
}

function inDigits(value: bigint, length: number): string {
  const base = BigInt(DIGITS.length);
  let [rest, text] = [value, ''];
  for (; rest > 0n; rest /= base) text = (DIGITS[Number(rest % base)] ?? '') + text;
  return text.padStart(length, '0');
}

/** CRC-32 (IEEE 802.3) of all characters before it: scanners compute it without asking the relay. */
function checksumOf(text: string): string {
  let crc = 0xffff_ffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return inDigits(BigInt((crc ^ 0xffff_ffff) >>> 0), CHECKSUM_CHARS);
}

/** Whether a key is accepted at this moment; its account may still be suspended. */
export function isLive({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now);
}

/** What a caller may do: the key's scopes, or all for a key without any; `operate` only with an operator's account. */
export function scopesOf(key: ApiKey, { isOperator }: Pick<Account, 'isOperator'>): readonly Scope[] {
  const held = key.scopes ?? scopes;
  return scopes.filter((scope) => held.includes(scope) && (scope !== 'operate' || isOperator));
}
