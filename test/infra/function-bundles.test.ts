import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metricMeanings } from '../../core/contract/metric-meanings.ts';
import { bundleOf } from '../../lib/bundling/bundle-folder.ts';
import { bundleFunctions } from '../../lib/bundling/function-bundles.ts';
import { RelayStack } from '../../lib/relay-stack.ts';

const functionsDir = join(import.meta.dirname, '..', '..', 'functions');
const stages = [
  ...readdirSync(functionsDir).filter((stage) => existsSync(join(functionsDir, stage, 'handler.ts'))),
  'simulator',
];
/** Node parses all of it at each cold start. */
const START_UP_BYTES_MAX = 400_000;
const outDir = mkdtempSync(join(tmpdir(), 'relay-functions-'));

function modulesOf(stage: string) {
  return readdirSync(join(outDir, stage)).filter((name) => name.endsWith('.mjs'));
}

function textOf(stage: string, name: string) {
  return readFileSync(join(outDir, stage, name), 'utf8');
}

/** index.mjs with all that Node loads before it runs: the modules it imports, and what they import. */
function startUpPath(stage: string, name = 'index.mjs', seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const imported = textOf(stage, name).matchAll(/\b(?:from|import)\s*"\.\/([\w.-]+\.mjs)"/g);
  for (const [, other = ''] of imported) startUpPath(stage, other, seen);
  return seen;
}

beforeAll(() => void bundleFunctions(outDir), 60_000);
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

describe.each(stages)('the bundle of %s', (stage) => {
  it('has a module with the handler that Lambda looks for, and starts without an environment', async () => {
    const bundle = (await import(pathToFileURL(join(bundleOf(outDir, stage), 'index.mjs')).href)) as object;
    expect(bundle).toMatchObject({ handler: expect.any(Function) });
  });

  it('requires nothing of Lambda but Node itself', () => {
    const text = modulesOf(stage)
      .map((name) => textOf(stage, name))
      .join('\n');
    // In brackets it is part of a message of the SDK.
    const imported = [...text.matchAll(/\bfrom\s*"([\w@][\w@/.:-]*)"|(?<!\[)\bimport\s*\(?"([\w@][\w@/.:-]*)"/g)];
    const names = imported.map(([, from, direct]) => from ?? direct ?? '');
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it('loads at a cold start only what it needs', () => {
    const text = [...startUpPath(stage)].map((name) => textOf(stage, name)).join('\n');
    // Importing http from a module loads undici, see lib/bundling; the credential chain reads files that are not there.
    expect(text).not.toMatch(/from\s*"(node:)?https?"/);
    expect(text).not.toMatch(/AWS_CONTAINER_CREDENTIALS|sso_session|169\.254\.170\.2/);
    expect(text).not.toContain(metricMeanings.SweepRuns);
    expect(text.length).toBeLessThan(START_UP_BYTES_MAX);
  });

  it('has beside it only modules that it can load', () => {
    const named = new Set(
      modulesOf(stage).flatMap((name) =>
        [...textOf(stage, name).matchAll(/"\.\/([\w.-]+\.mjs)"/g)].map(([, other]) => other),
      ),
    );
    expect(modulesOf(stage).filter((name) => name !== 'index.mjs' && !named.has(name))).toEqual([]);
  });
});

describe('the bundle of api', () => {
  it('loads the calls of operators and owners of endpoints with the first request for one', () => {
    const [name = ''] = modulesOf('api').filter((file) => file.startsWith('management-calls-'));
    expect(startUpPath('api')).not.toContain(name);
    expect(textOf('api', name)).toContain('managementCall');
  });
});

describe('bundling', () => {
  it('keeps the map beside each bundle', () => {
    const modules = stages.flatMap((stage) => modulesOf(stage).map((name) => join(outDir, stage, name)));
    expect(modules.filter((path) => !existsSync(`${path}.map`))).toEqual([]);
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
    expect(files.filter((name) => !/^[\w-]+\.mjs(\.map)?$/.test(name))).toEqual(['site.json']);
  });

  it('removes the modules of an earlier bundle, which would be uploaded with it', () => {
    const again = mkdtempSync(join(tmpdir(), 'relay-functions-again-'));
    mkdirSync(join(again, 'api'));
    writeFileSync(join(again, 'api', 'management-calls-EARLIER1.mjs'), '');
    bundleFunctions(again);
    const names = readdirSync(join(again, 'api'));
    rmSync(again, { recursive: true, force: true });
    expect(names.filter((name) => name.startsWith('management-calls-') && name.endsWith('.mjs'))).toHaveLength(1);
    expect(names).not.toContain('management-calls-EARLIER1.mjs');
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
    expect(uploaded.filter((path) => !/\/([\w-]+\.mjs|site\.json)$/.test(path))).toEqual([]);
  });
});
