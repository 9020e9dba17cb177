// How Vite builds the console: preact's JSX, a hash in every file name, nothing written to disk (build-site.ts makes
// site.json of the output), and nothing inline, so that the strictest content policy holds.
import { join } from 'node:path';
import type { InlineConfig } from 'vite';

/** Caches may keep files of this folder for good: their names change with their content. */
export const HASHED_FOLDER = 'assets/';

export const consoleDir = join(import.meta.dirname, '..');

export const viteConfig: InlineConfig = {
  root: consoleDir,
  // Ignores any configuration file in the folder that this runs from.
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
    rolldownOptions: { input: { index: join(consoleDir, 'index.html'), api: join(consoleDir, 'api.html') } },
  },
};
