// Every export is imported by another file, so that what a file shows is what others use and a rename or a change of a
// value ends where the file ends. What tools load by name is excepted below, each with who loads it; the packages'
// own faces too. An export that only a test imports counts as used.

import { posix } from 'node:path';
import type { Finding, HouseRule, RepositoryFile } from '../house-rule.ts';
import { child, children, isScript, nameOf, nodesOf, parseCode, type SyntaxNode } from '../parsed-code.ts';

/** Files whose exports something else than an import of ours uses. */
const loadedByOthers: readonly RegExp[] = [
  // Lambda calls the `handler` of these.
  /(^|\/)([\w-]+-)?handler\.ts$/,
  // Vite, Vitest, ESLint and dependency-cruiser read their own.
  /(^|\/)([\w.-]+\.)?config\.(ts|js)$|^\.dependency-cruiser\.cjs$/,
  // Other CDK apps import these from the package.
  /^lib\/(get3w-relay|relay-stack)\.ts$/,
  // esbuild puts them in the place of a package's own modules.
  /^lib\/bundling\/substitutes\//,
  // Stryker loads its plugin by the name of an export.
  /^checks\/mutants\/sample-checker\.ts$/,
  // Its test imports it as a whole, by a path that is put together there.
  /^bin\/run\.mjs$/,
  // Users of the packages import what these export.
  /^packages\/[^/]+\/source\//,
  // Readers copy these into programs of their own.
  /^examples\//,
];

interface Exported {
  readonly name: string;
  readonly line: number;
}

export const unusedExports: HouseRule = {
  name: 'unused-exports',
  promise: 'what a file exports, another file imports',
  mend: 'Take the `export` away, and the code too if its own file does not use it.',
  find: (files) => {
    const scripts = files.filter(({ path }) => isScript(path));
    const used = new Set(scripts.flatMap(importsOf));
    return scripts
      .filter(({ path }) => !loadedByOthers.some((pattern) => pattern.test(path)))
      .flatMap((file) =>
        exportsOf(file)
          .filter(({ name }) => !used.has(`${file.path}#${name}`) && !used.has(`${file.path}#*`))
          .map(({ name, line }): Finding => ({ path: file.path, line, message: `nothing imports ${name}` })),
      );
  },
};

function exportsOf(file: RepositoryFile): Exported[] {
  return children(parseCode(file).program, 'body').flatMap((statement): Exported[] => {
    const line = statement.loc.start.line;
    if (statement.type === 'ExportDefaultDeclaration') return [{ name: 'default', line }];
    if (statement.type !== 'ExportNamedDeclaration') return [];
    const declaration = child(statement, 'declaration');
    const names = [child(declaration, 'id'), ...children(declaration, 'declarations').map((one) => child(one, 'id'))];
    for (const specifier of children(statement, 'specifiers')) names.push(child(specifier, 'exported'));
    return names.map(nameOf).flatMap((name) => (name === undefined ? [] : [{ name, line }]));
  });
}

/** What a file imports of others, as `path#name`; `path#*` where it takes a module as a whole. */
function importsOf(file: RepositoryFile): string[] {
  const target = (node: SyntaxNode) => {
    const source = child(node, 'source') ?? child(node, 'argument');
    const text = (source?.type === 'TSLiteralType' ? child(source, 'literal') : source)?.['value'];
    return typeof text === 'string' && text.startsWith('.') ? posix.join(posix.dirname(file.path), text) : undefined;
  };
  const wanted = [
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
  ];
  return nodesOf(file, ...wanted).flatMap((node) => {
    const path = target(node);
    if (path === undefined) return [];
    if (!/^(Import|ExportNamed)Declaration$/.test(node.type)) return [`${path}#*`];
    return children(node, 'specifiers').map((specifier) => {
      if (specifier.type === 'ImportNamespaceSpecifier') return `${path}#*`;
      if (specifier.type === 'ImportDefaultSpecifier') return `${path}#default`;
      return `${path}#${nameOf(child(specifier, 'imported') ?? child(specifier, 'local'))}`;
    });
  });
}
