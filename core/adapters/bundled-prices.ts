// Reads the price table, which the stack stores beside the function's bundle: it may be larger than an environment. Read
// at the first submit, not at start-up; it does not change while the function lives.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRICES_FILE } from '../contract/prices-file.ts';
import { noPrices } from '../domain/money/price-table.ts';
import type { PriceTable } from '../domain/money/price-table.ts';
import type { Prices } from '../ports/ports.ts';

/** @param folder where the bundle is; in a bundle, this file's own folder. */
export function bundledPrices(folder: string = import.meta.dirname): Prices {
  let table: PriceTable | undefined;
  return { table: () => (table ??= readTable(join(folder, PRICES_FILE))) };
}

function readTable(path: string): PriceTable {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as PriceTable) : noPrices;
}
