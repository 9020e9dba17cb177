// Links between documents lead somewhere: the file is there, and the heading when one is named.
// Links to the web are not followed, a test must not depend on the network. Code in the text is not a link.

import { posix } from 'node:path';
import type { Finding, HouseRule, RepositoryFile } from '../house-rule.ts';

export const markdownLinks: HouseRule = {
  name: 'markdown-links',
  promise: 'links between documents lead to files and headings that exist',
  mend: 'Mend the path or the heading. Headings are addressed as GitHub does: lower case, hyphens for blanks.',
  find: (files) => {
    const paths = new Set(files.map(({ path }) => path));
    const anchors = new Map(files.filter(isMarkdown).map((file) => [file.path, headingsOf(file)]));
    return files.filter(isMarkdown).flatMap((file) => brokenLinks(file, paths, anchors));
  },
};

function isMarkdown({ path }: RepositoryFile): boolean {
  return path.endsWith('.md');
}

/** The text with fenced and inline code blanked out, line for line. */
function withoutCode(text: string): string {
  return text
    .replace(/^ *(```+|~~~+)[\s\S]*?^ *\1/gm, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/`[^`\n]*`/g, (span) => ' '.repeat(span.length));
}

function brokenLinks(
  file: RepositoryFile,
  paths: ReadonlySet<string>,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): Finding[] {
  return withoutCode(file.text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^ {0,3}\[[^\]^]+\]:\s*(\S+)/g)]
        .map((match) => match[1] ?? match[2] ?? '')
        .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
        .map((target) => ({ target, fault: faultOf(file.path, target, paths, anchors) }))
        .filter(({ fault }) => fault !== undefined)
        .map(({ target, fault }) => ({ path: file.path, line: index + 1, message: `${target}: ${fault}` })),
    );
}

function faultOf(
  from: string,
  target: string,
  paths: ReadonlySet<string>,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  const [file = '', anchor] = decodeURIComponent(target).split('#');
  const path = file === '' ? from : posix.join(posix.dirname(from), file).replace(/\/$/, '');
  // GitHub shows a folder as a page, so a link to one is good.
  const isFolder = [...paths].some((known) => known.startsWith(`${path}/`)) || path === '.';
  if (!paths.has(path) && !isFolder) return 'there is no such file';
  const headings = anchors.get(path);
  return anchor !== undefined && headings && !headings.has(anchor) ? 'there is no such heading' : undefined;
}

/** Addresses of a document's headings as GitHub makes them, and of anchors written by hand. */
function headingsOf({ text }: RepositoryFile): Set<string> {
  const found = new Set<string>();
  const fenced = text.replace(/^ *(```+|~~~+)[\s\S]*?^ *\1/gm, '');
  for (const [, title = ''] of fenced.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let address = slug;
    // The second heading of a name is addressed as name-1, as GitHub does.
    for (let double = 1; found.has(address); double += 1) address = `${slug}-${double}`;
    found.add(address);
  }
  for (const [, name = ''] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(name);
  return found;
}
