// Calls functions at the rates of the stack's schedules. The first call is made at once, so that the sweep finds the
// messages lost with an earlier run without delay. A call that is due while the last one runs is skipped: periods are
// shortened here, but not the time that a function takes. A throttled call is repeated.
import type { Invoke } from '../lambda/invocation.ts';
import type { SchedulePlan } from './schedule-plan.ts';

interface ScheduleTimersOptions {
  readonly schedules: readonly SchedulePlan[];
  /** The periods of the template are divided by this. */
  readonly speedFactor: number;
  readonly invoke: Invoke;
}

/**
 * Lambda doubles the wait from a second on and gives up after hours; here the next call of the schedule is due before
 * that.
 */
const THROTTLED_MS_MIN = 1_000;

export class ScheduleTimers {
  readonly #options: ScheduleTimersOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #isStopped = false;
  readonly #running = new Map<SchedulePlan, Promise<unknown>>();

  constructor(options: ScheduleTimersOptions) {
    this.#options = options;
  }

  start(): void {
    const { schedules, speedFactor } = this.#options;
    for (const schedule of schedules) {
      this.#call(schedule);
      this.#timers.push(setInterval(() => this.#call(schedule), schedule.periodMs / speedFactor));
    }
  }

  /** Resolves when the calls under way have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await Promise.all(this.#running.values());
  }

  #call(schedule: SchedulePlan): void {
    if (this.#running.has(schedule)) return;
    const { functionName, input } = schedule;
    const call = this.#invoke(functionName, JSON.parse(input), schedule.periodMs / this.#options.speedFactor);
    this.#running.set(
      schedule,
      call.finally(() => this.#running.delete(schedule)),
    );
  }

  /** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
  async #invoke(functionName: string, event: unknown, periodMs: number): Promise<void> {
    const endsAt = Date.now() + periodMs;
    for (let delayMs = THROTTLED_MS_MIN / this.#options.speedFactor; ; delayMs *= 2) {
      const { kind } = await this.#options.invoke(functionName, event);
      if (kind !== 'throttled' || this.#isStopped || Date.now() + delayMs >= endsAt) return;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
