// Reads the console's files, which are stored beside the function's bundle. Read once, at the first request: they are
// part of what was deployed and do not change while the function lives.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SITE_FILE } from '../contract/site.ts';
import type { Site } from '../contract/site.ts';

interface BundledSite extends Site {
  /** For the rare client that accepts no compression. @param gzip base64. @returns base64. */
  readonly plain: (gzip: string) => string;
}

/**
 * @param folder where the bundle is; in a bundle, this file's own folder.
 * @throws the file system's or JSON's error: a bundle without its console cannot serve anything.
 */
export function readBundledSite(folder: string = import.meta.dirname): BundledSite {
  return {
    ...(JSON.parse(readFileSync(join(folder, SITE_FILE), 'utf8')) as Site),
    plain: (gzip) => gunzipSync(Buffer.from(gzip, 'base64')).toString('base64'),
  };
}
