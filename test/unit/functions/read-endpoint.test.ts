// What a body about a webhook endpoint may say of its headers.
import { describe, expect, it } from 'vitest';
import { readEndpoint } from '../../../functions/api/read-endpoint.ts';

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
  it('is well-formed, as strict readers ask', () => {
    expect(readEndpoint('{"description":"a\\ud800"}').description).toBe('a\uFFFD');
  });
});
