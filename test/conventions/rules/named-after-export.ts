// A file is named after its main export, so that a name seen in code leads to its file.
// The rule asks for one word in common, ends of words aside; entry points and a stage's fixed files are exempt.

import type { HouseRule, RepositoryFile } from '../house-rule.ts';
import { child, children, isScript, isTestFile, nameOf, parseCode, type SyntaxNode } from '../parsed-code.ts';

const code = /^(bin|cli|core|lib|functions|local|simulator|console|bench|checks|test)\//;
/** Files with a fixed name, and contract, http and ports, whose files are named after what their shapes describe. */
const fixedName = /(^|\/)((.*-)?handler|(.*-)?flow|(.*-)?ports|.*\.config)\.\w+$|^core\/(contract|http|ports)\//;
/** How much of a word must agree: `delivery` and `deliveries`, `retry` and `retries`. */
const STEM_LENGTH = 4;

export const namedAfterExport: HouseRule = {
  name: 'named-after-export',
  promise: 'a file is named after its main export',
  mend: 'Rename the file after its main export, or move the export to the file whose name it bears.',
  find: (files) =>
    files
      .filter(({ path }) => isScript(path) && code.test(path) && !isTestFile(path) && !fixedName.test(path))
      .flatMap((file) => {
        const names = exportedNames(file);
        return names.length > 0 && !names.some((name) => haveWordInCommon(name, baseName(file.path)))
          ? [{ path: file.path, line: 1, message: `exports ${names.slice(0, 3).join(', ')}` }]
          : [];
      }),
};

function baseName(path: string): string {
  return (path.split('/').at(-1) ?? path).split('.')[0] ?? path;
}

function stemsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_]/)
    .map((word) => word.slice(0, STEM_LENGTH));
}

function haveWordInCommon(one: string, other: string): boolean {
  const stems = new Set(stemsOf(one));
  return stemsOf(other).some((stem) => stems.has(stem));
}

/** Names a file exports itself; a default export without a name counts as the file's own. */
function exportedNames(file: RepositoryFile): string[] {
  return children(parseCode(file).program, 'body').flatMap((statement) => {
    if (statement.type === 'ExportDefaultDeclaration') {
      return [nameOf(child(child(statement, 'declaration'), 'id')) ?? baseName(file.path)];
    }
    if (statement.type !== 'ExportNamedDeclaration') return [];
    const declaration = child(statement, 'declaration');
    const declared: (SyntaxNode | undefined)[] = [child(declaration, 'id')];
    for (const declarator of children(declaration, 'declarations')) declared.push(child(declarator, 'id'));
    for (const specifier of children(statement, 'specifiers')) declared.push(child(specifier, 'exported'));
    return declared.map(nameOf).filter((name) => name !== undefined);
  });
}
