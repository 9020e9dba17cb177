// What a body about a webhook endpoint may contain, field by field, and how others are refused.
import { describe, expect, it } from 'vitest';
import { readEndpoint, readOverlapMs } from '../../../core/http/read-endpoint.ts';

function headersOf(headers: string) {
  return readEndpoint(`{"headers":${headers}}`).headers;
}

describe('the headers of an endpoint', () => {
  it('are kept in lower case', () => {
    expect(headersOf('{"X-Key":"a","authorization":"Bearer b"}')).toEqual({ 'x-key': 'a', authorization: 'Bearer b' });
  });

  it.each(['{"X-Key":"a","x-key":"b"}', '{"x-KEY":"a","x-key":"a"}'])(
    'are refused with two spellings of one name: %s',
    (text) => {
      expect(() => headersOf(text)).toThrow(expect.objectContaining({ status: 400 }));
    },
  );

  it('are refused with __proto__, which would be no header and change the object', () => {
    expect(() => headersOf('{"__proto__":"a"}')).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('that are refused are named in well-formed text', () => {
    const name = `${'x'.repeat(63)}\u{1F600}`;
    const told = expect.toSatisfy((text: string) => text.isWellFormed()) as string;
    expect(() => headersOf(JSON.stringify({ [name]: 'a' }))).toThrow(expect.objectContaining({ message: told }));
  });
});

describe('the description of an endpoint', () => {
  it('is well-formed, as strict readers require', () => {
    expect(readEndpoint('{"description":"a\\ud800"}').description).toBe('a\uFFFD');
  });
});

const HOOK_URL = 'https://receiver.acme.org/hook';

describe('a body about an endpoint', () => {
  it.each<[object, object]>([
    [{}, {}],
    [{ url: HOOK_URL }, { url: HOOK_URL }],
    [{ description: 'for the shop' }, { description: 'for the shop' }],
    [{ description: 'x'.repeat(200) }, { description: 'x'.repeat(200) }],
    [{ description: null }, { description: null }],
    [{ events: ['task.completed', 'task.completed'] }, { events: ['task.completed'] }],
    [{ events: ['task.failed', 'task.completed'] }, { events: ['task.failed', 'task.completed'] }],
    [{ events: null }, { events: null }],
    [{ rate_limit: 0.01 }, { ratePerSecond: 0.01 }],
    [{ rate_limit: 1_000 }, { ratePerSecond: 1_000 }],
    [{ rate_limit: null }, { ratePerSecond: null }],
    [{ headers: null }, { headers: {} }],
    [{ headers: {} }, { headers: {} }],
    [{ shape: 'get3w' }, { shape: 'get3w' }],
    [{ signatures: ['v1'] }, { isAsymmetric: false }],
    [{ signatures: ['v1a', 'v1'] }, { isAsymmetric: true }],
    [{ disabled: true }, { isDisabled: true }],
    [{ disabled: false }, { isDisabled: false }],
  ])('%j is read as %j', (body, fields) => {
    expect(readEndpoint(JSON.stringify(body))).toEqual(fields);
  });

  it.each(['', ' \n'])('may be empty: %j', (body) => {
    expect(readEndpoint(body)).toEqual({});
  });

  it.each<[object, string]>([
    [{ url: '' }, 'url must be a string'],
    [{ url: 7 }, 'url must be a string'],
    [{ description: '' }, 'description must be a string'],
    [{ description: 'x'.repeat(201) }, 'description has more than 200 characters'],
    [{ events: [] }, 'events must be null or a list of '],
    [{ events: 'task.completed' }, 'events must be null or a list of '],
    [{ events: ['task.completed', 'task.unheard-of'] }, 'events must be null or a list of '],
    [{ rate_limit: 0 }, 'rate_limit must be null or calls a second, from 0.01 to 1000'],
    [{ rate_limit: 0.009 }, 'rate_limit must be null or calls a second, from 0.01 to 1000'],
    [{ rate_limit: 1_000.5 }, 'rate_limit must be null or calls a second, from 0.01 to 1000'],
    [{ rate_limit: '5' }, 'rate_limit must be null or calls a second, from 0.01 to 1000'],
    [{ headers: ['x-key'] }, 'headers must be null or an object of strings'],
    [{ headers: 'x-key' }, 'headers must be null or an object of strings'],
    [{ headers: { 'x-key': 7 } }, 'the header x-key is not a string'],
    [{ headers: { 'X-Key': 'a', 'x-key': 'a' } }, 'the header x-key is given twice'],
    [{ shape: 'of-mine' }, 'shape must be one of '],
    [{ signatures: [] }, 'signatures must be ["v1"] or ["v1", "v1a"]'],
    [{ signatures: ['v1a'] }, 'signatures must be ["v1"] or ["v1", "v1a"]'],
    [{ signatures: ['v1', 'v2'] }, 'signatures must be ["v1"] or ["v1", "v1a"]'],
    [{ signatures: 'v1' }, 'signatures must be ["v1"] or ["v1", "v1a"]'],
    [{ disabled: 'true' }, 'disabled must be true or false'],
    [{ ratelimit: 1, colour: 'red' }, 'ratelimit, colour is not known here'],
  ])('%j is refused: %s', (body, details) => {
    const told = expect.stringContaining(details) as string;
    const refusal = expect.objectContaining({ status: 400, details: told }) as Error;
    expect(() => readEndpoint(JSON.stringify(body))).toThrow(refusal);
  });

  it('has twenty headers of 4,096 bytes at most', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'a']));
    const long = (length: number) => ({ 'x-key': 'x'.repeat(length) });

    for (const good of [many(20), long(1_000)]) expect(headersOf(JSON.stringify(good))).toEqual(good);
    const refusal = (details: string) => expect.objectContaining({ details }) as Error;
    expect(() => headersOf(JSON.stringify(many(21)))).toThrow(refusal('there are more than 20 headers'));
    const large = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`x-${name}`, 'x'.repeat(1_000)]));
    expect(() => headersOf(JSON.stringify(large))).toThrow(refusal('headers have more than 4096 bytes'));
  });
});

describe('the overlap of a rotation', () => {
  it.each([
    ['', 5],
    ['{}', 5],
    ['{"overlap_seconds":0}', 0],
    ['{"overlap_seconds":90}', 90_000],
    ['{"overlap_seconds":2592000}', 2_592_000_000],
  ])('of %j is %i ms', (body, overlapMs) => {
    expect(readOverlapMs(body, 5)).toBe(overlapMs);
  });

  it.each(['-1', '0.5', '2592001', '"60"', 'null'])('is refused where it is %s', (seconds) => {
    const details = 'overlap_seconds must be a whole number from 0 to 2592000';
    const refusal = expect.objectContaining({ status: 400, details }) as Error;
    expect(() => readOverlapMs(`{"overlap_seconds":${seconds}}`, 5)).toThrow(refusal);
  });
});
