// The one random source of a simulated world, with the draws that worlds are made of.
// The relay draws from a generator of its own (see faulty-ports.ts): what it draws must not shift the faults.
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';

export class Dice {
  readonly #randomSource: FixedRandomSource;

  constructor(seed: number) {
    this.#randomSource = new FixedRandomSource(seed);
  }

  /** True with this probability; draws nothing for 0, so that a fault that is off costs nothing. */
  isLucky(probability: number): boolean {
    return probability > 0 && this.#randomSource.random() < probability;
  }

  between(low: number, high: number): number {
    return low + this.#randomSource.random() * (high - low);
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.#randomSource.random() * (high - low + 1));
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.whole(0, items.length - 1)] ?? items[0];
  }

  /** Log-normal with this mean; `sigma` is that of the logarithm. Box and Muller's transform. */
  logNormal(mean: number, sigma: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#randomSource.random()));
    const normal = radius * Math.cos(2 * Math.PI * this.#randomSource.random());
    return mean * Math.exp(sigma * normal - (sigma * sigma) / 2);
  }
}
