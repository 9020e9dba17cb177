// `npm run test:package`: packs the construct and the command line, and tests both on the very Node that the package
// declares as its oldest, fetched from npm into .cache/. Newer ones are what everybody else runs it on.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNode } from '../../test/support/fetch-node.ts';

const root = join(import.meta.dirname, '..', '..');

execFileSync(process.execPath, ['bin/build-package.ts'], { cwd: root, stdio: 'inherit' });
const packed = JSON.parse(readFileSync(join(root, 'dist', 'package', 'package.json'), 'utf8')) as {
  engines: { node: string };
};
const oldest = packed.engines.node.replace('>=', '');
console.log(`The package declares Node ${oldest} as its oldest: testing on just that.`);
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'e2e', 'packed-construct'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PACKAGE_NODE: fetchNode(oldest) } },
);
process.exitCode = status ?? 1;
