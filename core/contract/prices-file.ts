// The file that the stack stores beside the bundle of the api function, and that the function reads its prices from.
// It is no variable of the environment, because Lambda allows 4 KB for all of them together.

/** Holds a PriceTable, checked at synthesis; absent where the deployment has no prices. */
export const PRICES_FILE = 'prices.json';
