// Decisions are records, numbered in the order they were taken: NNNN-title.md.
// Numbers neither repeat nor skip, so that a decision can be cited by its number for good.

import type { Finding, HouseRule } from '../house-rule.ts';

const FOLDER = 'docs/decisions/';

export const decisionRecords: HouseRule = {
  name: 'decision-records',
  promise: 'decisions are numbered files with a title, none twice, none missing',
  mend: 'Name it docs/decisions/NNNN-title.md with the next number, and open it with a # heading.',
  find: (files) => {
    const records = files
      .filter(({ path }) => path.startsWith(FOLDER) && path !== `${FOLDER}README.md`)
      .sort((one, other) => (one.path < other.path ? -1 : 1));
    return records.flatMap(({ path, text }, index): Finding[] => {
      const named = /^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$/.exec(path.slice(FOLDER.length));
      if (!named) return [{ path, line: 1, message: 'is not named NNNN-title.md' }];
      const expected = String(index + 1).padStart(4, '0');
      if (named[1] !== expected) return [{ path, line: 1, message: `is number ${expected} in the row` }];
      return /^# \S/.test(text) ? [] : [{ path, line: 1, message: 'does not open with a heading' }];
    });
  },
};
