// Rows kept in the order of their keys, as a DynamoDB partition keeps them: binary search, so that a simulation with
// thousands of waiting tasks stays fast.

export class SortedRows<Row> {
  readonly #keys: string[] = [];
  readonly #rows: Row[] = [];

  get size(): number {
    return this.#keys.length;
  }

  set(key: string, row: Row): void {
    const at = this.#place(key);
    if (this.#keys[at] === key) {
      this.#rows[at] = row;
    } else {
      this.#keys.splice(at, 0, key);
      this.#rows.splice(at, 0, row);
    }
  }

  get(key: string): Row | undefined {
    const at = this.#place(key);
    return this.#keys[at] === key ? this.#rows[at] : undefined;
  }

  delete(key: string): void {
    const at = this.#place(key);
    if (this.#keys[at] !== key) return;
    this.#keys.splice(at, 1);
    this.#rows.splice(at, 1);
  }

  /** The first rows, in order. */
  head(limit: number): Row[] {
    return this.#rows.slice(0, limit);
  }

  /** Every row from `key` on, in order. */
  from(key: string): Row[] {
    return this.#rows.slice(this.#place(key));
  }

  /** Every row in order, from `key` on where it is given. */
  *forwards(key?: string): Generator<Row> {
    for (let at = key === undefined ? 0 : this.#place(key); at < this.#rows.length; at += 1) {
      yield this.#rows[at] as Row;
    }
  }

  /** Every row, last first, from just below `key` where it is given. */
  *backwards(key?: string): Generator<Row> {
    for (let at = (key === undefined ? this.#keys.length : this.#place(key)) - 1; at >= 0; at -= 1) {
      const row = this.#rows[at];
      if (row !== undefined) yield row;
    }
  }

  /** Index of the first key that is not less. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    // Most keys are newer than all there are: spare the search.
    if (high > 0 && (this.#keys[high - 1] as string) < key) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
