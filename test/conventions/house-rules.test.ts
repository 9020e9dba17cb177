import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowances } from './allowances.ts';
import type { Finding } from './house-rule.ts';
import { houseRules } from './house-rules.ts';
import { repositoryFiles, walkedPaths } from './repository-files.ts';

const root = join(import.meta.dirname, '..', '..');
const fixtures = join(import.meta.dirname, 'fixtures', 'house');

function readTree(folder: string) {
  return walkedPaths(folder).map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
}

function places(findings: readonly Finding[]) {
  return findings.map(({ path, line }) => `${path}:${line}`).sort();
}

describe('the house rules hold in this repository', () => {
  const files = repositoryFiles(root, ['test/conventions/fixtures/']);

  for (const rule of houseRules) {
    it(`keeps that ${rule.promise}`, () => {
      const broken = rule
        .find(files)
        .filter(({ path }) => !allowances.some((allowed) => allowed.rule === rule.name && allowed.path === path))
        .map(({ path, line, message }) => `${path}:${line} ${message}`);
      expect(broken, rule.mend).toEqual([]);
    });
  }

  it('has no allowance that nothing needs any more', () => {
    const unneeded = allowances.filter(({ rule: name, path }) => {
      const rule = houseRules.find((candidate) => candidate.name === name);
      return !rule?.find(files).some((finding) => finding.path === path);
    });
    expect(unneeded, 'take these out of allowances.ts').toEqual([]);
  });
});

describe('every house rule fires on its bad fixture and is silent on its good one', () => {
  for (const { name, find } of houseRules) {
    it(`finds what breaks ${name} and nothing else`, () => {
      const expected = readFileSync(join(fixtures, name, 'findings.txt'), 'utf8')
        .trim()
        .split('\n');
      expect(expected.length).toBeGreaterThan(0);
      expect(places(find(readTree(join(fixtures, name, 'bad'))))).toEqual(expected);
      expect(existsSync(join(fixtures, name, 'good'))).toBe(true);
      expect(places(find(readTree(join(fixtures, name, 'good'))))).toEqual([]);
    });
  }

  it('has no fixture for a rule that is gone', () => {
    expect(readdirSync(fixtures).sort()).toEqual(houseRules.map(({ name }) => name).sort());
  });
});
