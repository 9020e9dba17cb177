// What is known of a folder with ready bundles, wherever it came from: where a stage's lies, and what its handler is
// called. Making one is function-bundles.ts's; a packed relay brings its own (substitutes/packed-bundles.ts).
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The name that every bundle's handler has in Lambda: `handler` of `index.mjs`. */
export const BUNDLE_HANDLER = 'index.handler';

/**
 * The folder with one stage's bundle.
 * @throws Error when there is none, naming the folder.
 */
export function bundleOf(bundlesDir: string, stage: string): string {
  const folder = join(bundlesDir, stage);
  if (existsSync(join(folder, 'index.mjs'))) return folder;
  throw new Error(`no bundle for ${stage}: ${join(relative(process.cwd(), folder), 'index.mjs')} does not exist`);
}
