// Queues in memory: keeps what was rung until its delay is over and somebody takes it. No visibility timeout and no
// redelivery: a test that wants a message doubled, lost or late does that to what it takes.
import type { Doorbells } from '../../../core/ports/ports.ts';
import type { Bell, Queue } from '../../../core/contract/messages.ts';

export interface RungBell extends Bell {
  readonly readyAt: number;
}

export class MemoryDoorbells implements Doorbells {
  readonly #clock: { now(): number };
  #waiting: RungBell[] = [];
  #failuresLeft = 0;
  /** Every bell ever rung, in order. */
  readonly rung: Bell[] = [];

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  async ring(bells: readonly Bell[]): Promise<{ readonly failed: number }> {
    const failed = Math.min(this.#failuresLeft, bells.length);
    this.#failuresLeft -= failed;
    for (const bell of bells.slice(failed)) {
      this.rung.push(bell);
      // Whole seconds, rounded up, as SQS counts.
      const readyAt = this.#clock.now() + Math.ceil(Math.max(0, bell.delayMs) / 1_000) * 1_000;
      this.#waiting.push({ ...bell, readyAt });
    }
    return { failed };
  }

  /** Removes and answers what has become ready, oldest first. */
  take(queue: Queue, max: number = Number.POSITIVE_INFINITY): RungBell[] {
    const now = this.#clock.now();
    const taken: RungBell[] = [];
    this.#waiting = this.#waiting.filter((bell) => {
      if (bell.queue !== queue || bell.readyAt > now || taken.length >= max) return true;
      taken.push(bell);
      return false;
    });
    return taken;
  }

  /** What is still under way, of one queue or of all. */
  waiting(queue?: Queue): readonly RungBell[] {
    return queue === undefined ? this.#waiting : this.#waiting.filter((bell) => bell.queue === queue);
  }

  /** The next so many bells are not heard. */
  failNext(count: number): void {
    this.#failuresLeft = count;
  }
}
