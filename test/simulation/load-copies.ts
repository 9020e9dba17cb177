// The processes of one function in a load world, as Lambda keeps them: each serves one run at a time, and keeps between
// runs what it has in memory. Which of the idle ones is next, nobody promises: here it is the one that has been idle for
// longest, whose memory is the oldest. One that is not used for some minutes ends, and its memory with it.
import type { VirtualTime } from './virtual-time.ts';

/** Lambda promises nothing; idle processes have been seen to end after five to fifteen minutes. */
const IDLE_MS_MAX = 5 * 60_000;

interface IdleCopy<Copy> {
  readonly copy: Copy;
  readonly since: number;
}

export class LoadCopies<Copy> {
  readonly #time: Pick<VirtualTime, 'now'>;
  readonly #begin: () => Copy;
  #idle: IdleCopy<Copy>[] = [];
  /** Processes that were begun. */
  begun = 0;

  /** @param begin makes what a new process has in memory. */
  constructor(time: Pick<VirtualTime, 'now'>, begin: () => Copy) {
    this.#time = time;
    this.#begin = begin;
  }

  /** One run. A process that is killed never comes back, as its run never ends. */
  async run<Result>(work: (copy: Copy) => Promise<Result>): Promise<Result> {
    const copy = this.#next();
    try {
      return await work(copy);
    } finally {
      this.#idle.push({ copy, since: this.#time.now() });
    }
  }

  #next(): Copy {
    const now = this.#time.now();
    this.#idle = this.#idle.filter(({ since }) => now - since < IDLE_MS_MAX);
    const oldest = this.#idle.shift();
    if (oldest) return oldest.copy;
    this.begun += 1;
    return this.#begin();
  }
}
