// Calls functions at the rates of the stack's schedules. The first call comes at once: messages that died with an
// earlier run are found by sweep, and nobody should wait a period for that.
import type { Invoke } from '../lambda/invocation.ts';
import type { SchedulePlan } from './schedule-plan.ts';

export interface ScheduleTimersOptions {
  readonly schedules: readonly SchedulePlan[];
  /** Periods are divided by this. */
  readonly speedFactor: number;
  readonly invoke: Invoke;
}

export class ScheduleTimers {
  readonly #options: ScheduleTimersOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<unknown>>();

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
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await Promise.all(this.#running);
  }

  /** EventBridge Scheduler calls again whether or not the last call has ended, and so do we. */
  #call({ functionName, input }: SchedulePlan): void {
    const call = this.#options.invoke(functionName, JSON.parse(input)).finally(() => this.#running.delete(call));
    this.#running.add(call);
  }
}
