// A throttle as API Gateway has it: a rate of requests a second and a burst, from the template. The gateway answers
// requests beyond it.
import type { ThrottlePlan } from './api-plan.ts';

export class TokenBucket {
  readonly #plan: ThrottlePlan;
  #tokens: number;
  #filledAt: number;

  /** @param now milliseconds since any fixed instant. */
  constructor(plan: ThrottlePlan, now: number) {
    this.#plan = plan;
    this.#tokens = plan.burstCount;
    this.#filledAt = now;
  }

  /** Takes a token; false when none is left. */
  take(now: number): boolean {
    const { ratePerSecond, burstCount } = this.#plan;
    this.#tokens = Math.min(burstCount, this.#tokens + ((now - this.#filledAt) / 1_000) * ratePerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
