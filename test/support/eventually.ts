// Waiting on a state in place of a sleep: a slow machine waits longer, a quick one hardly at all. What to expect of the
// state is up to the test.
import { expect } from 'vitest';

/**
 * Expects a state to come to be: `await eventually(() => inbox.received()).toHaveLength(1)`.
 * @param read called every 10 ms, for 10 s at most.
 */
export function eventually<State>(read: () => State | Promise<State>) {
  return expect.poll(read, { timeout: 10_000, interval: 10 });
}
