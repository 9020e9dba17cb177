// What holds of the small readers and writers whatever they are given: backoff, addresses, update expressions, cursors.
import { convertToNative } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCursor, writeCursor } from '../../../core/adapters/dynamodb/task-query.ts';
import { UpdateExpression } from '../../../core/adapters/dynamodb/update-expression.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { backoffDelayMs } from '../../../core/domain/task/backoff.ts';
import { isAddress, judgeAddress, judgeWebhookUrl } from '../../../core/domain/webhook/address-rules.ts';
import { HttpFailure } from '../../../core/http/http-failure.ts';
import { readEventCursor, writeEventCursor } from '../../../core/http/event-cursor.ts';

const policy = fc
  .record({
    attemptsMax: fc.integer({ min: 1, max: 100 }),
    baseMs: fc.integer({ min: 1, max: 60_000 }),
    capMs: fc.integer({ min: 1, max: 3_600_000 }),
  })
  .map(({ baseMs, capMs, ...rest }) => ({ ...rest, baseMs, capMs: Math.max(baseMs, capMs) }));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const failures = fc.integer({ min: 0, max: 100_000 });

describe('a backoff', () => {
  it('is a whole number of milliseconds between nothing and its cap, after however many failures', () => {
    fc.assert(
      fc.property(policy, failures, random, (one, count, chosen) => {
        const delayMs = backoffDelayMs({ policy: one, failures: count, random: chosen });
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(one.capMs);
      }),
    );
  });

  it('never shrinks with one more failure of the same luck', () => {
    fc.assert(
      fc.property(policy, failures, random, (one, count, chosen) => {
        const delayAfter = (number: number) => backoffDelayMs({ policy: one, failures: number, random: chosen });
        expect(delayAfter(count + 1)).toBeGreaterThanOrEqual(delayAfter(count));
      }),
    );
  });

  it('is never shorter than Retry-After, nor longer than it by more than its first delay or than its own backoff', () => {
    fc.assert(
      fc.property(policy, failures, random, fc.nat(600_000), (one, count, chosen, retryAfterMs) => {
        const delayMs = backoffDelayMs({ policy: one, failures: count, random: chosen, retryAfterMs });
        expect(delayMs).toBeGreaterThanOrEqual(retryAfterMs);
        expect(delayMs).toBeLessThanOrEqual(Math.max(retryAfterMs + one.baseMs, one.capMs));
      }),
    );
  });
});

const shut = { openSubnets: [], isHttpOpen: false };
const octet = fc.integer({ min: 0, max: 255 });
const anyIpv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const insideIpv4 = fc
  .tuple(fc.constantFrom('10', '127', '0', '172.16', '172.31', '192.168', '169.254', '100.64'), octet, octet, octet)
  .map(([prefix, ...rest]) => [...prefix.split('.'), ...rest].slice(0, 4).join('.'));

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

describe('the guard of addresses', () => {
  it('refuses each address of a private network, however it is spelt', () => {
    fc.assert(
      fc.property(insideIpv4, (address) => {
        const number = numberOf(address);
        const mapped = `::ffff:${(number >>> 16).toString(16)}:${(number % 65_536).toString(16)}`;
        expect(judgeAddress(address, shut, false)).toBeTypeOf('string');
        expect(judgeAddress(mapped, shut, false)).toBeTypeOf('string');
        for (const host of [address, String(number), `0x${number.toString(16)}`, `[${mapped}]`]) {
          expect(judgeWebhookUrl(`https://${host}/hook`, shut)).toBeTypeOf('string');
        }
      }),
    );
  });

  it('treats an IPv4 address like its IPv6 form, where it allows that form at all', () => {
    fc.assert(
      fc.property(anyIpv4, (address) => {
        const isRefused = judgeAddress(address, shut, false) !== undefined;
        if (isRefused) expect(judgeAddress(`::ffff:${address}`, shut, false)).toBeTypeOf('string');
        expect(isAddress(address)).toBe(true);
      }),
    );
  });

  it('answers any text with a reason or none, and throws for none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((host) => `https://${host}/hook`),
        ),
        (text) => {
          expect(['string', 'undefined']).toContain(typeof judgeWebhookUrl(text, shut));
        },
      ),
    );
  });
});

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));

describe('an update expression', () => {
  it('names each placeholder that it uses and no other, and carries no name or value in its text', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), value, { minKeys: 1 }), (fields) => {
        const update = new UpdateExpression();
        for (const [name, one] of Object.entries(fields)) update.set(name, one);
        const made = update.toUpdate('table', { pk: 'p', sk: 's' });
        const text = made.UpdateExpression ?? '';
        expect(text).toMatch(/^SET (#n\d+ = :v\d+)(, #n\d+ = :v\d+)*$/);
        expect(text.match(/#n\d+/g)).toEqual(Object.keys(made.ExpressionAttributeNames ?? {}));
        expect(text.match(/:v\d+/g)).toEqual(Object.keys(made.ExpressionAttributeValues ?? {}));
        const names = Object.values(made.ExpressionAttributeNames ?? {});
        const values = Object.values(made.ExpressionAttributeValues ?? {}).map((one) => convertToNative(one));
        expect(names.map((name, index) => [name, values[index]])).toEqual(Object.entries(fields));
      }),
    );
  });
});

describe('a cursor', () => {
  const id = fc.stringMatching(/^[\w-]{1,64}$/);

  it('of a list of tasks leads back to its task, for its own account only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), id, (account, other, taskId) => {
        const cursor = writeCursor({ accountId: account }, taskId);
        expect(readCursor({ accountId: account, cursor })).toBe(taskId);
        if (other !== account) expect(() => readCursor({ accountId: other, cursor })).toThrow(RelayError);
        expect(() => readCursor({ accountId: account, order: 'oldest', cursor })).toThrow(RelayError);
      }),
    );
  });

  it('of a list of events leads back to its place', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), id, (position, eventId) => {
        expect(readEventCursor(writeEventCursor({ position, id: eventId }))).toEqual({ position, id: eventId });
      }),
    );
  });

  it('that was never issued is refused and breaks nothing', () => {
    const base64 = fc.oneof(fc.string(), fc.json()).map((text) => Buffer.from(text).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1 }), base64), (text) => {
        expect(() => readCursor({ accountId: 'acc_one', cursor: text })).toThrow(RelayError);
        try {
          expect(readEventCursor(text).position).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(HttpFailure);
        }
      }),
    );
  });
});
