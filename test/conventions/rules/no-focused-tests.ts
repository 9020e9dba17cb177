// Every test runs: none is skipped, postponed, expected to fail or run alone.
// A condition of the platform (`skipIf`, `runIf`) is allowed, it says itself why.

import type { HouseRule } from '../house-rule.ts';
import { child, isScript, nameOf, nodesOf, type SyntaxNode } from '../parsed-code.ts';

const suites = new Set(['describe', 'it', 'test', 'suite', 'bench']);
const modes = new Set(['only', 'skip', 'todo', 'fails']);
const prefixed = /^(f|x)(describe|it|test)$/;

export const noFocusedTests: HouseRule = {
  name: 'no-focused-tests',
  promise: 'no test is skipped, put off, expected to fail or run alone',
  mend: 'Mend the test or delete it. A platform that lacks something is `skipIf`, with the condition.',
  find: (files) =>
    files
      .filter(({ path }) => isScript(path) && /^(test|checks|bench)\//.test(path))
      .flatMap((file) =>
        [
          ...nodesOf(file, 'MemberExpression').filter(isFocused),
          ...nodesOf(file, 'CallExpression').filter((call) => prefixed.test(nameOf(child(call, 'callee')) ?? '')),
        ].map((node) => ({ path: file.path, line: node.loc.start.line, message: 'a test is left out or runs alone' })),
      ),
};

/** `it.only`, and also `it.concurrent.only`, `describe.skip.each`. */
function isFocused(member: SyntaxNode): boolean {
  if (!modes.has(nameOf(child(member, 'property')) ?? '')) return false;
  let root = child(member, 'object');
  while (root?.type === 'MemberExpression') root = child(root, 'object');
  return suites.has(nameOf(root) ?? '');
}
