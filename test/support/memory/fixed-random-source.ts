// Random numbers from a seed: the same seed gives the same numbers, ids and secrets, so that a failing run can be replayed.
// The generator is sfc32 (Chris Doty-Humphrey's small fast counting generator, PractRand).
import type { RandomSource } from '../../../core/ports/ports.ts';

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

export class FixedRandomSource implements RandomSource {
  readonly #clock: { now(): number };
  #a: number;
  #b = 0x9e3779b9 | 0;
  #c = 0x243f6a88 | 0;
  #counter = 1;
  #lastMs = 0;
  #sequence = 0;

  /** @param seed any number; whole numbers below 2^32 give different runs. */
  constructor(seed: number, clock: { now(): number } = { now: () => Date.UTC(2026, 0, 1) }) {
    this.#a = seed | 0;
    this.#clock = clock;
    // The first rounds still show the seed.
    for (let round = 0; round < 12; round += 1) this.#next();
  }

  random(): number {
    return this.#next() / 0x1_0000_0000;
  }

  /** A UUIDv7; ids made in the same millisecond, or after the clock went back, still sort in the order they were made. */
  id(): string {
    const now = Math.max(this.#lastMs, this.#clock.now());
    this.#sequence = now === this.#lastMs ? this.#sequence + 1 : 0;
    // 12 bits of sequence; past them the next millisecond is borrowed, as RFC 9562 allows.
    this.#lastMs = this.#sequence > 0xfff ? now + 1 : now;
    if (this.#sequence > 0xfff) this.#sequence = 0;
    const time = hex(this.#lastMs, 12);
    const variant = hex(0x8000 | (this.#next() & 0x3fff), 4);
    const tail = hex(this.#next() & 0xffff, 4) + hex(this.#next(), 8);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(this.#sequence, 3)}-${variant}-${tail}`;
  }

  secret(): string {
    const words = Uint32Array.from({ length: 6 }, () => this.#next());
    return Buffer.from(words.buffer).toString('base64url');
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }
}
