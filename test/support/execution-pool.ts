// A number of executions that all of a relay's functions share, as an AWS account has them, on a stepped clock: work
// that finds none free waits in line. The test decides what the work is and what its answer means.
import type { Clock } from '../../core/ports/ports.ts';

interface Ran<Value> {
  readonly value: Value;
  /** From the request to its answer, waiting in line included. */
  readonly tookMs: number;
}

export class ExecutionPool {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #executions: number;
  readonly #line: (() => void)[] = [];
  #busy = 0;
  /** The most that ever ran at once. */
  busyMax = 0;

  constructor(clock: Pick<Clock, 'now'>, executions: number) {
    this.#clock = clock;
    this.#executions = executions;
  }

  get free(): number {
    return this.#executions - this.#busy;
  }

  async run<Value>(work: () => Promise<Value>): Promise<Ran<Value>> {
    const askedAt = this.#clock.now();
    // A call that ends passes its execution to the next in line, so that no other slips in between.
    if (this.#busy < this.#executions) this.#busy += 1;
    else await new Promise<void>((begin) => this.#line.push(begin));
    this.busyMax = Math.max(this.busyMax, this.#busy);
    try {
      const value = await work();
      return { value, tookMs: this.#clock.now() - askedAt };
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#busy -= 1;
    }
  }
}
