// Bundles every function in one run of esbuild, once per process and folder: the stack's code assets.
// Start-up time is what it is tuned for. What is deployed, which environment it gets
// and who may call it is the stage constructs' business.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { SITE_FILE } from '../../core/contract/site.ts';
import { consoleSite } from './console-site.ts';
import type { BuildOptions } from 'esbuild';

const projectRoot = join(import.meta.dirname, '..', '..');
const functionsDir = join(projectRoot, 'functions');
/** The one function that is no stage of the relay: what stands in for Get3W on one machine too. */
const simulatorHandler = join(projectRoot, 'simulator', 'lambda', 'handler.ts');
const substitutes = join(import.meta.dirname, 'substitutes');

/** Where bundles go when nobody says otherwise: `dist/functions`, one folder per stage. */
export const defaultBundlesDir = join(projectRoot, 'dist', 'functions');

const options: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  outExtension: { '.js': '.mjs' },
  minify: true,
  // The SDK's ES modules can be shaken, its CommonJS ones cannot: a third of the size.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  // Kept beside the bundle for whoever reads a stack trace, and left out of what is uploaded: Node would parse it at
  // each cold start. The sources themselves are in the repository.
  sourcemap: 'external',
  sourcesContent: false,
  // Both substitutes together take 30 of 85 ms off the start of dispatch, and 130 KB; each says itself how.
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
 * Later calls for the same folder do nothing: one synthesis asks once per stage.
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

/** Several processes may bundle into the same folder at once: each finds whole files only. */
function writeWhole(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const written = `${path}.${process.pid}.part`;
  writeFileSync(written, contents);
  renameSync(written, path);
}
