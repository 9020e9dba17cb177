// The numbers of the house rules, in one place: eslint.config.js and rules/ enforce them, CONTRIBUTING.md states them,
// and the rule stated-limits holds the page to this file.

export const houseLimits = {
  fileLines: 400,
  testFileLines: 550,
  functionLines: 70,
  complexity: 12,
  /** comment-share: of what is longer than `shortFileLines`, a line in so many is a comment. */
  shortFileLines: 60,
  linesPerComment: 50,
  headerLinesMin: 2,
  headerLinesMax: 6,
} as const;
