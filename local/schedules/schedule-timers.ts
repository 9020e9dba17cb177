// Calls functions at the rates of the stack's schedules. The first call comes at once: messages that died with an
// earlier run are found by sweep, and nobody should wait a period for that. A call that is due while the last one runs
// is left out: periods are shortened here, but not the time that a function takes.
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
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await Promise.all(this.#running.values());
  }

  #call(schedule: SchedulePlan): void {
    if (this.#running.has(schedule)) return;
    const { functionName, input } = schedule;
    const call = this.#options.invoke(functionName, JSON.parse(input)).finally(() => this.#running.delete(schedule));
    this.#running.set(schedule, call);
  }
}
