// The stage's throttle: so many requests a second, so many at once, as the template says and API Gateway does.
// What is answered to those beyond it is the gateway's.
import type { ThrottlePlan } from './api-plan.ts';

export class TokenBucket {
  readonly #plan: ThrottlePlan;
  #tokens: number;
  #filledAt: number;

  /** @param now milliseconds since any instant. */
  constructor(plan: ThrottlePlan, now: number) {
    this.#plan = plan;
    this.#tokens = plan.burstCount;
    this.#filledAt = now;
  }

  /** Takes a token; false when there is none. */
  take(now: number): boolean {
    const { ratePerSecond, burstCount } = this.#plan;
    this.#tokens = Math.min(burstCount, this.#tokens + ((now - this.#filledAt) / 1_000) * ratePerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
