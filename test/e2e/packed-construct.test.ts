// The relay as other CDK apps get it: packed, installed into an empty project, synthesised there, its props typed, its
// command line called. On the Node of the tests, or on the one that PACKAGE_NODE names: `npm run test:package` runs this
// on the oldest that the package declares.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let project: string;

const nodePath = process.env['PACKAGE_NODE'] ?? process.execPath;

function node(...args: readonly string[]): string {
  return execFileSync(nodePath, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What the compiler prints. */
function typeErrors(tsc: string, ...args: readonly string[]): string {
  return spawnSync(process.execPath, [tsc, ...args], { cwd: project, encoding: 'utf8' }).stdout;
}

function installed(...path: readonly string[]): string {
  return join(project, 'node_modules', 'get3w-relay', ...path);
}

interface PackedManifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

function manifest(): PackedManifest {
  return JSON.parse(readFileSync(installed('package.json'), 'utf8')) as PackedManifest;
}

function npm(cwd: string, ...args: readonly string[]): void {
  return void execFileSync('npm', [...args, '--loglevel=error'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(() => {
  execFileSync(process.execPath, ['bin/build-package.ts'], { cwd: root });
  project = mkdtempSync(join(tmpdir(), 'relay-packed-'));
  writeFileSync(join(project, 'package.json'), '{ "name": "an-app", "type": "module", "private": true }');
  npm(project, 'pack', join(root, 'dist', 'package'));
  const archive = readdirSync(project).find((name) => name.endsWith('.tgz')) ?? 'no archive';
  // The peers are what the app has anyway: here ours, so that nothing is fetched.
  npm(project, 'install', `./${archive}`, '--offline', '--legacy-peer-deps', '--ignore-scripts', '--no-audit');
  for (const peer of ['aws-cdk-lib', 'constructs', '@types']) {
    symlinkSync(join(root, 'node_modules', peer), join(project, 'node_modules', peer), 'dir');
  }
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed relay in another app', () => {
  it('contains no sources, no source maps and no dependency', () => {
    const files = readdirSync(installed(), { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /(?<!\.d)\.ts$|\.map$/.test(name))).toEqual([]);
    expect(manifest()).not.toHaveProperty('dependencies');
  });

  it('declares a Node that is not newer than the one it runs on here', () => {
    const oldest = manifest().engines.node.replace('>=', '').split('.').map(Number);
    const here = node('--version').slice(1).trim().split('.').map(Number);
    expect(oldest).toHaveLength(3);
    const difference = here.map((part, index) => part - (oldest[index] ?? 0)).find((part) => part !== 0) ?? 0;
    expect(difference, `${here.join('.')} is older than ${oldest.join('.')}`).toBeGreaterThanOrEqual(0);
  });

  it('has a README of its own whose links lead to files that are in it', () => {
    const text = readFileSync(installed('README.md'), 'utf8');
    expect(text).toContain('npx get3w-relay');
    const pages = ['README.md', 'CHANGELOG.md', 'examples/cdk-app/README.md'];
    const links = pages.flatMap((page) =>
      [...readFileSync(installed(page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to = '']) => to),
    );
    expect(links.filter((to) => !existsSync(installed(to)))).toEqual([]);
  });

  it('synthesises its own example', () => {
    cpSync(installed('examples', 'cdk-app', 'app.js'), join(project, 'example.js'));
    expect(() => node('example.js')).not.toThrow();
  }, 60_000);

  it('can be required by an app in CommonJS', () => {
    writeFileSync(
      join(project, 'app.cjs'),
      `const { App, Stack } = require('aws-cdk-lib');
       const { Get3WRelay } = require('get3w-relay');
       const { RelayStack } = require('get3w-relay/relay-stack');
       const relay = new Get3WRelay(new Stack(new App(), 'Mine'), 'Relay', { retainData: false });
       console.log(typeof relay.url, typeof RelayStack);`,
    );
    expect(node('app.cjs')).toBe('string function\n');
  }, 60_000);

  it('contains the command line, which prints its version and what is missing', () => {
    const command = join(project, 'node_modules', '.bin', 'get3w-relay');
    expect(node(command, '--version')).toBe(`${manifest().version}\n`);
    expect(node(command, 'accounts', 'list', '--help')).toContain('npx get3w-relay accounts list');
    const { status, stderr } = spawnSync(nodePath, [command, 'doctor'], { cwd: project, encoding: 'utf8' });
    expect([status, stderr]).toEqual([3, expect.stringContaining('No local relay is running')]);
  });

  it('synthesises beside other resources, with its functions as assets', () => {
    writeFileSync(
      join(project, 'app.js'),
      `import { App, Stack } from 'aws-cdk-lib';
       import { Queue } from 'aws-cdk-lib/aws-sqs';
       import { Get3WRelay } from 'get3w-relay';
       const app = new App({ outdir: 'out', analyticsReporting: false, builtinCloudFormationValidation: false });
       const stack = new Stack(app, 'Mine');
       new Queue(stack, 'Other');
       const one = new Get3WRelay(stack, 'Relay', { name: 'one', settings: { onDoubt: 'fail' }, retainData: false });
       const second = new Get3WRelay(stack, 'Second', { name: 'two', retainData: false, simulator: true });
       one.addOutputs();
       second.addOutputs({ prefix: 'Second' });
       if (one.url === '') throw new Error('no url');
       app.synth();`,
    );
    node('app.js');
    const template = JSON.parse(readFileSync(join(project, 'out', 'Mine.template.json'), 'utf8')) as {
      Resources: Record<string, { Type: string }>;
      Outputs: Record<string, unknown>;
    };
    expect(Object.keys(template.Outputs)).toEqual(
      expect.arrayContaining(['ApiUrl', 'SecondApiUrl', 'SecondSimulatorUrl']),
    );
    const types = Object.values(template.Resources).map(({ Type: type }) => type);
    expect(types.filter((type) => type === 'AWS::DynamoDB::Table')).toHaveLength(3);
    expect(types.filter((type) => type === 'AWS::Lambda::Function').length).toBeGreaterThanOrEqual(12);
    const assets = readdirSync(join(project, 'out')).filter((name) => name.startsWith('asset.'));
    expect(assets.length).toBeGreaterThanOrEqual(6);
    expect(assets.every((name) => existsSync(join(project, 'out', name, 'index.mjs')))).toBe(true);
  }, 60_000);

  it.each([
    ['nodenext', ['--module', 'nodenext']],
    ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ['node', ['--module', 'commonjs', '--moduleResolution', 'node', '--ignoreDeprecations', '6.0']],
  ])(
    'says before synthesis which prop is wrong, under moduleResolution %s',
    (_name, resolution) => {
      writeFileSync(
        join(project, 'typed.ts'),
        `import { App, Stack } from 'aws-cdk-lib';
       import { Get3WRelay } from 'get3w-relay';
       import { RelayStack } from 'get3w-relay/relay-stack';
       const stack = new Stack(new App(), 'Mine');
       new Get3WRelay(stack, 'Good', { stage: 'dev', settings: { gate: { limitMax: 20 } } });
       new RelayStack(new App(), 'AlsoGood', { alarmEmail: 'ops@example.com' });
       // @ts-expect-error a slip of the hand
       new Get3WRelay(stack, 'Bad', { maxConcurency: 4 });
       // @ts-expect-error no number
       new Get3WRelay(stack, 'Worse', { settings: { gate: { limitMax: 'many' } } });`,
      );
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--types', 'node'];
      expect(typeErrors(tsc, ...options, ...resolution, 'typed.ts')).toBe('');
    },
    60_000,
  );
});
