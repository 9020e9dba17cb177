// Parses a code file once for all rules: its comments, its exports, and a walk over its syntax tree.
// The parser is typescript-eslint's, so that the rules see the same tree as ESLint.
// Which files count as code, and which of them as prose about code, is decided here too.

import tseslint from 'typescript-eslint';
import type { RepositoryFile } from './house-rule.ts';

/** A node of the tree, as loosely as the rules need it: names of fields are ESTree's. */
export interface SyntaxNode {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number } };
  readonly [field: string]: unknown;
}

interface Comment {
  readonly text: string;
  readonly startLine: number;
  readonly endLine: number;
}

interface ParsedCode {
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
}

interface RawComment {
  readonly value: string;
  readonly loc: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
}

/** typescript-eslint types its parser for ESLint's eyes only; this is what it takes and gives. */
const { parseForESLint } = tseslint.parser as unknown as {
  parseForESLint(text: string, options: object): { ast: SyntaxNode & { comments: readonly RawComment[] } };
};

const cache = new Map<string, ParsedCode>();

export function isScript(path: string): boolean {
  return /\.(ts|tsx|js|cjs|mjs)$/.test(path) && !path.endsWith('.d.ts');
}

/** Tests themselves, and suites that several test files run on different adapters. */
export function isTestFile(path: string): boolean {
  return /^test\/.*(\.test|-conformance)\.ts$/.test(path);
}

/** @throws SyntaxError of the parser, naming the file. */
export function parseCode({ path, text }: RepositoryFile): ParsedCode {
  const known = cache.get(text);
  if (known) return known;
  try {
    const { ast } = parseForESLint(text, {
      comment: true,
      loc: true,
      range: true,
      sourceType: path.endsWith('.cjs') ? 'commonjs' : 'module',
      ecmaFeatures: { jsx: path.endsWith('.tsx') },
    });
    const parsed = {
      program: ast,
      comments: ast.comments.map(({ value, loc }) => ({
        text: value,
        startLine: loc.start.line,
        endLine: loc.end.line,
      })),
    };
    cache.set(text, parsed);
    return parsed;
  } catch (cause) {
    throw new SyntaxError(`${path} cannot be parsed`, { cause });
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

/** Visits every node below `node`, itself first, parents before children. */
function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node);
  for (const [field, value] of Object.entries(node)) {
    if (field === 'parent' || field === 'comments' || field === 'tokens') continue;
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(child)) walk(child, visit);
  }
}

/** The nodes of some types in a file, in the order of the text. */
export function nodesOf(file: RepositoryFile, ...types: readonly string[]): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  walk(parseCode(file).program, (node) => {
    if (types.includes(node.type)) found.push(node);
  });
  return found;
}

/** The field of a node as a node, or undefined. */
export function child(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The field of a node as a list of nodes. */
export function children(node: SyntaxNode | undefined, field: string): SyntaxNode[] {
  const value = node?.[field];
  return Array.isArray(value) ? (value as unknown[]).filter(isNode) : [];
}

/** The name that an identifier, a plain key or a private name carries. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  return node?.type === 'Identifier' ? (node['name'] as string) : undefined;
}
