// `npm run test:mutants`: changes one thing at a time in the code of an area and demands that a quick test fails for
// it. Surviving mutants are printed with the code before and after; docs/testing.md has the figures and the reasons for
// those that are left. Further runs are quick: results of unchanged code and tests are read from .cache/mutants.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { Command, InvalidArgumentError } from 'commander';
import { isMutantAreaName, mutantAreas } from './mutant-areas.ts';
import { killedShare, mutantTable, unnoticedLines } from './mutant-table.ts';
import { SAMPLE_CHECKER_NAME } from './sample-checker.ts';
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import type { MutantAreaName } from './mutant-areas.ts';

interface Wanted {
  readonly area: readonly MutantAreaName[];
  readonly mutate?: readonly string[];
  readonly sample: number;
  readonly seed: number;
  readonly concurrency: number;
  readonly bar: number;
  readonly force: boolean;
}

const root = join(import.meta.dirname, '..', '..');
/** The areas that run by default, with figures in docs/testing.md. */
const judgedAreas: readonly MutantAreaName[] = ['address-rules', 'provider', 'decide', 'deliver', 'api'];
const areaNames = Object.keys(mutantAreas).join(', ');

function readArea(name: string, before: readonly MutantAreaName[] = []): readonly MutantAreaName[] {
  if (!isMutantAreaName(name)) throw new InvalidArgumentError(`the areas are ${areaNames}`);
  return [...before, name];
}

function readShare(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError('must be above 0 and at most 1');
  return share;
}

function readWhole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number');
  return value;
}

function readWanted(): Wanted {
  return new Command('test:mutants')
    .description('Change one thing at a time in the code and demand that a unit test fails for it.')
    .option('--area <name>', `what to change, can be given again: ${areaNames}`, readArea, [])
    .option('--mutate <pattern...>', 'files to change instead, also as file.ts:10-20')
    .option('--sample <share>', 'try this share of the mutants, 0.3 for three in ten', readShare, 1)
    .option('--seed <n>', 'which of them', readWhole, 1)
    .option('--concurrency <n>', 'processes that run tests', readWhole, 2)
    .option('--bar <percent>', 'fail below this share of killed mutants in an area', readWhole, 0)
    .option('--force', 'ignore the results of earlier runs', false)
    .parse()
    .opts<Wanted>();
}

/** Stryker's options; everything that it writes is below .cache. */
function strykerOptions(name: string, mutate: readonly string[], wanted: Wanted): PartialStrykerOptions {
  const { sample, seed } = wanted;
  const isSample = sample < 1;
  const known = isSample ? `${name}-${String(sample)}-${String(seed)}` : name;
  return {
    mutate: [...mutate],
    testRunner: 'vitest',
    vitest: { configFile: 'checks/mutants/vitest.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner', join(import.meta.dirname, 'sample-checker.ts')],
    checkers: isSample ? [SAMPLE_CHECKER_NAME] : [],
    sample: { share: sample, seed },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: `.cache/mutants/${known}.json`,
    force: wanted.force,
    concurrency: wanted.concurrency,
    // Long enough for a busy machine; an endless loop is found much earlier, by its number of iterations.
    timeoutMS: 15_000,
    dryRunTimeoutMinutes: 10,
    tempDirName: '.cache/mutants/sandbox',
    // Large, and not needed by quick tests.
    ignorePatterns: ['/dist', '/cdk.out', '/.relay', '/docs/images', '/console', '/test/infra', '/test/conventions'],
    reporters: ['progress-append-only'],
    clearTextReporter: { logTests: false },
    allowConsoleColors: false,
    cleanTempDir: 'always',
    disableTypeChecks: false,
    warnings: { unknownOptions: false, preprocessorErrors: true, unserializableOptions: true, slow: true },
  };
}

interface Run {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

async function checkRun({ name, mutate, tests }: Run, wanted: Wanted): Promise<boolean> {
  console.log(`\n${name}: ${mutate.join(' ')}`);
  // Inherited by the processes that run the tests; vitest.config.ts reads it.
  const named = tests.flatMap((pattern) => globSync(pattern, { cwd: root }).sort());
  process.env['MUTANT_TESTS'] = [...new Set(named)].join(' ');
  const mutants = await new Stryker(strykerOptions(name, mutate, wanted)).runMutationTest();
  const unnoticed = unnoticedLines(mutants, root);
  if (unnoticed.length > 0) console.log(`\nNo test noticed:\n${unnoticed.join('\n')}`);
  console.log(`\n${mutantTable(mutants, root)}`);
  const share = killedShare(mutants);
  const isEnough = share === undefined || share >= wanted.bar;
  if (!isEnough) console.log(`${name}: ${share.toFixed(1)} % killed, below the bar of ${String(wanted.bar)} %`);
  return isEnough;
}

function runsOf({ area, mutate }: Wanted): Run[] {
  const areas: readonly MutantAreaName[] = area.length > 0 ? area : judgedAreas;
  if (mutate) return [{ name: 'chosen', mutate, tests: areas.flatMap((name) => mutantAreas[name].tests) }];
  return areas.map((name) => ({ name, ...mutantAreas[name] }));
}

process.chdir(root);
const wanted = readWanted();
if (wanted.sample < 1) console.log(`A sample: ${String(wanted.sample)} of the mutants, seed ${String(wanted.seed)}.`);
for (const run of runsOf(wanted)) {
  if (!(await checkRun(run, wanted))) process.exitCode = 1;
}
