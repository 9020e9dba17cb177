// How an account's use and money are written: short, with the limit beside what is used of it.
import { countWords } from '../parts/words.ts';

const MICROS_PER_DOLLAR = 1_000_000;

export function dollarWords(micros: number): string {
  return (micros / MICROS_PER_DOLLAR).toLocaleString('en', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: 4,
  });
}

/** `3 of 50`, `3`; a count that the relay does not keep is not known. */
export function usedWords(used: number | null, max: number | null): string {
  if (used === null) return 'not counted';
  return max === null ? countWords(used) : `${countWords(used)} of ${countWords(max)}`;
}
