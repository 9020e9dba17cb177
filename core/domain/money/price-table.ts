// What a task costs, by its user's table: by model, and by parameters of the body such as channel, resolution and
// duration. Whole micro-dollars, so that sums are exact. Pure; lib/price-table-file.ts reads and checks the file.

/** A millionth of a US dollar, in which every amount is counted. */
export const MICROS_PER_DOLLAR = 1_000_000;

export interface PriceTable {
  /**
   * What a model without a row costs in micro-dollars; `refuse` lets no account with a balance or budget use it, and
   * records no price for the others.
   */
  readonly unknown: number | 'refuse';
  /** By `vendor/model/task`. */
  readonly models: Readonly<Record<string, ModelPrice>>;
}

interface ModelPrice {
  /** Price of one task in micro-dollars, or of one unit of `per`. */
  readonly micros: number;
  /** The parameter of the body whose number multiplies the price, such as `duration`. */
  readonly per?: string | undefined;
  /** Units of `per` where the body names none. @default 1 */
  readonly unitsDefault?: number | undefined;
  /** The first one whose parameters all are as in the body sets the price in place of `micros`. */
  readonly variants?: readonly PriceVariant[] | undefined;
}

interface PriceVariant {
  readonly when: Readonly<Record<string, string | number | boolean>>;
  readonly micros: number;
}

/** Without a file no price is known. */
export const noPrices: PriceTable = { unknown: 'refuse', models: {} };

/** The most that one task may cost: a billion dollars, so that a client's own number never leaves exact arithmetic. */
export const PRICE_MICROS_MAX = 1e15;

/**
 * @param body the submitted JSON object.
 * @returns whole micro-dollars; undefined where the table knows no price.
 */
export function priceOf(table: PriceTable, model: string, body: Readonly<Record<string, unknown>>): number | undefined {
  const price = Object.hasOwn(table.models, model) ? table.models[model] : undefined;
  if (!price) return table.unknown === 'refuse' ? undefined : table.unknown;
  const variant = price.variants?.find(({ when }) =>
    Object.entries(when).every(([name, value]) => isSame(body[name], value)),
  );
  const { micros } = variant ?? price;
  return price.per === undefined ? micros : inBounds(micros * unitsOf(body[price.per], price.unitsDefault ?? 1));
}

/** Clients send `5` or `"5"` for the same duration. */
function isSame(given: unknown, value: string | number | boolean): boolean {
  return (
    given === value || ((typeof given === 'number' || typeof given === 'string') && String(given) === String(value))
  );
}

/** A number that is none, or not above zero, would make a task free: it counts as if the body did not name it. */
function unitsOf(given: unknown, unitsDefault: number): number {
  const units = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  return typeof units === 'number' && Number.isFinite(units) && units > 0 ? units : unitsDefault;
}

/** Rounded up: a part of a micro-dollar is never given away. */
function inBounds(micros: number): number {
  return Math.min(PRICE_MICROS_MAX, Math.ceil(micros));
}
