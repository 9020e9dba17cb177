// The price table of a deployment: checked at synthesis, stored beside the api function, and read there.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledPrices } from '../../core/adapters/bundled-prices.ts';
import { noPrices } from '../../core/domain/money/price-table.ts';
import { bundleFunctions } from '../../lib/bundling/function-bundles.ts';
import { bundleWithPrices, resolvePrices } from '../../lib/price-table-file.ts';
import { resolveSettings } from '../../lib/relay-settings.ts';
import type { PricesSetting } from '../../lib/price-table-file.ts';

const MODEL = 'acme/sketch/text-to-image';

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'prices-')), 'prices.json');
  writeFileSync(path, text);
  return path;
}

describe('a price table', () => {
  it('is read from a file or given as it is, and refuses unknown models unless it says what they cost', () => {
    const models = { [MODEL]: { micros: 40_000 } };
    expect(resolvePrices(fileOf(JSON.stringify({ models })))).toEqual({ unknown: 'refuse', models });
    expect(resolvePrices({ unknown: 5, models })).toEqual({ unknown: 5, models });
    expect(resolvePrices(undefined)).toBeUndefined();
  });

  it('is no part of the settings in the environment, whose size is limited', () => {
    expect(resolveSettings({ prices: { models: {} } })).not.toHaveProperty('prices');
  });

  it.each<[string, PricesSetting, RegExp]>([
    [
      'a fraction',
      { models: { [MODEL]: { micros: 0.04 } } },
      /text-to-image → micros must be whole micro-dollars: \$0\.04 is 40000\.$/,
    ],
    ['a price below nothing', { models: { [MODEL]: { micros: -1 } } }, /must not be below zero/],
    [
      'a model that is no path',
      { models: { sketch: { micros: 1 } } },
      /sketch must be written as vendor\/model\/task\.$/,
    ],
    ['a row of another form', { models: { [MODEL]: { price: 1 } } } as unknown as PricesSetting, /micros/],
    ['units of nothing', { models: { [MODEL]: { micros: 1, unitsDefault: 2 } } }, /has unitsDefault without per/],
    [
      'a variant of nothing',
      { models: { [MODEL]: { micros: 1, variants: [{ when: {}, micros: 1 }] } } },
      /must name a parameter/,
    ],
    [
      'a rule that is none',
      { unknown: 'free' } as unknown as PricesSetting,
      /unknown must be whole micro-dollars or 'refuse'/,
    ],
    ['a field that is none', { currency: 'EUR' } as unknown as PricesSetting, /it has no currency/],
    [
      'a file that is not there',
      '/nowhere/prices.json',
      /^The setting prices names the file \/nowhere\/prices\.json, which cannot be read/,
    ],
    ['a file that is no JSON', fileOf('{'), /prices\.json is not JSON/],
  ])('with %s is refused in one sentence', (_what, setting, sentence) => {
    expect(() => resolvePrices(setting)).toThrow(sentence);
  });

  it('lies beside the bundle of the api function, where the function finds it', () => {
    const bundles = bundleFunctions();
    const table = { unknown: 5, models: { [MODEL]: { micros: 40_000 } } };
    const folder = join(bundleWithPrices(bundles, 'api', table), 'api');

    expect(bundledPrices(folder).table()).toEqual(table);
    expect(readFileSync(join(folder, 'index.mjs'))).toEqual(readFileSync(join(bundles, 'api', 'index.mjs')));
    expect(bundleWithPrices(bundles, 'api', undefined)).toBe(bundles);
    expect(bundledPrices(join(bundles, 'api')).table()).toEqual(noPrices);
  });
});
