import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runbookPage } from '../../../console/build/runbook-page.ts';
import { consoleSite } from '../../../lib/bundling/console-site.ts';
import type { Site } from '../../../core/contract/site.ts';

const FIRST_LOAD_BYTES_MAX = 150_000;
/** Four seconds on a machine that does nothing else. */
const BUILD_MS_MAX = 60_000;

describe('the console as it is built', () => {
  let cacheDir: string;
  let site: Site;
  const text = (path: string): string =>
    brotliDecompressSync(Buffer.from(site.files[path]?.encoded.br ?? '', 'base64')).toString('utf8');

  beforeAll(() => {
    cacheDir = mkdtempSync(join(tmpdir(), 'relay-console-'));
    site = JSON.parse(consoleSite(cacheDir).toString('utf8')) as Site;
  }, BUILD_MS_MAX);
  afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

  it('has a page, the runbook, the OpenAPI document, and files whose names change with their content', () => {
    const paths = Object.keys(site.files);
    expect(paths).toEqual(expect.arrayContaining(['index.html', 'runbook-plain.html', 'api.html', 'openapi.json']));
    const others = Object.entries(site.files).filter(([path]) => !path.endsWith('.html') && path !== 'openapi.json');
    expect(others.length).toBeGreaterThanOrEqual(3);
    for (const [path, { isImmutable }] of others) {
      expect(path).toMatch(/^assets\/[\w-]+-[\w-]{8}\.(js|css|svg)$/);
      expect(isImmutable).toBe(true);
    }
  });

  it('has the same content in both encodings, together less than a first load may be', () => {
    let bytes = 0;
    for (const [path, { encoded }] of Object.entries(site.files)) {
      // The console never loads them: the API's reference is a page of its own.
      if (path === 'openapi.json' || path.startsWith('assets/api-')) continue;
      const brotli = Buffer.from(encoded.br, 'base64');
      bytes += brotli.length;
      expect(gunzipSync(Buffer.from(encoded.gzip, 'base64')).equals(brotliDecompressSync(brotli))).toBe(true);
    }
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX);
  });

  it('has nothing inline, which the content policy would refuse, and nothing from elsewhere', () => {
    for (const page of [text('index.html'), text('runbook-plain.html'), text('api.html')]) {
      expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
      expect(page).not.toMatch(/<(?:script|link|img)[^>]*(?:src|href)="(?!\/console\/)/);
    }
  });

  it('has a section of the runbook under the address of every heading', () => {
    const markdown = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8');
    const headings = [...markdown.matchAll(/^## (.+)$/gm)].length;
    expect(headings).toBeGreaterThan(10);
    expect([...text('runbook-plain.html').matchAll(/<h2 id="[a-z0-9-]+">/g)]).toHaveLength(headings);
  });

  it('is not built again while its sources are the same', () => {
    const started = performance.now();
    expect(consoleSite(cacheDir).equals(Buffer.from(JSON.stringify(site)))).toBe(true);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('the runbook’s page', () => {
  const page = (markdown: string): string =>
    runbookPage({ markdown, styles: ['/console/a.css'], icon: '/console/i.svg' });

  it('gives an alarm’s section the address that the alarm links to', () => {
    expect(page('## Settle/FailureRate')).toContain('<h2 id="settle-failure-rate">');
    expect(page('## Settle failure rate')).toContain('<h2 id="settle-failure-rate">');
    expect(page('## `Settle/FailureRate`')).toContain('<a href="#settle-failure-rate">Settle/FailureRate</a>');
  });

  it('keeps links within itself and to the web, and of links to other documents the words', () => {
    const html = page('[here](#a-b) [there](https://example.com/) [table](errors.md)');
    expect(html).toContain('<a href="#a-b">here</a>');
    expect(html).toContain('<a href="https://example.com/" target="_blank" rel="noreferrer noopener">there</a>');
    expect(html).toContain(' table</p>');
  });

  it('leads to the views of the console that it names', () => {
    expect(page('`/console/dead-letters`')).toContain(
      '<a href="/console/dead-letters"><code>/console/dead-letters</code>',
    );
    expect(page('`relay tasks`')).toContain('<p><code>relay tasks</code></p>');
  });

  it('takes text for text', () => {
    expect(page('## A "quoted" <b> heading')).toContain('id="a-quoted-b-heading"');
    expect(page('`<script>`')).toContain('&lt;script&gt;');
  });
});
