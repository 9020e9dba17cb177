// Long files explain themselves: above 60 lines at least one line in fifty is a comment.
// The aim is about one in six; the rule is the floor, so that it never asks for noise. The page's markup is left out:
// what it says stands in it.

import { houseLimits } from '../house-limits.ts';
import type { HouseRule } from '../house-rule.ts';
import { isScript, isTestFile, parseCode } from '../parsed-code.ts';

const code = /^(bin|core|lib|functions|local|simulator|bench|examples|checks|test\/(support|conventions))\//;
const { shortFileLines, linesPerComment } = houseLimits;

export const commentShare: HouseRule = {
  name: 'comment-share',
  promise: 'files above 60 lines have a comment line in fifty',
  mend: 'Say why: the invariant that holds, the AWS rule behind it, what breaks otherwise. Not what the line does.',
  find: (files) =>
    files
      .filter(({ path }) => isScript(path) && code.test(path) && !isTestFile(path))
      .flatMap((file) => {
        const lines = file.text.split('\n').filter((line) => line.trim() !== '').length;
        const commented = new Set(
          parseCode(file).comments.flatMap(({ startLine, endLine }) =>
            Array.from({ length: endLine - startLine + 1 }, (_, index) => startLine + index),
          ),
        ).size;
        return lines > shortFileLines && commented * linesPerComment < lines
          ? [{ path: file.path, line: 1, message: `${commented} comment lines in ${lines}` }]
          : [];
      }),
};
