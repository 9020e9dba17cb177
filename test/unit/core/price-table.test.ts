// What a task costs by its user's table.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noPrices, PRICE_MICROS_MAX, priceOf } from '../../../core/domain/money/price-table.ts';
import { dollarText } from '../../../core/domain/money/shown-money.ts';
import type { PriceTable } from '../../../core/domain/money/price-table.ts';

const IMAGE = 'acme/sketch/text-to-image';
const FILM = 'acme/film/text-to-video';
const table: PriceTable = {
  unknown: 7,
  models: {
    [IMAGE]: {
      micros: 40_000,
      variants: [
        { when: { channel: 'official', resolution: '4k' }, micros: 160_000 },
        { when: { channel: 'official' }, micros: 80_000 },
      ],
    },
    [FILM]: {
      micros: 90_001,
      per: 'duration',
      unitsDefault: 5,
      variants: [{ when: { audio: true }, micros: 100_000 }],
    },
  },
};

describe('the price of a task', () => {
  it.each<[string, string, Record<string, unknown>, number]>([
    ['of its model', IMAGE, {}, 40_000],
    ['of the channel', IMAGE, { channel: 'official' }, 80_000],
    ['of channel and resolution together', IMAGE, { resolution: '4k', channel: 'official' }, 160_000],
    ['of its model where only a part of a variant fits', IMAGE, { resolution: '4k' }, 40_000],
    ['a second, times the duration', FILM, { duration: 8 }, 8 * 90_001],
    ['a second, where clients send the number as a text', FILM, { duration: '8' }, 8 * 90_001],
    ['a second of the variant', FILM, { duration: 8, audio: true }, 800_000],
    ['of the usual duration where the body has none', FILM, {}, 5 * 90_001],
    ['rounded up to a whole micro-dollar', FILM, { duration: 0.5 }, 45_001],
    ['of every unknown model', 'other/model/task', {}, 7],
    ['of an unknown model whose name an object has', 'constructor', {}, 7],
  ])('is the one %s', (_what, model, body, micros) => {
    expect(priceOf(table, model, body)).toBe(micros);
  });

  it('is unknown without a table', () => {
    expect(priceOf(noPrices, IMAGE, {})).toBeUndefined();
  });

  it('is a whole number from nothing up to its bound, whatever a client puts into the body', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (duration, audio) => {
        const micros = priceOf(table, FILM, { duration, audio }) ?? -1;
        expect(Number.isSafeInteger(micros) && micros > 0 && micros <= PRICE_MICROS_MAX).toBe(true);
      }),
    );
  });
});

describe('an amount', () => {
  it.each([
    [40_000, '$0.04'],
    [1_500_000, '$1.50'],
    [7, '$0.000007'],
    [-40_100, '-$0.0401'],
    [0, '$0.00'],
  ])('of %i micro-dollars reads %s', (micros, text) => {
    expect(dollarText(micros)).toBe(text);
  });
});
