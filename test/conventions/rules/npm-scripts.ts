// Every npm script belongs to a family, runs a file that is there, and has a line in CONTRIBUTING.md.
// The family shows what a script does before it is read: check reads files, test runs something and judges it,
// simulate plays seeded worlds, bench measures, docs writes a page, build and release make what is published.

import type { HouseRule } from '../house-rule.ts';

/** Names without a family, and families whose members are `family:member`. */
const singles = ['start', 'relay', 'synth', 'check', 'test', 'simulate', 'chaos'];
const families = ['check', 'test', 'simulate', 'bench', 'docs', 'build', 'release'];

function isOfFamily(name: string): boolean {
  return singles.includes(name) || (name.includes(':') && families.includes(name.split(':', 1)[0] ?? ''));
}

export const npmScripts: HouseRule = {
  name: 'npm-scripts',
  promise: 'every npm script belongs to a family, runs a file that exists and is explained in CONTRIBUTING',
  mend: `Name it family:member (${families.join(', ')}), correct its path, give it a line in CONTRIBUTING.md.`,
  find: (files) => {
    const manifest = files.find(({ path }) => path === 'package.json');
    const guide = files.find(({ path }) => path === 'CONTRIBUTING.md')?.text ?? '';
    if (!manifest) return [];
    const paths = new Set(files.map(({ path }) => path));
    const lineOf = (name: string) =>
      manifest.text.split('\n').findIndex((line) => line.trimStart().startsWith(`"${name}":`)) + 1;
    const { scripts = {} } = JSON.parse(manifest.text) as { scripts?: Record<string, string> };
    return Object.entries(scripts).flatMap(([name, command]) => [
      ...(isOfFamily(name) ? [] : [{ path: manifest.path, line: lineOf(name), message: `${name} is of no family` }]),
      ...(command.match(/(?<=\s)[\w./-]+\.(ts|js|cjs|mjs|sh|py)(?=\s|$)/g) ?? [])
        .filter((path) => !paths.has(path))
        .map((path) => ({
          path: manifest.path,
          line: lineOf(name),
          message: `${name} runs ${path}, which is not there`,
        })),
      ...(new RegExp(`npm (run )?${name}(?![\\w:-])`).test(guide)
        ? []
        : [{ path: manifest.path, line: lineOf(name), message: `${name} is not explained in CONTRIBUTING.md` }]),
    ]);
  },
};
