// Queues in memory: keeps what was sent until its delay is over and a reader takes it. No visibility timeout and no
// redelivery: a test that wants a message doubled, lost or late does that to what it takes.
import type { Doorbells } from '../../../core/ports/ports.ts';
import type { OutgoingDoorbell, Queue } from '../../../core/contract/messages.ts';

interface SentDoorbell extends OutgoingDoorbell {
  readonly readyAt: number;
}

export class MemoryDoorbells implements Doorbells {
  readonly #clock: { now(): number };
  #waiting: SentDoorbell[] = [];
  #failuresLeft = 0;
  /** Every doorbell ever sent, in order. */
  readonly sent: OutgoingDoorbell[] = [];

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  async send(outgoing: readonly OutgoingDoorbell[]): Promise<{ readonly failed: number }> {
    const failed = Math.min(this.#failuresLeft, outgoing.length);
    this.#failuresLeft -= failed;
    for (const message of outgoing.slice(failed)) {
      this.sent.push(message);
      // Whole seconds, rounded up, as SQS counts.
      const readyAt = this.#clock.now() + Math.ceil(Math.max(0, message.delayMs) / 1_000) * 1_000;
      this.#waiting.push({ ...message, readyAt });
    }
    return { failed };
  }

  /** Removes and answers what has become ready, oldest first. */
  take(queue: Queue, max: number = Number.POSITIVE_INFINITY): SentDoorbell[] {
    const now = this.#clock.now();
    const taken: SentDoorbell[] = [];
    this.#waiting = this.#waiting.filter((message) => {
      if (message.queue !== queue || message.readyAt > now || taken.length >= max) return true;
      taken.push(message);
      return false;
    });
    return taken;
  }

  /** What is still under way, of one queue or of all. */
  waiting(queue?: Queue): readonly SentDoorbell[] {
    return queue === undefined ? this.#waiting : this.#waiting.filter((message) => message.queue === queue);
  }

  /** That many of the next doorbells are lost. */
  failNext(count: number): void {
    this.#failuresLeft = count;
  }
}
