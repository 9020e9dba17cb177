import { availableParallelism } from 'node:os';
import { BaseSequencer } from 'vitest/node';
import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';

const isDeployed = process.env['RELAY_TARGET'] !== undefined;

interface ProcessTests {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  readonly groupOrder: number;
  readonly testTimeout: number;
  /** How many files run at once. */
  readonly maxWorkers: number;
  /** Run before each file. */
  readonly setupFiles?: readonly string[];
}

/** Tests that hold ports, data folders and a browser run after the quick ones. */
function processes({ include, exclude = [], setupFiles = [], ...tests }: ProcessTests) {
  const { name, groupOrder, testTimeout, maxWorkers } = tests;
  return {
    test: {
      name,
      include: [...include],
      exclude: [...exclude],
      maxWorkers,
      setupFiles: [...setupFiles],
      testTimeout,
      hookTimeout: 60_000,
      teardownTimeout: 20_000,
      // Real processes on a busy machine: a second try tells a slow moment from a fault, and is shown in the report.
      retry: process.env['CI'] ? 1 : 0,
      sequence: { groupOrder },
    },
  };
}

/** Memory ports or servers in the same process, no module state: files may share one, and CDK is loaded once there. */
function quick(name: string) {
  return {
    test: { name, include: [`test/${name}/**/*.test.ts`], isolate: false, testTimeout: 20_000 },
  };
}

/** Files that take most of a minute and more, many waiting for alarms: at the end they would keep the processors idle. */
const longest = [
  '/stories/alarms.test.ts',
  '/e2e/console.test.ts',
  '/stories/kept-outputs.test.ts',
  '/simulation/rush-mutants.test.ts',
  '/simulation/load-mutants.test.ts',
  '/simulation/worlds.test.ts',
  '/system/webhooks.test.ts',
  '/system/tasks.test.ts',
];

/** Begins with the longest, each beside short ones. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => (longest.some((file) => moduleId.endsWith(file)) ? 0 : 1);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Measures how long calls take beside a greedy account: other files beside it would be measured too. */
const MEASURED_FILE = 'test/system/greedy-account.test.ts';
/**
 * Each file has a relay of its own, which waits most of the time; one that is deployed is everybody's. One more than
 * there are processors would make tests of time limits fail.
 */
const relaysAtOnce = isDeployed ? 1 : Math.max(2, availableParallelism() - 1);

/** Tests through HTTP alone, of this relay or of one that is deployed. */
const overHttp = {
  groupOrder: 2,
  // Against a deployed relay some states take until the next minute's sweep.
  testTimeout: isDeployed ? 180_000 : 60_000,
  maxWorkers: relaysAtOnce,
  setupFiles: ['test/support/checked-fetch.ts'],
};

/** Seeded worlds, in virtual time. */
const simulated = { testTimeout: 120_000, sequence: { groupOrder: 1 } };

/** Relays that were broken on purpose, each played until it is found. */
const BREAKAGES = 'test/simulation/**/*mutants.test.ts';

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // A test that asserts nothing cannot fail.
    expect: { requireAssertions: true },
    unstubEnvs: true,
    unstubGlobals: true,
    restoreMocks: true,
    // The default leaves a processor idle, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      quick('unit'),
      quick('contract'),
      quick('infra'),
      {
        test: {
          name: 'conventions',
          include: ['test/conventions/**/*.test.ts'],
          exclude: ['test/conventions/fixtures/**'],
          isolate: false,
          // The first rule parses every file, which takes a while on a busy machine.
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          ...simulated,
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          exclude: [BREAKAGES],
        },
      },
      { test: { ...simulated, name: 'breakages', include: [BREAKAGES] } },
      processes({ ...overHttp, name: 'system', include: ['test/system/**/*.test.ts'], exclude: [MEASURED_FILE] }),
      processes({ ...overHttp, name: 'stories', include: ['test/stories/**/*.test.ts'] }),
      processes({
        name: 'e2e',
        include: ['test/e2e/**/*.test.ts'],
        groupOrder: 2,
        testTimeout: 120_000,
        maxWorkers: relaysAtOnce,
      }),
      processes({ ...overHttp, name: 'measured', include: [MEASURED_FILE], groupOrder: 3, maxWorkers: 1 }),
    ],
  },
});
