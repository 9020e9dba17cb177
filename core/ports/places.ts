// Places: a bounded number of leases that everybody's copies of a function take from one pool, such as calls that may
// wait at the same time. Exact, whatever runs at once; a holder that dies gives its place back when its lease ends.

export interface HeldPlace {
  readonly pool: string;
  readonly index: number;
  /** When the lease ends. */
  readonly until: number;
  /** Names the lease: two holders of one place after each other, or at once by mistake, never have the same. */
  readonly leaseId: string;
}

export type PlaceTaken =
  /** `others`: how many places of the pool were held beside this one. */
  | { readonly kind: 'taken'; readonly place: HeldPlace; readonly others: number }
  /** `freeAt`: when the first of the leases ends at the latest. */
  | { readonly kind: 'full'; readonly freeAt: number };

export interface Places {
  /**
   * Takes one of `placesMax` places for `leaseMs`. A pool comes into being with its first place. Where callers name
   * different bounds, all places that are held count, and the widest bound is the one that always holds.
   */
  take(pool: string, placesMax: number, leaseMs: number): Promise<PlaceTaken>;
  /** Gives a place back before its lease ends; one whose lease has ended is left to whoever holds it now. */
  giveBack(place: HeldPlace): Promise<void>;
}
