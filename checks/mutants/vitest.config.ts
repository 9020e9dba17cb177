// The tests that mutants are judged by: the quick ones over core and functions. A mutant that only a world or a running
// relay shows is the simulation's and the system tests' (test/simulation/mutants.ts). The check names the files of the
// area in the environment, because Stryker's processes read this file by themselves.
import { relative } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const named = env['MUTANT_TESTS']?.split(' ');

/** In the order that the area names them: a mutant is done with at the first test that fails, so slow files come last. */
class AreaSequencer extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => named?.indexOf(relative(root, moduleId)) ?? 0;
    return Promise.resolve([...files].sort((one, other) => place(one) - place(other)));
  }
}

export default defineConfig({
  test: {
    root,
    sequence: { sequencer: AreaSequencer },
    include: named ?? ['test/unit/{core,functions}/**/*.test.ts'],
    isolate: false,
    expect: { requireAssertions: true },
    unstubEnvs: true,
    unstubGlobals: true,
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
