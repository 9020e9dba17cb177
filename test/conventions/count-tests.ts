// Counts what a run of the tests came to, from Vitest's JSON report: `node count-tests.ts report.json exit-code`.
// Prints `passed failed`. A file that could not be loaded and a run that died count as failures, though no
// test of theirs is in the report; .ci/run adds its own steps and prints the last line.

import { readFileSync } from 'node:fs';

export interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * @param report what Vitest wrote, undefined when it wrote nothing
 * @param exitCode of the whole script, such as `npm test`, which checks first
 */
export function countTests(report: TestReport | undefined, exitCode: number): { passed: number; failed: number } {
  if (!report) return { passed: 0, failed: 1 };
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + unloadable;
  // An unhandled rejection fails a run in which every test passed.
  return { passed: report.numPassedTests, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
}

function readReport(path: string): TestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TestReport;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const [path = '', exitCode = '1'] = process.argv.slice(2);
  const { passed, failed } = countTests(readReport(path), Number(exitCode));
  console.log(`${passed} ${failed}`);
}
