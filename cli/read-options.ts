// Reads the value of an option; the error for a wrong value names the allowed ones.
// Commander puts the option's name before the text of these errors.
import { InvalidArgumentError } from 'commander';
import { boundsText, DOLLAR_DIGITS_MAX } from '../core/domain/account-bounds.ts';
import { MICROS_PER_DOLLAR } from '../core/domain/money/price-table.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/domain/time-ms.ts';
import type { Bounds } from '../core/domain/account-bounds.ts';

/** A whole number within bounds. */
export function readWholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number, ${boundsText({ min, max })}.`);
  };
}

/** The same, or `none`, which removes a limit. (Commander would turn a null into an empty text.) */
export function readWholeNumberOrNone({ min, max }: Bounds) {
  return (text: string): number | 'none' => (text === 'none' ? text : readWholeNumber(min, max)(text));
}

const dollars = new RegExp(`^(\\d{1,${DOLLAR_DIGITS_MAX}})(?:\\.(\\d{1,6}))?$`);

/** Dollars with up to six decimals; returns micro-dollars. */
export function readDollars(text: string): number {
  const [, whole = '', part = ''] = dollars.exec(text) ?? [];
  if (whole === '') throw new InvalidArgumentError('It must be dollars with up to six decimals, such as 12.50.');
  return Number(whole) * MICROS_PER_DOLLAR + Number(part.padEnd(6, '0'));
}

/** The same, or `none`. */
export function readDollarsOrNone(text: string): number | 'none' {
  return text === 'none' ? text : readDollars(text);
}

/** A reader that takes certain words, which the shell can complete. */
type WordReader<Value> = ((text: string) => Value) & { readonly words: readonly string[] };

export function oneOf<Word extends string>(words: readonly Word[]): WordReader<Word> {
  const read = (text: string): Word => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
  };
  return Object.assign(read, { words });
}

/** Several of them, separated by commas. */
export function someOf<Word extends string>(words: readonly Word[]): WordReader<readonly Word[]> {
  const read = (text: string): readonly Word[] => text.split(',').map((part) => oneOf(words)(part.trim()));
  return Object.assign(read, { words });
}

/** The words that the reader of an option takes; undefined for one that takes other texts. */
export function wordsOf(reader: unknown): readonly string[] | undefined {
  return typeof reader === 'function' && 'words' in reader ? (reader as WordReader<unknown>).words : undefined;
}

/** `30s`, `10m`, `2h`, `90d`, or a bare number of seconds; returns milliseconds. */
export function duration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+)(s|m|h|d)?$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('It must be a time such as 30s, 10m, 2h or 90d.');
  const unitMs = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }[unit as 's' | 'm' | 'h' | 'd'];
  return Number(amount) * unitMs;
}
