// The layout of a folder with ready bundles: where a stage's bundle is, and the name of its handler.
// function-bundles.ts makes such a folder; a packed relay brings its own (substitutes/packed-bundles.ts).
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The name of every bundle's handler in Lambda: `handler` of `index.mjs`. */
export const BUNDLE_HANDLER = 'index.handler';

/**
 * The folder with one stage's bundle.
 * @throws Error that names the folder when there is no bundle in it.
 */
export function bundleOf(bundlesDir: string, stage: string): string {
  const folder = join(bundlesDir, stage);
  if (existsSync(join(folder, 'index.mjs'))) return folder;
  throw new Error(`no bundle for ${stage}: ${join(relative(process.cwd(), folder), 'index.mjs')} does not exist`);
}
