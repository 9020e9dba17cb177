import { describe, expect, it } from 'vitest';
import { requestDigest } from '../../../core/domain/task/request-digest.ts';
import type { DigestedRequest } from '../../../core/domain/task/request-digest.ts';

const request: DigestedRequest = {
  model: 'acme/sketch/text-to-image',
  input: '{"prompt":"a cat","seed":9007199254740993,"size":{"width":1,"height":2},"loras":["a","b"]}',
};

function differs(other: Partial<DigestedRequest>): boolean {
  return requestDigest({ ...request, ...other }) !== requestDigest(request);
}

describe('the digest of a submit', () => {
  it.each([
    [
      'white space',
      '{ "prompt": "a cat",\n\t"seed": 9007199254740993, "size": {"width":1,"height":2}, "loras": ["a", "b"] }',
    ],
    [
      'the order of fields',
      '{"loras":["a","b"],"size":{"height":2,"width":1},"seed":9007199254740993,"prompt":"a cat"}',
    ],
    ['escapes', '{"prompt":"a \\u0063at","seed":9007199254740993,"size":{"width":1,"height":2},"loras":["a","b"]}'],
  ])('is the same when a body differs only in %s', (_what, input) => {
    expect(differs({ input })).toBe(false);
  });

  it.each([
    ['model', { model: 'acme/sketch/text-to-video' }],
    ['webhook', { webhookUrl: 'https://app.example/hook' }],
    ['wish to keep its outputs', { keep: 'after-end' }],
    ['text', { input: request.input.replace('a cat', 'a dog') }],
    ['seed, by its last digit', { input: request.input.replace('993', '992') }],
    ['number, by how it is written', { input: request.input.replace('"width":1', '"width":1.0') }],
    ['nested field', { input: request.input.replace('"height":2', '"height":3') }],
    ['name of a field', { input: request.input.replace('height', 'depth') }],
    ['order of a list', { input: request.input.replace('["a","b"]', '["b","a"]') }],
    ['list that is one text', { input: request.input.replace('["a","b"]', '"a,b"') }],
    ['field that is null', { input: request.input.replace('{"prompt"', '{"negative":null,"prompt"') }],
    ['number that is a text', { input: request.input.replace('"width":1', '"width":"1"') }],
    ['flag', { input: request.input.replace('"width":1', '"width":true') }],
  ])('is another for another %s alone', (_what, other) => {
    expect(differs(other)).toBe(true);
  });

  it('distinguishes one webhook from another', () => {
    const one = requestDigest({ ...request, webhookUrl: 'https://app.example/1' });
    expect(requestDigest({ ...request, webhookUrl: 'https://app.example/2' })).not.toBe(one);
  });

  it('takes a field by any name for a field', () => {
    expect(differs({ input: '{"__proto__":{"prompt":"a cat"}}' })).toBe(true);
    expect(requestDigest({ ...request, input: '{"__proto__":1}' })).not.toBe(
      requestDigest({ ...request, input: '{}' }),
    );
  });
});
