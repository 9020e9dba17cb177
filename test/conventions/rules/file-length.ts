// No file of code above 400 lines, for the languages that ESLint's max-lines does not read.
// Generated files and documents are as long as they must be.

import { houseLimits } from '../house-limits.ts';
import type { HouseRule } from '../house-rule.ts';

const linesMax = houseLimits.fileLines;
const code = /\.(css|html|py|sh)$|^\.ci\//;

export const fileLength: HouseRule = {
  name: 'file-length',
  promise: 'style sheets, pages and scripts have 400 lines at most',
  mend: 'Split it by what its parts answer for.',
  find: (files) =>
    files
      .filter(({ path }) => code.test(path))
      .map(({ path, text }) => ({ path, count: text.trimEnd().split('\n').length }))
      .filter(({ count }) => count > linesMax)
      .map(({ path, count }) => ({ path, line: linesMax + 1, message: `has ${count} lines` })),
};
