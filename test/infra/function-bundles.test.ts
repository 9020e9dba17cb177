import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf } from '../../lib/bundling/bundle-folder.ts';
import { bundleFunctions } from '../../lib/bundling/function-bundles.ts';
import { RelayStack } from '../../lib/relay-stack.ts';

const functionsDir = join(import.meta.dirname, '..', '..', 'functions');
const stages = [
  ...readdirSync(functionsDir).filter((stage) => existsSync(join(functionsDir, stage, 'handler.ts'))),
  'simulator',
];
const outDir = mkdtempSync(join(tmpdir(), 'relay-functions-'));

function textOf(stage: string) {
  return readFileSync(join(outDir, stage, 'index.mjs'), 'utf8');
}

beforeAll(() => void bundleFunctions(outDir), 60_000);
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

describe.each(stages)('the bundle of %s', (stage) => {
  it('is one module with the handler that Lambda looks for, and starts without an environment', async () => {
    const bundle = (await import(pathToFileURL(join(bundleOf(outDir, stage), 'index.mjs')).href)) as object;
    expect(bundle).toMatchObject({ handler: expect.any(Function) });
  });

  it('requires nothing of Lambda but Node itself', () => {
    const imported = [...textOf(stage).matchAll(/\bfrom\s*"([\w@][\w@/.:-]*)"|\bimport\s*\(?"([\w@][\w@/.:-]*)"/g)];
    const names = imported.map(([, from, direct]) => from ?? direct ?? '');
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it('loads at a cold start only what it needs', () => {
    const text = textOf(stage);
    // Importing http from a module loads undici, see lib/bundling; the credential chain reads files that are not there.
    expect(text).not.toMatch(/from\s*"(node:)?https?"/);
    expect(text).not.toMatch(/AWS_CONTAINER_CREDENTIALS|sso_session|169\.254\.170\.2/);
    expect(text.length).toBeLessThan(451_000);
  });
});

describe('bundling', () => {
  it('keeps the map beside each bundle', () => {
    for (const stage of stages) expect(existsSync(join(outDir, stage, 'index.mjs.map'))).toBe(true);
  });

  it('is done once, however often it is requested', () => {
    const file = join(outDir, stages[0] ?? '', 'index.mjs');
    const before = statSync(file).mtimeMs;
    expect(bundleFunctions(outDir)).toBe(outDir);
    expect(statSync(file).mtimeMs).toBe(before);
  });

  it('leaves no half-written file behind', () => {
    const files = stages.flatMap((stage) => readdirSync(join(outDir, stage)));
    // The console's pages are beside its bundle.
    expect(new Set(files)).toEqual(new Set(['index.mjs', 'index.mjs.map', 'site.json']));
  });
});

describe('what is uploaded', () => {
  it('is the bundle without its map', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'relay-assets-'));
    const app = new App({ outdir, builtinCloudFormationValidation: false });
    writeFileSync(join(outDir, stages[0] ?? '', 'leftover.part'), 'half');
    new RelayStack(app, 'Relay', { bundlesDir: outDir });
    app.synth();
    const uploaded = readdirSync(outdir, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /^asset\..*\//.test(path),
    );
    rmSync(outdir, { recursive: true, force: true });
    expect(uploaded.length).toBeGreaterThanOrEqual(stages.length - 1);
    expect(uploaded.filter((path) => !/\/(index\.mjs|site\.json)$/.test(path))).toEqual([]);
  });
});
