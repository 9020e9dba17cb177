// Reads and checks the price table of a deployment at synthesis: a file of its user's, or the table itself. What is
// wrong with it is said in one sentence, by its path; priceOf in core/domain/money gives the rows their meaning.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import * as z from 'zod';
import { PRICES_FILE } from '../core/contract/prices-file.ts';
import { noPrices, PRICE_MICROS_MAX } from '../core/domain/money/price-table.ts';
import { bundleOf } from './bundling/bundle-folder.ts';
import type { PriceTable } from '../core/domain/money/price-table.ts';

/** The path of a JSON file, seen from where the app runs, or the table itself. */
export type PricesSetting = string | Partial<PriceTable>;

const micros = z
  .int('must be whole micro-dollars: $0.04 is 40000')
  .min(0, 'must not be below zero')
  .max(PRICE_MICROS_MAX, `must be ${PRICE_MICROS_MAX} at most`);
const parameter = z.string().min(1);
const modelName = z.string().regex(/^[^\s/]+\/[^\s/]+\/[^\s/]+$/, 'must be written as vendor/model/task');

const variant = z.strictObject({
  when: z
    .record(parameter, z.union([z.string(), z.number(), z.boolean()]))
    .refine((when) => Object.keys(when).length > 0, 'must name a parameter'),
  micros,
});

const modelPrice = z
  .strictObject({
    micros,
    per: parameter.optional(),
    unitsDefault: z.number().gt(0).optional(),
    variants: z.array(variant).max(1_000).optional(),
  })
  .refine(({ per, unitsDefault }) => unitsDefault === undefined || per !== undefined, 'has unitsDefault without per');

const tableSchema = z.strictObject({
  unknown: z.union([micros, z.literal('refuse')], "must be whole micro-dollars or 'refuse'"),
  models: z.record(modelName, modelPrice),
});

/**
 * @returns the table with its defaults; undefined when the setting is absent.
 * @throws Error whose sentence names the file or setting, the row, and what is possible.
 */
export function resolvePrices(setting: PricesSetting | undefined): PriceTable | undefined {
  if (setting === undefined) return undefined;
  const source = typeof setting === 'string' ? setting : 'settings.prices';
  const given: unknown = typeof setting === 'string' ? readFile(setting) : setting;
  const merged = isRecord(given) ? { ...noPrices, ...given } : given;
  const result = tableSchema.safeParse(merged);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join(' → ');
  throw new Error(`The price table ${source} cannot be deployed: ${path ? `${path} ` : 'it '}${describe(issue)}.`);
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') return `has no ${issue.keys.join(', ')}`;
  if (issue?.code === 'invalid_key') return 'must be written as vendor/model/task';
  return issue?.message ?? 'is not a price table';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new Error(`The setting prices names the file ${path}, which cannot be read from ${process.cwd()}.`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Error(`The price table ${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** A folder with the bundle of one stage and the price table beside it; `bundlesDir` itself without a table. */
export function bundleWithPrices(bundlesDir: string, stage: string, prices: PriceTable | undefined): string {
  if (!prices) return bundlesDir;
  const folder = FileSystem.mkdtemp('relay-prices-');
  const own = join(folder, stage);
  mkdirSync(own);
  const bundle = bundleOf(bundlesDir, stage);
  const modules = readdirSync(bundle).filter((name) => name.endsWith('.mjs'));
  for (const name of modules) copyFileSync(join(bundle, name), join(own, name));
  writeFileSync(join(own, PRICES_FILE), JSON.stringify(prices));
  return folder;
}
