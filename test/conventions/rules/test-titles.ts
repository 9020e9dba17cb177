// Titles of tests are sentences about behaviour: read together they are the specification.
// The rule can only count words; whether it is the right sentence is for the reviewer.

import type { HouseRule } from '../house-rule.ts';
import { child, children, isTestFile, nameOf, nodesOf, type SyntaxNode } from '../parsed-code.ts';

const WORDS_MIN = 3;

export const testTitles: HouseRule = {
  name: 'test-titles',
  promise: 'the title of every test is a sentence about behaviour',
  mend: 'Say what happens when: "a doubled message is acknowledged and changes nothing".',
  find: (files) =>
    files
      .filter(({ path }) => isTestFile(path))
      .flatMap((file) =>
        nodesOf(file, 'CallExpression')
          .filter((call) => ['it', 'test'].includes(rootOf(child(call, 'callee')) ?? ''))
          .flatMap((call) => {
            const title = titleOf(children(call, 'arguments')[0]);
            return title !== undefined && wordsIn(title) < WORDS_MIN
              ? [{ path: file.path, line: call.loc.start.line, message: `"${title}" is no sentence` }]
              : [];
          }),
      ),
};

/** The name a call hangs on: `it` of `it(…)`, `it.each(…)(…)` and `it.concurrent(…)`. */
function rootOf(callee: SyntaxNode | undefined): string | undefined {
  let node = callee;
  while (node && node.type !== 'Identifier') {
    node = child(node, 'object') ?? child(node, 'callee') ?? child(node, 'tag');
  }
  return nameOf(node);
}

/** A literal title; a template counts each of its values as a word, a computed title is not judged. */
function titleOf(argument: SyntaxNode | undefined): string | undefined {
  if (argument?.type === 'Literal' && typeof argument['value'] === 'string') return argument['value'];
  if (argument?.type !== 'TemplateLiteral') return undefined;
  return children(argument, 'quasis')
    .map((quasi) => (quasi['value'] as { raw: string }).raw)
    .join(' … ');
}

function wordsIn(title: string): number {
  return title.split(/\s+/).filter((word) => word !== '').length;
}
