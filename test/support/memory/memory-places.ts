// Places in memory: the leases of each pool, as exact as the table keeps them.
import type { HeldPlace, Places, PlaceTaken } from '../../../core/ports/places.ts';

export class MemoryPlaces implements Places {
  readonly #clock: { now(): number };
  readonly #pools = new Map<string, Map<number, number>>();
  /** Leases ever taken, by pool. */
  readonly taken = new Map<string, number>();

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  async take(pool: string, placesMax: number, leaseMs: number): Promise<PlaceTaken> {
    const now = this.#clock.now();
    const leases = this.#leases(pool);
    const held = [...leases.values()].filter((until) => until > now);
    if (held.length >= placesMax) return { kind: 'full', freeAt: Math.min(...held) };
    const indexes = Array.from({ length: placesMax }, (_, place) => place);
    const index = indexes.find((place) => (leases.get(place) ?? 0) <= now) ?? 0;
    // No two leases of one place end at the same moment, or giving one back could free the other.
    const until = Math.max(now + leaseMs, (leases.get(index) ?? 0) + 0.001);
    leases.set(index, until);
    this.taken.set(pool, (this.taken.get(pool) ?? 0) + 1);
    return { kind: 'taken', place: { pool, index, until }, others: held.length };
  }

  async giveBack({ pool, index, until }: HeldPlace): Promise<void> {
    const leases = this.#leases(pool);
    if (leases.get(index) === until) leases.delete(index);
  }

  /** How many of a pool are held now. */
  held(pool: string): number {
    return [...this.#leases(pool).values()].filter((until) => until > this.#clock.now()).length;
  }

  #leases(pool: string): Map<number, number> {
    const leases = this.#pools.get(pool) ?? new Map<number, number>();
    this.#pools.set(pool, leases);
    return leases;
  }
}
