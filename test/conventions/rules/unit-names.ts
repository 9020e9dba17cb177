// Numbers that measure something say in what: delayMs, bodyBytesMax, retentionDays. The rule looks at what we
// declare (constants, fields of types, parameters) and not at options of other people's libraries, nor at
// fields of the wire, which are in snake_case.

import type { Finding, HouseRule, RepositoryFile } from '../house-rule.ts';
import { child, isScript, nameOf, nodesOf, type SyntaxNode } from '../parsed-code.ts';

const measured = new Set(
  'delay timeout duration elapsed interval ttl age size latency backoff wait lifetime retention grace'.split(' '),
);
const units = new Set(
  (
    'ms millis seconds second secs sec s minutes minute min mins hours hour days day bytes byte kb kib mb mib gb gib ' +
    'count items lines chars pixels px percent ratio share factor sigma per rate at code'
  ).split(' '),
);
const code = /^(bin|core|lib|functions|local|simulator|console|bench|checks|test)\//;

export const unitNames: HouseRule = {
  name: 'unit-names',
  promise: 'names of measured numbers say their unit',
  mend: 'Put the unit into the name: delayMs, bodyBytesMax, retentionDays.',
  find: (files) => files.filter(({ path }) => isScript(path) && code.test(path)).flatMap(unitFindings),
};

function unitFindings(file: RepositoryFile): Finding[] {
  const declared = nodesOf(file, 'TSPropertySignature', 'PropertyDefinition', 'VariableDeclarator', 'Identifier')
    .filter((node) => isNumber(node))
    .map((node) => ({ node, name: nameOf(child(node, 'key') ?? child(node, 'id') ?? node) ?? '' }))
    .filter(({ name }) => lacksUnit(name))
    .map(({ node, name }) => [`${node.loc.start.line} ${name}`, { line: node.loc.start.line, name }] as const);
  // `const delay: number = 5` is met twice, as a declaration and as a name with a type.
  return [...new Map(declared).values()].map(({ line, name }) => ({
    path: file.path,
    line,
    message: `${name} has no unit`,
  }));
}

/** Declared `: number`, or set to a literal number. */
function isNumber(node: SyntaxNode): boolean {
  const declared = child(child(node, 'typeAnnotation'), 'typeAnnotation')?.type === 'TSNumberKeyword';
  const value = child(node, 'init') ?? (node.type === 'PropertyDefinition' ? child(node, 'value') : undefined);
  return declared || typeof value?.['value'] === 'number';
}

function lacksUnit(name: string): boolean {
  // Wire names, and `size` alone: the number of entries, as in Map and Set.
  if (/^[a-z]+(_[a-z]+)+$/.test(name) || name === 'size') return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_]+/);
  return words.some((word) => measured.has(word)) && !words.some((word) => units.has(word));
}
