// Error codes are listed in the catalogue and nowhere else: retry, metrics, alarms, docs and simulator read it.
// The rule learns the task codes from the catalogue's own text. HTTP statuses are common language and
// not meant; tests and the simulator name codes because they are its counterpart.

import type { HouseRule, RepositoryFile } from '../house-rule.ts';
import { isScript, nodesOf, type SyntaxNode } from '../parsed-code.ts';

const CATALOGUE = 'core/domain/error-catalogue.ts';
const code = /^(bin|core|lib|functions|local|console)\//;

export const errorCodes: HouseRule = {
  name: 'error-codes',
  promise: 'task codes are written in the error catalogue only',
  mend: `Read it from ${CATALOGUE}. If it is a duration or a size, write it with a separator: 5_000.`,
  find: (files) => {
    const codes = taskCodes(files.find(({ path }) => path === CATALOGUE));
    return files
      .filter(({ path }) => isScript(path) && code.test(path) && path !== CATALOGUE)
      .flatMap((file) =>
        nodesOf(file, 'Literal', 'TemplateElement')
          .map((node) => ({ node, found: codeIn(rawOf(node), codes) }))
          .filter(({ found }) => found !== undefined)
          .map(({ node, found }) => ({
            path: file.path,
            line: node.loc.start.line,
            message: `writes ${found} itself`,
          })),
      );
  },
};

function taskCodes(file: RepositoryFile | undefined): Set<string> {
  return new Set(file?.text.match(/(?<![\w.])[1-9]\d{3}(?![\w.])/g));
}

/** A literal as it is written, separators and all; of a template the texts between its values. */
function rawOf(node: SyntaxNode): string {
  return node.type === 'Literal' ? (node['raw'] as string) : (node['value'] as { raw: string }).raw;
}

/** A literal that is the code, or a text that contains it as a word: '5003', 'task-5003'. */
function codeIn(raw: string, codes: ReadonlySet<string>): string | undefined {
  return raw.match(/(?<![\w.])\d{4}(?![\w.])/g)?.find((digits) => codes.has(digits));
}
