// Bundles every function, once per process and folder: the stack's code assets. They are tuned for start-up time.
// The constructs of the stages decide what is deployed, with which environment, and who may call it.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { buildSync } from 'esbuild';
import { SITE_FILE } from '../../core/contract/site.ts';
import { consoleSite } from './console-site.ts';
import type { BuildOptions, Metafile } from 'esbuild';

const projectRoot = join(import.meta.dirname, '..', '..');
const functionsDir = join(projectRoot, 'functions');
/** The one function that is not a stage of the relay: the simulator, which also plays Get3W on one machine. */
const simulatorHandler = join(projectRoot, 'simulator', 'lambda', 'handler.ts');
const substitutes = join(import.meta.dirname, 'substitutes');

/** Where bundles go by default: `dist/functions`, one folder per stage. */
const defaultBundlesDir = join(projectRoot, 'dist', 'functions');

const options: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  outExtension: { '.js': '.mjs' },
  chunkNames: '[name]-[hash]',
  minify: true,
  // esbuild can drop unused parts of the SDK's ES modules but not of its CommonJS ones: a third of the size.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  // Kept beside the bundle for reading stack traces, and not uploaded, because Node would parse it at each cold start.
  // The sources themselves are in the repository.
  sourcemap: 'external',
  sourcesContent: false,
  // The first two save 30 of 85 ms at the start of dispatch, and 130 KB; the header of each explains how.
  alias: {
    http: join(substitutes, 'node-http.cjs'),
    'node:http': join(substitutes, 'node-http.cjs'),
    https: join(substitutes, 'node-https.cjs'),
    'node:https': join(substitutes, 'node-https.cjs'),
    '@aws-sdk/credential-provider-node': join(substitutes, 'environment-credentials.ts'),
    '@smithy/core/event-streams': join(substitutes, 'event-streams.ts'),
  },
  logLevel: 'silent',
};

const bundled = new Set<string>();

/**
 * Stages whose rare calls are modules of their own, imported by a call of `import()`. Each takes a run of esbuild for
 * itself: one over all stages would put what they share into modules outside of the folders that are uploaded.
 */
const stagesInParts: ReadonlySet<string> = new Set(['api', 'keep']);

/**
 * Writes `<outDir>/<stage>/index.mjs`, and the modules it loads later, for each folder of functions/ that has a
 * handler.ts, the same for the simulator, and the console's files beside its bundle.
 * Later calls for the same folder do nothing: a synthesis calls it once per stage.
 * @returns outDir.
 * @throws Error with esbuild's own messages when a function does not compile.
 */
export function bundleFunctions(outDir = defaultBundlesDir): string {
  if (bundled.has(outDir)) return outDir;
  const stages = readdirSync(functionsDir)
    .map((stage) => ({ in: join(functionsDir, stage, 'handler.ts'), out: `${stage}/index` }))
    .filter((entry) => existsSync(entry.in));
  const entryPoints = [...stages, { in: simulatorHandler, out: 'simulator/index' }];
  const isInParts = ({ out }: { readonly out: string }): boolean => stagesInParts.has(dirname(out));
  writeBundles(
    outDir,
    entryPoints.filter((entry) => !isInParts(entry)),
  );
  for (const { in: handler, out } of entryPoints.filter(isInParts)) {
    writeBundles(join(outDir, dirname(out)), [{ in: handler, out: 'index' }], { splitting: true });
  }
  writeWhole(join(outDir, 'console', SITE_FILE), consoleSite());
  bundled.add(outDir);
  return outDir;
}

function writeBundles(folder: string, entryPoints: { in: string; out: string }[], more: BuildOptions = {}): void {
  const { outputFiles, metafile } = buildSync({
    ...options,
    ...more,
    absWorkingDir: projectRoot,
    entryPoints,
    outdir: folder,
    metafile: true,
    write: false,
  });
  const bundles = entryPoints.map(({ out }) => join(folder, dirname(out)));
  const loaded = new Set(entryPoints.flatMap(({ out }) => [...loadedFrom(join(folder, `${out}.mjs`), metafile)]));
  const files = outputFiles.filter(({ path }) => loaded.has(path.replace(/\.map$/, '')));
  for (const { path, contents } of files) writeWhole(path, contents);
  const written = new Set(files.map(({ path }) => path));
  for (const bundle of bundles) removeOtherModules(bundle, written);
}

/** The modules that a bundle can load at all: esbuild also writes those of an `import()` that it has dropped. */
function loadedFrom(path: string, metafile: Metafile, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(path)) return found;
  found.add(path);
  const { imports = [] } = metafile.outputs[relative(projectRoot, path)] ?? {};
  for (const imported of imports) {
    if (imported.external !== true) loadedFrom(join(projectRoot, imported.path), metafile, found);
  }
  return found;
}

/** A module's name has the hash of its content: without this an earlier one would stay, and be uploaded. */
function removeOtherModules(folder: string, written: ReadonlySet<string>): void {
  for (const name of readdirSync(folder).filter((name) => /\.mjs(\.map)?$/.test(name))) {
    if (!written.has(join(folder, name))) rmSync(join(folder, name), { force: true });
  }
}

/** Several processes may bundle into the same folder at once; none of them must read a half-written file. */
function writeWhole(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const written = `${path}.${process.pid}.part`;
  writeFileSync(written, contents);
  renameSync(written, path);
}
