// Places in memory: the leases of each pool, as exact as the table keeps them.
import type { HeldPlace, Places, PlaceTaken } from '../../../core/ports/places.ts';

export class MemoryPlaces implements Places {
  readonly #clock: { now(): number };
  readonly #pools = new Map<string, Map<number, HeldPlace>>();
  /** Leases ever taken, by pool. */
  readonly taken = new Map<string, number>();

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  async take(pool: string, placesMax: number, leaseMs: number): Promise<PlaceTaken> {
    const now = this.#clock.now();
    const leases = this.#leases(pool);
    const held = [...leases.values()].flatMap(({ until }) => (until > now ? [until] : []));
    if (held.length >= placesMax) return { kind: 'full', freeAt: Math.min(...held) };
    const indexes = Array.from({ length: placesMax }, (_, place) => place);
    const index = indexes.find((place) => (leases.get(place)?.until ?? 0) <= now) ?? 0;
    const count = (this.taken.get(pool) ?? 0) + 1;
    const place: HeldPlace = { pool, index, until: now + leaseMs, leaseId: `${pool}#${count}` };
    leases.set(index, place);
    this.taken.set(pool, count);
    return { kind: 'taken', place, others: held.length };
  }

  async isFull(pool: string, placesMax: number): Promise<boolean> {
    return this.held(pool) >= placesMax;
  }

  async renew(place: HeldPlace, leaseMs: number): Promise<HeldPlace | undefined> {
    const leases = this.#leases(place.pool);
    if (leases.get(place.index)?.leaseId !== place.leaseId) return undefined;
    const renewed = { ...place, until: this.#clock.now() + leaseMs };
    leases.set(place.index, renewed);
    return renewed;
  }

  async giveBack({ pool, index, leaseId }: HeldPlace): Promise<void> {
    const leases = this.#leases(pool);
    if (leases.get(index)?.leaseId === leaseId) leases.delete(index);
  }

  /** How many of a pool are held now. */
  held(pool: string): number {
    return [...this.#leases(pool).values()].filter(({ until }) => until > this.#clock.now()).length;
  }

  #leases(pool: string): Map<number, HeldPlace> {
    const leases = this.#pools.get(pool) ?? new Map<number, HeldPlace>();
    this.#pools.set(pool, leases);
    return leases;
  }
}
