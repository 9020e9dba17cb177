// Time that moves only when a caller asks for the next thing to happen. Everything that takes time in a simulated world
// is an entry here; entries of the same instant happen in the order they were made, so that a run can be replayed.

interface Entry {
  readonly at: number;
  readonly sequence: number;
  readonly happen: () => void;
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
}

export class VirtualTime {
  #now: number;
  #sequence = 0;
  /** A binary heap, the next entry first: worlds hold thousands of timeouts that never come to pass. */
  readonly #heap: Entry[] = [];

  readonly #isWhole: boolean;

  /** @param isWhole false where parts of a millisecond count, as in the physics of a table. */
  constructor(startsAt: number, { isWhole = true }: { readonly isWhole?: boolean } = {}) {
    this.#now = startsAt;
    this.#isWhole = isWhole;
  }

  now(): number {
    return this.#now;
  }

  /** @param delayMs rounded to whole milliseconds by default: that is all that the clock of a function shows. */
  after(delayMs: number, happen: () => void): void {
    this.#sequence += 1;
    const waitMs = Math.max(0, this.#isWhole ? Math.round(delayMs) : delayMs);
    this.#push({ at: this.#now + waitMs, sequence: this.#sequence, happen });
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Lets the next thing happen. @returns false when nothing is left. */
  step(): boolean {
    const next = this.#pop();
    if (!next) return false;
    this.#now = next.at;
    next.happen();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (isBefore(last, heap[child] as Entry)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
