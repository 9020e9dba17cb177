// What a submit's path and headers may be: which names are a model's, and how long a key is. Bodies and webhooks are in
// boundaries.test.ts and in the API document's property tests.
import { defaultSettings } from '../../../core/domain/settings.ts';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../core/domain/limits.ts';
import { readModel, readSubmit } from '../../../functions/api/read-submit.ts';

const longest = 'a'.repeat(limits.pathSegmentBytesMax);

function submitWithKey(idempotencyKey: string) {
  const request = {
    vendor: 'acme',
    model: 'sketch',
    task: 'text-to-image',
    query: {},
    idempotencyKey,
    body: '{"a":1}',
  };
  return readSubmit(request, defaultSettings);
}

describe('the model of a path', () => {
  it('is its three segments', () => {
    expect(readModel({ vendor: 'acme', model: 'sketch-2.1', task: 'text-to-image' })).toBe(
      'acme/sketch-2.1/text-to-image',
    );
    expect(readModel({ vendor: longest, model: longest, task: longest })).toHaveLength(3 * longest.length + 2);
  });

  it.each([
    ['a missing segment', { vendor: 'acme', model: 'sketch' }],
    ['an empty segment', { vendor: 'acme', model: '', task: 'text-to-image' }],
    ['a segment that is too long', { vendor: 'acme', model: `${longest}a`, task: 'text-to-image' }],
    ['a space', { vendor: 'acme', model: 'a sketch', task: 'text-to-image' }],
    ['a slash within a segment', { vendor: 'acme', model: 'a/b', task: 'text-to-image' }],
    ["a first word that is the relay's own", { vendor: 'requests', model: 'sketch', task: 'text-to-image' }],
  ])('is not found with %s', (_, path) => {
    expect(() => readModel(path)).toThrow(expect.objectContaining({ status: 404 }));
  });
});

describe('an Idempotency-Key', () => {
  it('has one byte at least and 255 at most, counted in UTF-8', () => {
    expect(submitWithKey('k').idempotencyKey).toBe('k');
    expect(submitWithKey('k'.repeat(255)).idempotencyKey).toHaveLength(255);
    for (const key of ['', 'k'.repeat(256), 'ü'.repeat(128)]) {
      expect(() => submitWithKey(key), key).toThrow(
        expect.objectContaining({ status: 400, details: 'Idempotency-Key must have 1 to 255 bytes' }),
      );
    }
  });
});
