import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IViolation } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';
import { markedFile } from './breaks-markers.ts';
import { findViolations, layerConfig, tellViolations } from './layers.ts';
import { walkedPaths } from './repository-files.ts';

const fixtures = join(import.meta.dirname, 'fixtures', 'layers');
const ruleNames = layerConfig.forbidden.map(({ name }) => name ?? 'unnamed');

describe('every layer rule fires on its bad fixture and on no other', () => {
  const paths = walkedPaths(fixtures).filter((path) => path.endsWith('.ts'));
  const expected = new Map(paths.map((path) => [path, markedFile(readFileSync(join(fixtures, path), 'utf8'))]));
  let violations: readonly IViolation[];
  let found: Map<string, string[]>;

  beforeAll(async () => {
    violations = await findViolations(fixtures, ['.']);
    found = brokenRules(violations, paths);
  });

  /** Rules by the file that breaks them. A cycle is reported once, and broken by each file on it. */
  function brokenRules(all: readonly IViolation[], files: readonly string[]): Map<string, string[]> {
    const broken = new Map(files.map((path) => [path, new Set<string>()]));
    for (const { rule, from, cycle } of all) {
      const culprits = cycle ? [from, ...cycle.map(({ name }) => name)] : [from];
      for (const culprit of culprits) broken.get(culprit)?.add(rule.name);
    }
    // Fixtures are leaves that nothing imports: being dead counts only where a fixture is about it.
    for (const [path, rules] of broken) if (!isAboutDeadModules(path)) rules.delete('no-dead-modules');
    return new Map([...broken].map(([path, rules]) => [path, [...rules].sort()]));
  }

  const isAboutDeadModules = (path: string) => /dead|never-run|relay-stack|api\/flow/.test(path);

  it('finds in each fixture just the rules that its first line names', () => {
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it('has a bad fixture for every rule that is configured', () => {
    const fired = new Set([...found.values()].flat());
    const unproven = ruleNames.filter((name) => !fired.has(name));
    expect(unproven, 'add a bad file for these to test/conventions/fixtures/layers').toEqual([]);
  });

  it('says for every rule where the import should go instead', () => {
    expect(layerConfig.forbidden.filter(({ comment = '' }) => comment.length < 30).map(({ name }) => name)).toEqual([]);
  });

  it('reports each broken rule once, with its reason and the imports that break it', () => {
    const text = tellViolations(violations);
    expect(text.match(/^domain-stands-alone: /gm)).toHaveLength(1);
    expect(text).toMatch(/imports-file-system\.ts → fs$/m);
    expect(text).toMatch(/cycle-one\.ts → core\/domain\/cycle-two\.ts/);
  });
});
