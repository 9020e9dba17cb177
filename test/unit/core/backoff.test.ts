// The delay before the next attempt: at both ends of chance, with and without a Retry-After.
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '../../../core/domain/task/backoff.ts';

const policy = { attemptsMax: 8, baseMs: 1_000, capMs: 60_000 };
const almostOne = 1 - Number.EPSILON;

function delay(failures: number, random: number, retryAfterMs?: number) {
  return backoffDelayMs({ policy, failures, random, retryAfterMs });
}

describe('the delay of a backoff', () => {
  it.each([
    [1, 999],
    [2, 1_999],
    [7, 59_999],
    [1_000, 59_999],
  ])('after %i failures is between 0 and %i ms', (failures, longestMs) => {
    expect(delay(failures, 0)).toBe(0);
    expect(delay(failures, almostOne)).toBe(longestMs);
  });

  it('is never shorter than Retry-After, and two tasks with the same Retry-After are not retried together', () => {
    expect(delay(1, 0, 20_000)).toBe(20_000);
    expect(delay(1, almostOne, 20_000)).toBe(20_999);
  });

  it('grows as usual where Retry-After is shorter: 0 does not switch it off', () => {
    expect(delay(7, 0.5, 0)).toBe(30_000);
    expect(delay(7, 0.5, 5_000)).toBe(30_000);
    expect(delay(7, 0.5, 40_000)).toBe(40_500);
  });
});
