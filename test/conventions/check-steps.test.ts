import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stepsOf, reportOf, runStep, type Step } from './check-steps.ts';

const root = join(import.meta.dirname, '..', '..');

function step(name: string, ...scripts: string[]): Step {
  return {
    name,
    commands: scripts.map((script) => ['--eval', script]),
    fix: `mend ${name}.`,
  };
}

describe('npm run check', () => {
  it('runs format, lint, types and layers with the tools that are installed', () => {
    const steps = stepsOf(root);
    expect(steps.map(({ name }) => name)).toEqual(['format', 'lint', 'types', 'layers']);
    for (const { commands } of steps) {
      expect(commands.length).toBeGreaterThan(0);
      for (const [program = ''] of commands) expect(existsSync(join(root, program)), program).toBe(true);
    }
  });

  it('fails a step when any of its commands fails, and runs the others all the same', async () => {
    const result = await runStep(step('types', 'console.log("one"); process.exit(2)', 'console.error("two")'), root);
    expect(result).toMatchObject({ passed: false, output: 'one\ntwo\n' });
  });

  it('shows only the output of what failed, and says how to fix it', async () => {
    const results = await Promise.all([
      runStep(step('format', 'console.log("all is well")'), root),
      runStep(step('lint', 'console.log("line 3 is bad"); process.exit(1)'), root),
    ]);
    const report = reportOf(results);
    expect(report).toContain('line 3 is bad');
    expect(report).not.toContain('all is well');
    expect(report).toMatch(/ok +format +\d+\.\d s/);
    expect(report).toMatch(/FAILED +lint +\d+\.\d s/);
    expect(report).toContain('To fix lint: mend lint.');
    expect(report).not.toContain('mend format');
  });
});
