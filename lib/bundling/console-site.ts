// Builds the web page for the console function's asset, or reuses the one built before from the same sources, because
// Vite takes a second that not every synthesis should cost. console/build does the build itself.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { HOUR_MS } from '../../core/domain/time-ms.ts';

const projectRoot = join(import.meta.dirname, '..', '..');
const script = join(projectRoot, 'console', 'build', 'build-site.ts');

/**
 * Everything that the page is built from: its sources, the shapes it shares with the functions, the runbook, its
 * libraries.
 */
const sources = [
  'console',
  join('core', 'contract'),
  join('core', 'http'),
  join('core', 'domain', 'error-catalogue.ts'),
  join('docs', 'runbook.md'),
  'package-lock.json',
];

/**
 * The site as JSON (see core/contract/site.ts), built when its sources have changed.
 * @param cacheDir where built sites are kept, by the hash of their sources.
 * @throws Error with what the build printed when the page does not compile.
 */
export function consoleSite(cacheDir = join(projectRoot, 'dist', 'console')): Buffer {
  const file = join(cacheDir, `site-${sourcesHash()}.json`);
  if (!existsSync(file)) {
    build(file);
    forgetOld(cacheDir);
  }
  return readFileSync(file);
}

const KEPT_MS = HOUR_MS;

/** Deletes sites of earlier sources, except those of the last hour, which another process may be about to read. */
function forgetOld(cacheDir: string): void {
  for (const name of readdirSync(cacheDir)) {
    const path = join(cacheDir, name);
    const modifiedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - modifiedAt > KEPT_MS) rmSync(path, { force: true });
  }
}

/** Runs in a process of its own, because Vite builds asynchronously and constructs cannot wait. */
function build(file: string): void {
  try {
    execFileSync(process.execPath, [script, file], { cwd: projectRoot, stdio: 'pipe' });
  } catch (cause) {
    const printed = String((cause as { stderr?: Buffer }).stderr ?? '').trim();
    throw new Error(`The console could not be built:\n${printed}`, { cause });
  }
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const path of sources.flatMap((source) => filesBelow(join(projectRoot, source)))) {
    hash.update(relative(projectRoot, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** Sorted, so that the order of the file system does not matter; empty for a path that does not exist. */
function filesBelow(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
