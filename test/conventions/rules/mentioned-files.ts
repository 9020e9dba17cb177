// A file that a comment or a document names is there, so that a reader who follows the name arrives.
// A name alone must be some file's name; one with folders must be the end of some file's path. `*` stands for any
// run of characters. Links are markdown-links's; what is written at run time (JSON, pages) is not in the tree.

import type { Finding, HouseRule, RepositoryFile } from '../house-rule.ts';
import { isScript, parseCode } from '../parsed-code.ts';

const fileName = /[\w.@/*<>-]*[\w*>-]\.(?:ts|tsx|mjs|cjs|js|css|py|md)\b(?![\w(/.-])/g;
/** Addresses on the web, whose paths end like files. */
const webAddress = /\bhttps?:\/\/\S+/g;
/** The history names files as they were. */
const history = /^CHANGELOG\.md$/;
/** What esbuild and bundles are called, and names in which a part is to be filled in. */
const madeOrPattern = /^index\.(mjs|js)$|NNNN|[<>]/;

export const mentionedFiles: HouseRule = {
  name: 'mentioned-files',
  promise: 'every file that a comment or a document names exists',
  mend: 'Name the file as it is called today, or say what it is without a name.',
  find: (files) => {
    const tree = new Tree(files.map(({ path }) => path));
    return files
      .filter(({ path }) => !history.test(path))
      .flatMap((file) =>
        proseOf(file).flatMap(({ line, text }) =>
          [...text.replace(webAddress, '').matchAll(fileName)]
            .map(([name]) => name.replace(/^(\.{0,2}\/)+/, ''))
            .filter((name) => !tree.has(name))
            .map((name): Finding => ({ path: file.path, line, message: `${name} does not exist` })),
        ),
      );
  },
};

interface Prose {
  readonly line: number;
  readonly text: string;
}

/** Lines that speak to a reader: all of a document, the comments of a program, of other code what looks like one. */
function proseOf(file: RepositoryFile): Prose[] {
  const numbered = (text: string, first: number) =>
    text.split('\n').map((line, index) => ({ line: first + index, text: line }));
  if (file.path.endsWith('.md')) return numbered(file.text, 1);
  if (isScript(file.path)) return parseCode(file).comments.flatMap(({ text, startLine }) => numbered(text, startLine));
  if (!/\.(css|py|ya?ml|sh|html)$|^\.ci\//.test(file.path)) return [];
  return numbered(file.text, 1).filter(({ text }) => /^\s*(#|\/?\*|<!--)|\s#\s/.test(text));
}

/** The paths of the repository, asked by their ends. */
class Tree {
  readonly #ends: Set<string>;

  constructor(paths: readonly string[]) {
    this.#ends = new Set(
      paths.flatMap((path) => {
        const parts = path.split('/');
        return parts.map((_, index) => parts.slice(index).join('/'));
      }),
    );
  }

  has(name: string): boolean {
    if (this.#ends.has(name) || madeOrPattern.test(name.split('/').at(-1) ?? '') || /[<>]/.test(name)) return true;
    if (!name.includes('*')) return false;
    const pattern = new RegExp(`^${name.split(/\*+/).map(RegExp.escape).join('.*')}$`);
    return [...this.#ends].some((end) => pattern.test(end));
  }
}
