// A Node of another version, from npm, kept under .cache: for checks that something runs on the oldest Node that it declares.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Path of the program; fetched once. */
export function fetchNode(version: string): string {
  const folder = join(root, '.cache', `node-${version}`);
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    // The package downloads nothing itself: its script installs the package of this platform, from npm too.
    const options = ['--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts=false'];
    execFileSync('npm', ['install', ...options, `node@${version}`], { cwd: folder, stdio: 'inherit' });
  }
  const printed = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
  if (printed !== `v${version}`) throw new Error(`node@${version} is ${printed}`);
  return path;
}
