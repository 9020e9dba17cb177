// What the comments of the settings' interfaces say, by path: the meaning, and from the tag @change when to choose another
// value. The interfaces in core/domain are the one place where settings are described; setting-tables.ts prints them.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

interface SettingComment {
  readonly meaning: string;
  /** Completes "change it ..."; empty where the interface does not say. */
  readonly change: string;
}

const domain = join(import.meta.dirname, '..', 'core', 'domain');

/** @returns the comment of each setting, of groups too; the policies of retry stand under `retry.*`. */
export function settingComments(): ReadonlyMap<string, SettingComment> {
  const interfaces = new Map(
    globSync('**/*.ts', { cwd: domain })
      .flatMap((name) => interfacesIn(join(domain, name)))
      .map((one) => [one.name.text, one]),
  );
  const comments = new Map<string, SettingComment>();
  collect({ of: interfaces.get('RelaySettings'), at: '', interfaces, comments });
  return comments;
}

function interfacesIn(path: string): readonly ts.InterfaceDeclaration[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  return file.statements.filter(ts.isInterfaceDeclaration);
}

interface Walk {
  readonly of: ts.InterfaceDeclaration | ts.TypeLiteralNode | undefined;
  /** Path of the group, with a dot at its end. */
  readonly at: string;
  readonly interfaces: ReadonlyMap<string, ts.InterfaceDeclaration>;
  readonly comments: Map<string, SettingComment>;
}

function collect({ of, at, interfaces, comments }: Walk): void {
  if (!of) return;
  const bases = ts.isInterfaceDeclaration(of) ? (of.heritageClauses ?? []).flatMap(({ types }) => types) : [];
  for (const base of bases) collect({ of: interfaces.get(base.expression.getText()), at, interfaces, comments });
  for (const member of of.members) {
    if (!ts.isPropertySignature(member) || !member.type) continue;
    const path = `${at}${member.name.getText()}`;
    comments.set(path, commentOf(member));
    const { group, isByKey } = groupOf(member.type, interfaces);
    collect({ of: group, at: isByKey ? `${path}.*.` : `${path}.`, interfaces, comments });
  }
}

/** The interface that a type stands for, also as the values of a record. */
function groupOf(
  type: ts.TypeNode,
  interfaces: Walk['interfaces'],
): { readonly group: Walk['of']; readonly isByKey: boolean } {
  if (ts.isTypeLiteralNode(type)) return { group: type, isByKey: false };
  const named = interfaces.get(type.getText());
  if (named) return { group: named, isByKey: false };
  const [, value = ''] = /Record<string, (\w+)>/.exec(type.getText()) ?? [];
  return { group: interfaces.get(value), isByKey: true };
}

function commentOf(member: ts.PropertySignature): SettingComment {
  const [block] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
  const change = block?.tags?.find(({ tagName }) => tagName.text === 'change');
  return { meaning: oneLine(block?.comment), change: oneLine(change?.comment) };
}

function oneLine(comment: ts.JSDoc['comment']): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replaceAll(/\s+/g, ' ').trim();
}
