// The form of keys, checked as a secret scanner would, and what a key may do.
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemRandomSource } from '../../../core/adapters/system-random-source.ts';
import { isIntact, isLive, keyHintOf, keyPattern, newKeyText, scopesOf } from '../../../core/domain/api-key.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import type { ApiKey, Scope } from '../../../core/domain/api-key.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const key: ApiKey = { digest: 'd', accountId: 'acc', hint: 'sk_', createdAt: 100 };

function valueOf(text: string): bigint {
  return Array.from(text).reduce((sum, digit) => sum * 62n + BigInt(DIGITS.indexOf(digit)), 0n);
}

function newKeys(count: number): readonly string[] {
  return Array.from({ length: count }, () => newKeyText(() => systemRandomSource.secret()));
}

describe('the text of a key', () => {
  it('has one form, and ends in the CRC-32 of what stands before, in base 62', () => {
    for (const text of newKeys(500)) {
      expect(text).toMatch(keyPattern);
      expect(text).toMatch(/^sk_get3wrelay_[0-9A-Za-z]{55}$/);
      expect(valueOf(text.slice(-6))).toBe(BigInt(crc32(text.slice(0, -6))));
      expect(isIntact(text)).toBe(true);
    }
  });

  it('has 288 bits that vary, of which 256 and more are not in its hint', () => {
    const bits = newKeys(2_000).map((text) => valueOf(text.slice('sk_get3wrelay_'.length, -6)));
    for (let bit = 0n; bit < 288n; bit += 1n) {
      const ones = bits.filter((value) => (value >> bit) & 1n).length;
      expect(Math.abs(ones - 1_000), `bit ${bit}`).toBeLessThan(150);
    }
    expect(bits.every((value) => value < 1n << 288n)).toBe(true);
    const [text = ''] = newKeys(1);
    expect(keyHintOf(text)).toBe(text.slice(0, 'sk_get3wrelay_'.length + 4));
    expect(288 - Math.log2(62 ** 4)).toBeGreaterThanOrEqual(256);
  });

  it('is another for each draw of the random source', () => {
    const source = new FixedRandomSource(1);
    const texts = Array.from({ length: 100 }, () => newKeyText(() => source.secret()));
    expect(new Set(texts).size).toBe(100);
  });

  it('is not intact with any one character changed, while a key of an older form is left to the store', () => {
    const [text = ''] = newKeys(1);
    for (let at = 'sk_get3wrelay_'.length; at < text.length; at += 1) {
      const other = text[at] === 'x' ? 'y' : 'x';
      expect(isIntact(text.slice(0, at) + other + text.slice(at + 1)), `character ${at}`).toBe(false);
    }
    expect(isIntact('sk_mW9q0Vd3bTqXbPZ2k7m1c4R8s5t6u7v9')).toBe(true);
  });
});

describe('a key', () => {
  it('is good until it is revoked or its time has come', () => {
    expect(isLive(key, 1_000)).toBe(true);
    expect(isLive({ ...key, revokedAt: 500 }, 1_000)).toBe(false);
    expect([isLive({ ...key, expiresAt: 1_001 }, 1_000), isLive({ ...key, expiresAt: 1_000 }, 1_000)]).toEqual([
      true,
      false,
    ]);
  });

  it.each<[readonly Scope[] | undefined, boolean, readonly Scope[]]>([
    [undefined, false, ['submit', 'read', 'webhooks']],
    [undefined, true, ['submit', 'read', 'webhooks', 'operate']],
    [['read', 'operate'], true, ['read', 'operate']],
    [['read', 'operate'], false, ['read']],
    [['webhooks', 'submit'], true, ['submit', 'webhooks']],
  ])('with the scopes %j of an operator’s account: %s may do %j', (held, isOperator, may) => {
    expect(scopesOf({ ...key, ...(held && { scopes: held }) }, { isOperator })).toEqual(may);
  });
});
