// Bundles every function in one run of esbuild, once per process and folder: the stack's code assets.
// They are tuned for start-up time. The constructs of the stages decide what is deployed, with which environment, and
// who may call it.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { SITE_FILE } from '../../core/contract/site.ts';
import { consoleSite } from './console-site.ts';
import type { BuildOptions } from 'esbuild';

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
  minify: true,
  // esbuild can drop unused parts of the SDK's ES modules but not of its CommonJS ones: a third of the size.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  // Kept beside the bundle for reading stack traces, and not uploaded, because Node would parse it at each cold start.
  // The sources themselves are in the repository.
  sourcemap: 'external',
  sourcesContent: false,
  // Both substitutes together save 30 of 85 ms at the start of dispatch, and 130 KB; the header of each explains how.
  alias: {
    http: join(substitutes, 'node-http.cjs'),
    'node:http': join(substitutes, 'node-http.cjs'),
    https: join(substitutes, 'node-https.cjs'),
    'node:https': join(substitutes, 'node-https.cjs'),
    '@aws-sdk/credential-provider-node': join(substitutes, 'environment-credentials.ts'),
  },
  logLevel: 'silent',
};

const bundled = new Set<string>();

/**
 * Writes `<outDir>/<stage>/index.mjs` for each folder of functions/ that has a handler.ts, the same for the simulator,
 * and the console's files beside its bundle.
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
  const { outputFiles } = buildSync({
    ...options,
    absWorkingDir: projectRoot,
    entryPoints,
    outdir: outDir,
    write: false,
  });
  for (const { path, contents } of outputFiles) writeWhole(path, contents);
  writeWhole(join(outDir, 'console', SITE_FILE), consoleSite());
  bundled.add(outDir);
  return outDir;
}

/** Several processes may bundle into the same folder at once; none of them must read a half-written file. */
function writeWhole(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const written = `${path}.${process.pid}.part`;
  writeFileSync(written, contents);
  renameSync(written, path);
}
