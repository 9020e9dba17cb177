// Reports whether this machine's processors are busy, so that a pool can distinguish calls that compute from calls that
// wait. It counts all processes, because what others use is not free for us.
import { cpus } from 'node:os';

interface Sample {
  /** Times of all processors together, since the machine was started. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Over less, only the ticks of the system's own clock would show. */
const WINDOW_MS_MIN = 100;
const BUSY_SHARE = 0.75;

export class ProcessorLoad {
  #last: Sample = sample();
  #isBusy = false;

  /** True when they were busy during the last tenth of a second or more. */
  isBusy(): boolean {
    const now = sample();
    const totalMs = now.totalMs - this.#last.totalMs;
    if (totalMs >= WINDOW_MS_MIN * cpus().length) {
      this.#isBusy = 1 - (now.idleMs - this.#last.idleMs) / totalMs > BUSY_SHARE;
      this.#last = now;
    }
    return this.#isBusy;
  }
}

function sample(): Sample {
  const times = cpus().map((processor) => processor.times);
  const idleMs = times.reduce((sum, { idle }) => sum + idle, 0);
  const totalMs = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { idleMs, totalMs };
}
