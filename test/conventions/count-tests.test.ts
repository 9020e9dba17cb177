import { describe, expect, it } from 'vitest';
import { countTests, type TestReport } from './count-tests.ts';

function file(...statuses: string[]) {
  return {
    status: statuses.includes('failed') ? 'failed' : 'passed',
    assertionResults: statuses.map((status) => ({ status })),
  };
}

function report(passed: number, failed: number, ...testResults: TestReport['testResults'][number][]): TestReport {
  return {
    numPassedTests: passed,
    numFailedTests: failed,
    testResults,
  };
}

describe('the count of a test run', () => {
  it('is what Vitest counted when all tests passed', () => {
    expect(countTests(report(2, 0, file('passed', 'passed')), 0)).toEqual({ passed: 2, failed: 0 });
  });

  it('has the failed tests of the report', () => {
    expect(countTests(report(1, 1, file('passed', 'failed')), 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const unloadable = { status: 'failed', assertionResults: [] };
    expect(countTests(report(1, 0, file('passed'), unloadable), 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('counts a run that died before its report as a failure', () => {
    expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1 });
  });

  it('fails when the run failed though every test passed', () => {
    expect(countTests(report(1, 0, file('passed')), 1)).toEqual({ passed: 1, failed: 1 });
  });
});
