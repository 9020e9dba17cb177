// The tests that judge mutants: the quick ones over core and functions. The simulation and the system tests cover
// mutants that only a world or a running relay shows (test/simulation/mutants.ts). The check passes the files of the
// area in the environment, because Stryker's own processes read this file.
import { relative } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const named = env['MUTANT_TESTS']?.split(' ');

/** Runs files in the order of the area: the first failing test decides about a mutant, so slow files come last. */
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
