// How many bytes of long inputs one process holds at once: a batch of ten tasks with five megabytes each, in the several
// copies that a call makes of them, would be more than the function's memory. A process serves one batch at a time.

/** Four copies of it are a quarter of 256 MB. */
const ROOM_BYTES = 16_000_000;

export class InputRoom {
  readonly #waiting: (() => void)[] = [];
  readonly #bytesMax: number;
  #takenBytes = 0;

  constructor(bytesMax: number = ROOM_BYTES) {
    this.#bytesMax = bytesMax;
  }

  /** Runs the work once there is room for so many bytes; work that needs more than all of it runs alone. */
  async hold<Value>(bytes: number, work: () => Promise<Value>): Promise<Value> {
    while (this.#takenBytes > 0 && this.#takenBytes + bytes > this.#bytesMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#takenBytes += bytes;
    try {
      return await work();
    } finally {
      this.#takenBytes -= bytes;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}
