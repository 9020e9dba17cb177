// What a person sees whose choice cannot be deployed: the CDK app run as `cdk` runs it, with a context that is wrong.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

function refusalOf(context: object): string[] {
  const { status, stderr } = spawnSync(process.execPath, ['bin/app.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context), NO_COLOR: '1' },
  });
  expect(status).toBe(1);
  return stderr.trimEnd().split('\n');
}

describe('a deployment that is refused', () => {
  it('names the choice and where it is explained, in three lines without a stack', () => {
    expect(refusalOf({ stage: 'a b' })).toEqual([
      'error: The context of this app has errors:',
      '  stage: may have letters, digits and hyphens, 40 at most',
      'docs/deploy.md describes each choice.',
    ]);
  });

  it('names a setting that is not sound as it names a choice', () => {
    const lines = refusalOf({ settings: '{"deadlineMs":-1}' });
    expect(lines[0]).toBe('error: These settings cannot be deployed:');
    expect(lines[1]).toMatch(/^ {2}.*deadlineMs/);
    expect(lines.filter((line) => /^\s+at |node:internal/.test(line))).toEqual([]);
  });
});
