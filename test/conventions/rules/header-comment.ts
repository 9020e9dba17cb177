// Every code file opens with two to six lines of comment: what it answers for and what it leaves to others.
// One line will do for the small pieces of the page and for what only tests and measurements use.
// Test files are left out, their titles say it; so are fixtures and declarations. Whether the lines are any
// good is for the reviewer.

import { houseLimits } from '../house-limits.ts';
import type { HouseRule, RepositoryFile } from '../house-rule.ts';

const code =
  /^(bin|core|lib|functions|local|simulator|console|bench|examples|checks|test)\/.*\.(ts|tsx|js|cjs|mjs|css|py)$/;
const noHeader = /\.test\.ts$|\.d\.ts$|^test\/.*fixtures\//;
/** Small pieces whose place in their folder already says what they leave to others. */
const onePiece = /^(test|checks|console|bench)\//;
const linesMax = houseLimits.headerLinesMax;

export const headerComment: HouseRule = {
  name: 'header-comment',
  promise: 'every code file opens with two to six lines on what it answers for',
  mend: 'Open the file with 2 to 6 comment lines: what it answers for, and what it leaves to which other file.',
  find: (files) =>
    files
      .filter(({ path }) => code.test(path) && !noHeader.test(path))
      .flatMap((file) => {
        const count = headerLines(file);
        const linesMin = onePiece.test(file.path) ? 1 : houseLimits.headerLinesMin;
        return count < linesMin || count > linesMax
          ? [{ path: file.path, line: 1, message: `opens with ${count} comment lines` }]
          : [];
      }),
};

/** Lines with words in them of the comment, or Python docstring, that the file opens with. */
function headerLines({ text }: RepositoryFile): number {
  const body = text.replace(/^#!.*\n/, '').trimStart();
  const block = /^\/\*([\s\S]*?)\*\/|^"""([\s\S]*?)"""/.exec(body);
  if (block) return withWords((block[1] ?? block[2] ?? '').split('\n'));
  const lines = body.split('\n');
  const end = lines.findIndex((line) => !/^(\/\/|#)/.test(line));
  return withWords(end < 0 ? lines : lines.slice(0, end));
}

function withWords(lines: readonly string[]): number {
  return lines.filter((line) => /[a-z]{2}/i.test(line)).length;
}
