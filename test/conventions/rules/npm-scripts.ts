// Every npm script runs a file that is there, and CONTRIBUTING.md says what it is for.
// A script nobody can find is a script nobody runs.

import type { HouseRule } from '../house-rule.ts';

export const npmScripts: HouseRule = {
  name: 'npm-scripts',
  promise: 'every npm script runs a file that exists and is explained in CONTRIBUTING',
  mend: 'Mend the path in package.json, and give the script a line in the table of CONTRIBUTING.md.',
  find: (files) => {
    const manifest = files.find(({ path }) => path === 'package.json');
    const guide = files.find(({ path }) => path === 'CONTRIBUTING.md')?.text ?? '';
    if (!manifest) return [];
    const paths = new Set(files.map(({ path }) => path));
    const lineOf = (name: string) =>
      manifest.text.split('\n').findIndex((line) => line.trimStart().startsWith(`"${name}":`)) + 1;
    const { scripts = {} } = JSON.parse(manifest.text) as { scripts?: Record<string, string> };
    return Object.entries(scripts).flatMap(([name, command]) => [
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
