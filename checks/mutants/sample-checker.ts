// A plugin of Stryker that passes a share of the mutants, the same ones for the same seed. Stryker cannot sample; it
// asks a checker about each mutant before tests run, and refused mutants count in no score. Whether a mutant is drawn
// depends only on the mutant and the seed, so the order of files and processes does not matter.
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

/** True when this mutant is in the sample. */
export function isDrawn(mutant: Mutant, { share, seed }: MutantSample): boolean {
  const { fileName, location, mutatorName, replacement } = mutant;
  const { start, end } = location;
  const place = [start.line, start.column, end.line, end.column].join(':');
  // Absolute paths differ between clones.
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

/** Stryker finds the plugins of a module by this name. */
export const strykerPlugins = [declareFactoryPlugin(PluginKind.Checker, SAMPLE_CHECKER_NAME, makeSampleChecker)];
