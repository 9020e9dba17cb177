// `npm run build:package`: makes what other CDK apps install, in dist/package: the constructs as JavaScript with their
// types, and the functions bundled. Node runs no TypeScript below node_modules, and no user should need esbuild.
// `npm pack ./dist/package` makes the archive of it; publishing is the release workflow's.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleFunctions } from '../lib/bundling/function-bundles.ts';
import type { Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outDir = join(root, 'dist', 'package');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** In the package the bundles are there already. */
const packedBundles: Plugin = {
  name: 'packed-bundles',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/function-bundles\.ts$/ }, () => ({
      path: join(root, 'lib', 'bundling', 'substitutes', 'packed-bundles.ts'),
    })),
};

const buildConstructs = () =>
  build({
    absWorkingDir: root,
    entryPoints: ['lib/get3w-relay.ts', 'lib/relay-stack.ts'],
    outdir: join(outDir, 'lib'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.11',
    external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
    plugins: [packedBundles],
    logLevel: 'warning',
  });

/** Declarations keep the paths of the sources; consumers resolve `.js` to them. */
const buildTypes = (): void => {
  execFileSync(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.package.json'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  for (const name of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(outDir, name);
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replaceAll(/((?:from |import\()['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'),
    );
  }
};

const entry = (name: string) => ({ types: `./lib/${name}.d.ts`, default: `./lib/${name}.js` });

const writeManifest = (): void => {
  const { name, version, description, license, devDependencies } = manifest;
  const peer = (dependency: string): string => devDependencies[dependency] ?? '*';
  const published = {
    ...{ name, version, description, license, type: 'module', engines: { node: '>=20.11' } },
    exports: { '.': entry('get3w-relay'), './relay-stack': entry('relay-stack'), './package.json': './package.json' },
    peerDependencies: { 'aws-cdk-lib': peer('aws-cdk-lib'), constructs: peer('constructs') },
    publishConfig: { access: 'public', provenance: true },
  };
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) cpSync(join(root, file), join(outDir, file));
};

rmSync(outDir, { recursive: true, force: true });
// Source maps are for whoever debugs the relay itself, and are larger than everything else.
cpSync(bundleFunctions(), join(outDir, 'bundles'), { recursive: true, filter: (path) => !/\.(map|part)$/.test(path) });
await buildConstructs();
buildTypes();
writeManifest();
