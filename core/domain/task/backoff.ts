// When a transient failure is retried: exponential backoff with full jitter, honouring Retry-After.
// decide chooses whether there is another attempt at all.
// Source of the jitter: AWS Architecture Blog, "Exponential Backoff and Jitter" (full jitter).
import { findError, errorKey } from '../error-catalogue.ts';
import type { Failure } from './task.ts';
import type { RetryPolicy, TaskSettings } from './task-settings.ts';

export function retryPolicyFor(failure: Failure, settings: TaskSettings): RetryPolicy {
  const key = findError(failure.level, failure.code)?.key ?? errorKey(failure.level, failure.code);
  return settings.retry[key] ?? settings.retry.default;
}

interface BackoffInput {
  readonly policy: RetryPolicy;
  /** Failures of this kind so far, this one included: 1 for the first. */
  readonly failures: number;
  /** Uniform in [0, 1). */
  readonly random: number;
  /** What the answer asked for; the delay is never shorter than this, nor than the task's own backoff. */
  readonly retryAfterMs?: number | undefined;
}

/** Delay before the next attempt, in whole milliseconds. */
export function backoffDelayMs({ policy, failures, random, retryAfterMs }: BackoffInput): number {
  // 2 ** 40 is past every cap; without the bound a long-lived task would overflow to Infinity * 0 = NaN.
  const ceilingMs = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(Math.max(failures - 1, 0), 40));
  const jitteredMs = Math.floor(random * ceilingMs);
  if (retryAfterMs === undefined) return jitteredMs;
  // Every task that was given the same Retry-After would be retried at the same moment: jitter is added on top. The
  // growing backoff is the floor, so that `Retry-After: 0` from a server in distress does not disable it.
  return Math.max(jitteredMs, retryAfterMs + Math.floor(random * policy.baseMs));
}
