// No barrels: a file that only passes on what other files have.
// They hide who uses what, and one import of them loads, and bundles, everything behind them.

import type { HouseRule } from '../house-rule.ts';
import { child, children, isScript, parseCode } from '../parsed-code.ts';

export const noBarrels: HouseRule = {
  name: 'no-barrels',
  promise: 'no file only passes on what other files export',
  mend: 'Delete it and import from the files that have the things.',
  find: (files) =>
    files
      .filter(({ path }) => isScript(path))
      .flatMap((file) => {
        const statements = children(parseCode(file).program, 'body');
        const imported = new Set(
          statements
            .filter(({ type }) => type === 'ImportDeclaration')
            .flatMap((statement) => children(statement, 'specifiers'))
            .map((specifier) => child(specifier, 'local')?.['name']),
        );
        const passesOn = statements.filter(
          (statement) =>
            child(statement, 'source') !== undefined ||
            (statement.type === 'ExportNamedDeclaration' &&
              children(statement, 'specifiers').length > 0 &&
              children(statement, 'specifiers').every((specifier) =>
                imported.has(child(specifier, 'local')?.['name']),
              )),
        );
        const exportsSome = statements.some(({ type }) => /^Export/.test(type));
        return exportsSome && passesOn.length === statements.length
          ? [{ path: file.path, line: 1, message: 'only passes on what other files export' }]
          : [];
      }),
};
