// ESLint's rule `house/constant-names`: a constant at the top of a file shows by its name whether it is written down.
// CONSTANT_CASE promises a number, a text or a moment that is read off right there and can hold no state; everything
// else that a file keeps (objects, lists, patterns, what a call gave) is named like any other value.
// Bindings that are taken apart, and types, are not its business.

import type { Rule } from 'eslint';
import { child, children, nameOf } from './parsed-code.ts';
import type { SyntaxNode } from './parsed-code.ts';

const constantCase = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
const camelCase = /^[_$]?[a-z][A-Za-z0-9]*$/;
const pascalCase = /^[A-Z][A-Za-z0-9]*$/;

/** What gives a component or a class, which are named as such. */
const makesPascalCase = /^(createContext|memo|forwardRef)$/;
const arithmetic = /^(\+|-|\*|\/|%|\*\*)$/;
/** Objects of the language whose names look like constants'. */
const builtIn = /^(JSON|URL)$/;
const momentOf = /^(UTC|parse)$/;

export const constantNames: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      writtenDown: '`{{name}}` is a number or a text that is written down here: name it in CONSTANT_CASE.',
      worked: '`{{name}}` is not a number or a text written down here: name it in camelCase.',
    },
  },
  create(context) {
    return {
      Program(program) {
        for (const declarator of declaratorsAtTop(program as unknown as SyntaxNode)) {
          const name = nameOf(child(declarator, 'id'));
          const value = child(declarator, 'init');
          if (name === undefined || value === undefined) continue;
          const isWritten = isWrittenDown(value);
          if (isWritten ? constantCase.test(name) : camelCase.test(name) || isNamedLikeAType(name, value)) continue;
          context.report({
            node: child(declarator, 'id') as unknown as Rule.Node,
            messageId: isWritten ? 'writtenDown' : 'worked',
            data: { name },
          });
        }
      },
    };
  },
};

function declaratorsAtTop(program: SyntaxNode): SyntaxNode[] {
  return children(program, 'body')
    .map((statement) => (statement.type === 'ExportNamedDeclaration' ? child(statement, 'declaration') : statement))
    .filter((statement) => statement?.type === 'VariableDeclaration' && statement['kind'] === 'const')
    .flatMap((statement) => children(statement, 'declarations'));
}

function isWrittenDown(value: SyntaxNode | undefined): boolean {
  switch (value?.type) {
    case 'Literal':
      return ['number', 'string', 'bigint'].includes(typeof value['value']);
    case 'TemplateLiteral':
      return children(value, 'expressions').length === 0;
    case 'Identifier':
      return constantCase.test(String(value['name'])) && !builtIn.test(String(value['name']));
    case 'UnaryExpression':
      return value['operator'] === '-' && isWrittenDown(child(value, 'argument'));
    case 'BinaryExpression':
      return (
        arithmetic.test(String(value['operator'])) &&
        isWrittenDown(child(value, 'left')) &&
        isWrittenDown(child(value, 'right'))
      );
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return isWrittenDown(child(value, 'expression'));
    case 'CallExpression':
      return isMoment(child(value, 'callee')) && children(value, 'arguments').every(isWrittenDown);
    default:
      return false;
  }
}

/** `Date.UTC(2026, 0, 1)` and `Date.parse('2026-01-01')` are how a moment is written. */
function isMoment(callee: SyntaxNode | undefined): boolean {
  return nameOf(child(callee, 'object')) === 'Date' && momentOf.test(nameOf(child(callee, 'property')) ?? '');
}

function isNamedLikeAType(name: string, value: SyntaxNode): boolean {
  const isTypeLike = value.type === 'ClassExpression' || makesPascalCase.test(nameOf(child(value, 'callee')) ?? '');
  return isTypeLike && pascalCase.test(name);
}
