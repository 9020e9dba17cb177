// A plugin of Stryker that lets a share of the mutants through, the same ones for the same seed. Stryker has no sample of
// its own; a checker is asked about each mutant before tests run, and what it refuses counts in no score.
// Whether a mutant is drawn hangs on itself and the seed alone, so the order of files and processes changes nothing.
import { createHash } from 'node:crypto';
import { CheckStatus } from '@stryker-mutator/api/check';
import { PluginKind, commonTokens, declareFactoryPlugin, tokens } from '@stryker-mutator/api/plugin';
import type { CheckResult, Checker } from '@stryker-mutator/api/check';
import type { Mutant, StrykerOptions } from '@stryker-mutator/api/core';
import type { Injector, PluginContext } from '@stryker-mutator/api/plugin';

export interface MutantSample {
  readonly share: number;
  readonly seed: number;
}

export const SAMPLE_CHECKER_NAME = 'sample';

/** Whether this mutant is one of the sample. */
export function isDrawn(mutant: Mutant, { share, seed }: MutantSample): boolean {
  const { fileName, location, mutatorName, replacement } = mutant;
  const { start, end } = location;
  const place = [start.line, start.column, end.line, end.column].join(':');
  // Absolute names differ from clone to clone.
  const file = fileName.slice(fileName.lastIndexOf('/') + 1);
  const digest = createHash('sha256').update([seed, file, place, mutatorName, replacement].join('|')).digest();
  return digest.readUInt32BE(0) / 2 ** 32 < share;
}

class SampleChecker implements Checker {
  readonly #sample: MutantSample;

  constructor(sample: MutantSample) {
    this.#sample = sample;
  }

  async init(): Promise<void> {
    await Promise.resolve();
  }

  check(mutants: Mutant[]): Promise<Record<string, CheckResult>> {
    const results = mutants.map((mutant): [string, CheckResult] => [
      mutant.id,
      isDrawn(mutant, this.#sample)
        ? { status: CheckStatus.Passed }
        : { status: CheckStatus.CompileError, reason: 'not in the sample' },
    ]);
    return Promise.resolve(Object.fromEntries(results));
  }
}

function makeSampleChecker(injector: Injector<PluginContext>): SampleChecker {
  const options = injector.resolve(commonTokens.options) as StrykerOptions & { readonly sample: MutantSample };
  return new SampleChecker(options.sample);
}
makeSampleChecker.inject = tokens(commonTokens.injector);

/** The name by which Stryker finds what a module brings. */
export const strykerPlugins = [declareFactoryPlugin(PluginKind.Checker, SAMPLE_CHECKER_NAME, makeSampleChecker)];
