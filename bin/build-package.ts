// `npm run build:package`: makes the package for other CDK apps, in dist/package: the constructs as JavaScript with
// their types, the functions bundled, and the command line in one file. Node runs no TypeScript below node_modules, and
// users should not need esbuild. `npm pack ./dist/package` makes the archive of it; the release workflow publishes it.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleFunctions } from '../lib/bundling/function-bundles.ts';
import type { Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outDir = join(root, 'dist', 'package');

/**
 * The oldest Node that construct and command line run on, and are tested on by `npm run test:package`. From 22.12 on a
 * package in CommonJS may require this one, and commander asks for it too.
 */
const MINIMUM_NODE = '22.12.0';
const target = `node${MINIMUM_NODE}`;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly repository: { readonly type: string; readonly url: string };
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** The package brings ready bundles. */
const packedBundles: Plugin = {
  name: 'packed-bundles',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/function-bundles\.ts$/ }, () => ({
      path: join(root, 'lib', 'bundling', 'substitutes', 'packed-bundles.ts'),
    })),
};

/** The help and advice of the command line must name it as its user calls it. */
const installedName: Plugin = {
  name: 'installed-name',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]cli[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('npm run --silent relay --', `npx ${manifest.name}`)
        .replaceAll('npm run relay --', `npx ${manifest.name}`),
      loader: 'ts',
    })),
};

function buildConstructs() {
  return build({
    absWorkingDir: root,
    entryPoints: ['lib/get3w-relay.ts', 'lib/relay-stack.ts'],
    outdir: join(outDir, 'lib'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target,
    external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
    plugins: [packedBundles],
    logLevel: 'warning',
  });
}

async function buildCommandLine(): Promise<void> {
  const outfile = join(outDir, 'cli', 'relay.js');
  await build({
    absWorkingDir: root,
    entryPoints: ['bin/relay.ts'],
    outfile,
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'esm',
    platform: 'node',
    target,
    // Some bundled packages are CommonJS and require modules of Node.
    banner: {
      js:
        '#!/usr/bin/env node\n' +
        "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    plugins: [installedName],
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
}

/** Declarations keep the paths of the sources; consumers resolve `.js` to them. */
function buildTypes(): void {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.package.json'], { cwd: root, stdio: 'inherit' });
  for (const name of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(outDir, name);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll(/((?:from |import\()['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'));
  }
}

function entry(name: string) {
  return { types: `./lib/${name}.d.ts`, default: `./lib/${name}.js` };
}

function writeManifest(): void {
  const { name, version, description, license, repository, devDependencies } = manifest;
  const peer = (dependency: string): string => devDependencies[dependency] ?? '*';
  const published = {
    ...{ name, version, description, license, type: 'module', engines: { node: `>=${MINIMUM_NODE}` } },
    ...(!repository.url.includes('OWNER') && { repository }),
    bin: { [name]: './cli/relay.js' },
    exports: { '.': entry('get3w-relay'), './relay-stack': entry('relay-stack'), './package.json': './package.json' },
    // `moduleResolution: node` reads these and ignores `exports`.
    main: './lib/get3w-relay.js',
    types: './lib/get3w-relay.d.ts',
    typesVersions: { '*': { 'relay-stack': ['./lib/relay-stack.d.ts'] } },
    peerDependencies: { 'aws-cdk-lib': peer('aws-cdk-lib'), constructs: peer('constructs') },
    publishConfig: { access: 'public', provenance: true },
  };
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
}

/** Copies the files that are for reading. */
function copyPages(): void {
  for (const file of ['LICENSE', 'CHANGELOG.md']) cpSync(join(root, file), join(outDir, file));
  cpSync(join(root, 'docs', 'package.md'), join(outDir, 'README.md'));
  cpSync(join(root, 'examples', 'cdk-app'), join(outDir, 'examples', 'cdk-app'), { recursive: true });
}

rmSync(outDir, { recursive: true, force: true });
// Source maps are for debugging the relay itself, and are larger than everything else.
cpSync(bundleFunctions(), join(outDir, 'bundles'), { recursive: true, filter: (path) => !/\.(map|part)$/.test(path) });
await Promise.all([buildConstructs(), buildCommandLine()]);
buildTypes();
writeManifest();
copyPages();
