// Nothing in the tree is half done: no marks for later. What is left to do is an issue, what falls short is
// said in the documentation, where those who are affected read it.

import { findLines, type HouseRule } from '../house-rule.ts';

const marks = ['TODO', 'FIXME', 'XXX', 'HACK', 'WIP'];
/** The rule's own file must name the marks; CONTRIBUTING may speak of them. */
const speaksOfThem = /^test\/conventions\/|^CONTRIBUTING\.md$/;
const mark = new RegExp(String.raw`(?<![\w$])(?:${marks.join('|')})(?![\w-])`);

export const noUnfinishedWork: HouseRule = {
  name: 'no-unfinished-work',
  promise: 'no file has a mark for work put off',
  mend: 'Do it now, or write an issue and take the mark out.',
  find: (files) =>
    files
      .filter(({ path }) => !speaksOfThem.test(path) && path !== 'package-lock.json')
      .flatMap((file) => findLines(file, mark, ([found]) => `has ${found}`)),
};
