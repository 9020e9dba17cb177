// What reads see that need not be consistent: DynamoDB answers them from a copy that may lag behind, and every query of an
// index is one of them. Here such a read sees the whole table as it was at some moment of the last tenth of a second.
import { itemId, TableRows } from './table-rows.ts';
import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from './condition.ts';
import type { Page } from './table-rows.ts';

/** As far as a copy lags behind at most; Amazon says only that it is usually less than a second. */
const LAG_MS = 100;

interface Overwritten {
  readonly at: number;
  readonly key: Item;
  readonly before: Item | undefined;
}

export class PastRows {
  readonly #rows: TableRows;
  readonly #now: () => number;
  readonly #isSteady: boolean;
  #lastMoment = Number.NEGATIVE_INFINITY;
  /** In the order of their times; what is older than the lag is dropped now and then. */
  #writes: Overwritten[] = [];
  #drawn = 1;

  constructor(rows: TableRows, { now, isSteady }: { readonly now: () => number; readonly isSteady: boolean }) {
    this.#rows = rows;
    this.#now = now;
    this.#isSteady = isSteady;
  }

  /** To be called before each write. */
  note(key: Item): void {
    const at = this.#now();
    if (this.#writes.length > 1_000) this.#writes = this.#after(at - LAG_MS);
    this.#writes.push({ at, key, before: this.#rows.get(key) });
  }

  get(key: Item): Item | undefined {
    const id = itemId(key);
    const first = this.#after(this.#moment()).find((write) => itemId(write.key) === id);
    return first ? first.before : this.#rows.get(key);
  }

  query(input: QueryCommandInput): Page {
    const undone = this.#after(this.#moment());
    if (undone.length === 0) return this.#rows.query(input);
    const past = new TableRows();
    for (const item of this.#rows.along(input)) past.set(item, item);
    for (const { key, before } of undone.reverse()) past.set(key, before);
    return past.query(input);
  }

  #after(moment: number): Overwritten[] {
    let from = this.#writes.length;
    while (from > 0 && (this.#writes[from - 1]?.at ?? 0) > moment) from -= 1;
    return this.#writes.slice(from);
  }

  /** Of a generator of its own: how far a copy lags moves nothing else in a seeded world. */
  #moment(): number {
    this.#drawn = (this.#drawn * 48_271) % 2_147_483_647;
    const moment = this.#now() - (this.#drawn / 2_147_483_647) * LAG_MS;
    this.#lastMoment = this.#isSteady ? Math.max(moment, this.#lastMoment) : moment;
    return this.#lastMoment;
  }
}
