import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatesOf, reportOf, runGate, type Gate } from './gates.ts';

const root = join(import.meta.dirname, '..', '..');

function gate(name: string, ...scripts: string[]): Gate {
  return {
    name,
    commands: scripts.map((script) => ['--eval', script]),
    mend: `mend ${name}.`,
  };
}

describe('npm run check', () => {
  it('runs format, lint, types and layers with the tools that are installed', () => {
    const gates = gatesOf(root);
    expect(gates.map(({ name }) => name)).toEqual(['format', 'lint', 'types', 'layers']);
    for (const { commands } of gates) {
      expect(commands.length).toBeGreaterThan(0);
      for (const [program = ''] of commands) expect(existsSync(join(root, program)), program).toBe(true);
    }
  });

  it('fails a gate when any of its commands fails, and runs the others all the same', async () => {
    const result = await runGate(gate('types', 'console.log("one"); process.exit(2)', 'console.error("two")'), root);
    expect(result).toMatchObject({ passed: false, output: 'one\ntwo\n' });
  });

  it('shows the output of what failed only, and says how to mend it', async () => {
    const results = await Promise.all([
      runGate(gate('format', 'console.log("all is well")'), root),
      runGate(gate('lint', 'console.log("line 3 is bad"); process.exit(1)'), root),
    ]);
    const report = reportOf(results);
    expect(report).toContain('line 3 is bad');
    expect(report).not.toContain('all is well');
    expect(report).toMatch(/ok +format +\d+\.\d s/);
    expect(report).toMatch(/FAILED +lint +\d+\.\d s/);
    expect(report).toContain('To mend lint: mend lint.');
    expect(report).not.toContain('mend format');
  });
});
