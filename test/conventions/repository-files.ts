// Reads the repository as the house rules see it: every file that git tracks or would track.
// Fixtures are left out, they are bad on purpose; so is the lock file's text for all rules but its own.
// Without git (an unpacked archive) it walks the folders and leaves out what .gitignore names.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { RepositoryFile } from './house-rule.ts';

const binary = /\.(png|jpg|jpeg|gif|ico|webp|woff2?|zip|gz|pdf)$/;
const unpublished = /^(\.git|node_modules|dist|cdk\.out|\.relay|\.venv|coverage|\.cache)$/;

/** @returns every file under `root` but those below a path in `except`, sorted by path. */
export function repositoryFiles(root: string, except: readonly string[] = []): RepositoryFile[] {
  const paths = existsSync(join(root, '.git')) ? trackedPaths(root) : walkedPaths(root);
  return paths
    .filter((path) => !except.some((folder) => path.startsWith(folder)))
    .sort()
    .map((path) => ({ path, text: binary.test(path) ? '' : readFileSync(join(root, path), 'utf8') }));
}

/** New files count before they are committed; files deleted but not yet committed do not. */
function trackedPaths(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = new Set(listed.split('\0').filter((path) => path !== ''));
  return [...paths].filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile());
}

export function walkedPaths(root: string): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => unpublished.test(part)));
}
