// Which id a call has in the log: the client's own where it has the form of an id, and never a text of the client's.
import { describe, expect, it } from 'vitest';
import { correlationIdOf } from '../../../core/http/correlation-id.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;

describe('the correlation id of a call', () => {
  it.each([
    '2f9c1a34-9d1f-4e0c-8f61-6a0c0d5e7b11',
    '01JCZ8Q9T3W6V5X2N4B7M1K0PD',
    'order_4711.retry-2',
    'Root=1-67891233-abc',
  ])('is what the client sent as X-Request-Id: %s', (id) => {
    expect(correlationIdOf({ 'x-request-id': id, traceparent }, 'own')).toBe(id);
  });

  it('is the trace id of a traceparent where there is no X-Request-Id', () => {
    expect(correlationIdOf({ traceparent }, 'own')).toBe(TRACE);
  });

  it.each([
    ['a sentence', 'a bear in the snow'],
    ['an address', 'https://hooks.example/secret'],
    ['a key of the relay', 'sk_live_0123456789abcdef'],
    ['a signing secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['a signed token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['what is too short to be found again', 'abc'],
    ['what is longer than ids are', 'a'.repeat(129)],
    ['a line of its own', 'abcdefgh\n{"level":"error"}'],
    ['nothing', ''],
  ])('is the id of the call itself where the client sent %s', (_what, text) => {
    expect(correlationIdOf({ 'x-request-id': text }, 'own')).toBe('own');
  });

  it.each(['zebra', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`])(
    'passes over a traceparent that is none: %s',
    (text) => {
      expect(correlationIdOf({ traceparent: text }, 'own')).toBe('own');
    },
  );
});
