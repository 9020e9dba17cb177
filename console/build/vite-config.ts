// How Vite builds the console: preact's JSX, every file with its hash in its name, nothing written to disk (site.json
// is what becomes of it, see build-site.ts), nothing inline, so that the strictest content policy holds.
import { join } from 'node:path';
import type { InlineConfig } from 'vite';

/** Files of this folder may be kept for good by caches: their names change with their content. */
export const HASHED_FOLDER = 'assets/';

export const consoleDir = join(import.meta.dirname, '..');

export const viteConfig: InlineConfig = {
  root: consoleDir,
  // Nobody else's configuration, wherever this is run from.
  configFile: false,
  envDir: false,
  publicDir: false,
  base: '/console/',
  logLevel: 'error',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    write: false,
    assetsDir: HASHED_FOLDER.slice(0, -1),
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2022',
    reportCompressedSize: false,
  },
};
