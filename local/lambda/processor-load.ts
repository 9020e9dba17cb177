// Tells whether this machine's processors are busy, so that a pool can tell calls that compute from calls that wait.
// Looks at all processes: what others take is not there for us.
import { cpus } from 'node:os';

interface Sample {
  /** Of all processors together, since the machine was started. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Shorter than that, the system's own clock ticks are all that is seen. */
const WINDOW_MS_MIN = 100;
const BUSY_SHARE = 0.75;

export class ProcessorLoad {
  #last: Sample = sample();
  #isBusy = false;

  /** As of the last tenth of a second or more. */
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
