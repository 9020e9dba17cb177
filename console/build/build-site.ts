// Builds the console into one file: `node console/build/build-site.ts <out>`. The build compresses every file once, so
// that the function that serves them need not.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { runbookPage } from './runbook-page.ts';
import { consoleDir, HASHED_FOLDER, viteConfig } from './vite-config.ts';
import { OPENAPI_FILE } from '../../core/contract/site.ts';
import { openApiDocument } from '../../core/http/schemas/openapi-document.ts';
import type { Site, SiteFile } from '../../core/contract/site.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

const runbookPath = join(consoleDir, '..', 'docs', 'runbook.md');

/** The highest level takes seconds for the library of the API's page, and `npm start` waits for it. */
const LARGE_BYTES = 500_000;
const LARGE_QUALITY = 9;

/** The console's files by path below `/console/`. @throws Vite's error when it does not compile. */
async function buildFiles(): Promise<ReadonlyMap<string, Buffer>> {
  const built = await build(viteConfig);
  if (Array.isArray(built) || !('output' in built)) throw new Error('Vite built something other than one output');
  const files = new Map(
    built.output.map((file) => [file.fileName, Buffer.from(file.type === 'chunk' ? file.code : file.source)]),
  );
  const addresses = (ending: string): readonly string[] =>
    [...files.keys()].filter((name) => name.endsWith(ending)).map((name) => `/console/${name}`);
  const [icon = ''] = addresses('.svg');
  const markdown = existsSync(runbookPath) ? readFileSync(runbookPath, 'utf8') : '# Runbook\n';
  const page = runbookPage({ markdown, styles: addresses('.css'), icon });
  files.set(OPENAPI_FILE, Buffer.from(JSON.stringify(openApiDocument(packageVersion()))));
  return files.set('runbook-plain.html', Buffer.from(page));
}

function packageVersion(): string {
  const file = join(consoleDir, '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

function siteFile(path: string, content: Buffer): SiteFile {
  const type = types[extname(path)];
  if (type === undefined) throw new Error(`${path} has no content type: name one in build-site.ts`);
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: content.length > LARGE_BYTES ? LARGE_QUALITY : constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  return {
    type,
    etag: `"${digest}"`,
    isImmutable: path.startsWith(HASHED_FOLDER),
    encoded: { br: brotli.toString('base64'), gzip: gzipSync(content, { level: 9 }).toString('base64') },
  };
}

/** Writes the site atomically: a concurrent reader finds a whole file. */
async function buildSite(outFile: string): Promise<Site> {
  const files = [...(await buildFiles())].map(([path, content]) => [path, siteFile(path, content)] as const);
  const site: Site = { files: Object.fromEntries(files) };
  mkdirSync(dirname(outFile), { recursive: true });
  const written = `${outFile}.${process.pid}.part`;
  writeFileSync(written, JSON.stringify(site));
  renameSync(written, outFile);
  return site;
}

if (import.meta.main) {
  const [outFile] = process.argv.slice(2);
  if (outFile === undefined) throw new Error('Say where to write the site: node console/build/build-site.ts <out>');
  await buildSite(outFile);
}
