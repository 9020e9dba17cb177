// What `npm test` leaves out for the sake of time, other scripts run, and .ci/run and a release run each of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const leftOut = found(scripts['test'], /--project=!([\w-]+)/g);

function found(text = '', pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name).sort();
}

function projectsOf(names: readonly string[]): string[] {
  return names.flatMap((name) => found(scripts[name], /--project ([\w-]+)/g)).sort();
}

describe('the tests that `npm test` leaves out', () => {
  it('are all run by .ci/run', () => {
    const [listed] = found(readFileSync(join(root, '.ci', 'run'), 'utf8'), /^test_scripts=\((.+)\)$/gm);
    const names = listed?.split(' ') ?? [];
    expect(names).toContain('test');
    expect(leftOut.length).toBeGreaterThan(0);
    expect(projectsOf(names)).toEqual(leftOut);
  });

  it('are all run before a release', () => {
    const workflow = readFileSync(join(root, '.github', 'workflows', 'release.yml'), 'utf8');
    expect(projectsOf(found(workflow, /- run: npm run ([\w:]+)/g))).toEqual(leftOut);
  });

  it('are in the second run with the limits of AWS, where they call a relay over HTTP', () => {
    expect(projectsOf(['test:like-aws'])).toEqual(['measured', 'stories', 'system']);
  });
});
