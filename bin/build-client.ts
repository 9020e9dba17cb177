// `npm run build:client`: makes what users of packages/client run, in its dist/: ECMAScript modules for Node 20 and
// browsers, with their types. Publishing is the release workflow's, where it is wanted.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'packages', 'client');

/** @returns the folder that it fills. */
export function buildClient(): string {
  const outDir = join(folder, 'dist');
  rmSync(outDir, { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '--project', folder, '--noEmit', 'false', '--outDir', outDir], {
    stdio: 'inherit',
  });
  // tsc leaves the paths in declarations as they are, and no user has the files that they name.
  for (const name of readdirSync(outDir).filter((one) => one.endsWith('.d.ts'))) {
    const path = join(outDir, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
  }
  return outDir;
}

if (import.meta.main) buildClient();
