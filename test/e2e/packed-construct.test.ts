// The relay as other CDK apps get it: packed, installed into an empty project, synthesised there, its props typed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let project: string;

/** Node 24 or an older one that a user may have: the package is plain JavaScript. */
const node = (...args: readonly string[]): string =>
  execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const npm = (cwd: string, ...args: readonly string[]): void =>
  void execFileSync('npm', [...args, '--loglevel=error'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });

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

describe('the packed relay in an app of its own', () => {
  it('brings neither sources nor source maps nor a dependency', () => {
    const files = readdirSync(join(project, 'node_modules', 'get3w-relay'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /(?<!\.d)\.ts$|\.map$/.test(name))).toEqual([]);
    const manifest = readFileSync(join(project, 'node_modules', 'get3w-relay', 'package.json'), 'utf8');
    expect(JSON.parse(manifest)).not.toHaveProperty('dependencies');
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

  it('says before synthesis which prop is wrong', () => {
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
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
    expect(() => node(tsc, ...options, '--types', 'node', 'typed.ts')).not.toThrow();
  }, 60_000);
});
