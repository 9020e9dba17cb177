// Places: a bounded number of leases that all copies of a function take from one pool, such as calls that may wait at
// the same time. Exact under concurrency; the place of a holder that dies is free again when its lease ends.

export interface HeldPlace {
  readonly pool: string;
  readonly index: number;
  /** When the lease ends. */
  readonly until: number;
  /** Identifies the lease: two holders of one place, in turn or at once by mistake, never have the same. */
  readonly leaseId: string;
}

export type PlaceTaken =
  /** `others`: how many other places of the pool were held. */
  | { readonly kind: 'taken'; readonly place: HeldPlace; readonly others: number }
  /** `freeAt`: when the first of the leases ends at the latest. */
  | { readonly kind: 'full'; readonly freeAt: number };

export interface Places {
  /**
   * Takes one of `placesMax` places for `leaseMs`. A pool is created with its first place. If callers pass different
   * bounds, all held places count, and only the widest bound holds always.
   */
  take(pool: string, placesMax: number, leaseMs: number): Promise<PlaceTaken>;
  /** Whether all of `placesMax` places are held; strongly consistent. */
  isFull(pool: string, placesMax: number): Promise<boolean>;
  /**
   * Holds a place for `leaseMs` from now.
   * @returns the place with its new end; undefined when it has been given back, or taken by another after its lease ended.
   */
  renew(place: HeldPlace, leaseMs: number): Promise<HeldPlace | undefined>;
  /** Gives a place back before its lease ends; if the lease has ended, the place is left to its present holder. */
  giveBack(place: HeldPlace): Promise<void>;
}
