import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { serveFile } from '../../../functions/console/flow.ts';
import type { ConsoleRequest } from '../../../functions/console/flow.ts';
import type { SiteFile } from '../../../core/contract/site.ts';

function file(text: string, type: string, isImmutable: boolean): SiteFile {
  return {
    type,
    etag: `"${text}"`,
    isImmutable,
    encoded: { br: `br of ${text}`, gzip: gzipSync(text).toString('base64') },
  };
}

const ports = {
  files: {
    'index.html': file('index', 'text/html; charset=utf-8', false),
    'runbook.html': file('runbook', 'text/html; charset=utf-8', false),
    'assets/index-abc.js': file('script', 'text/javascript; charset=utf-8', true),
  },
  plain: (gzip: string) => gunzipSync(Buffer.from(gzip, 'base64')).toString('base64'),
};

function get(path: string, request: Partial<ConsoleRequest> = {}) {
  return serveFile(ports, {
    path,
    host: 'relay.example.com',
    acceptEncoding: 'gzip, deflate, br',
    ifNoneMatch: undefined,
    ...request,
  });
}

describe('the console’s files', () => {
  it.each(['', 'tasks', 'tasks/0190a000-0000-7000-8000-000000000000', 'constructor'])(
    'are the page itself for the view %j',
    (path) => {
      expect(get(path)).toMatchObject({ status: 200, body: 'br of index' });
    },
  );

  it('have the runbook as a page of its own', () => {
    expect(get('runbook')).toMatchObject({ status: 200, body: 'br of runbook' });
  });

  it('are cached for good where their name changes with their content, and revalidated where it does not', () => {
    expect(get('assets/index-abc.js').headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(get('').headers['cache-control']).toBe('no-cache');
  });

  it('are not sent again to a client that has them', () => {
    expect(get('', { ifNoneMatch: '"other", W/"index"' })).toMatchObject({ status: 304, body: '' });
    expect(get('', { ifNoneMatch: '"script"' }).status).toBe(200);
  });

  it('come in the smallest encoding that the client accepts, and plain for one that accepts none', () => {
    expect(get('').headers['content-encoding']).toBe('br');
    expect(get('', { acceptEncoding: 'gzip' }).headers['content-encoding']).toBe('gzip');
    expect(get('', { acceptEncoding: 'br;q=0, gzip' }).headers['content-encoding']).toBe('gzip');
    const plain = get('', { acceptEncoding: undefined });
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(Buffer.from(plain.body, 'base64').toString()).toBe('index');
  });

  it.each(['assets/gone.js', 'favicon.ico', '../index.mjs', '__proto__.js'])('are 404 for %j', (path) => {
    expect(get(path)).toMatchObject({ status: 404, headers: { 'cache-control': 'no-store' } });
  });

  it('allow nothing from elsewhere except pictures over https, and no frame around them', () => {
    const policy = get('').headers['content-security-policy'] ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy).not.toMatch(/unsafe|\*/);
  });

  it('have trusted types everywhere but on the reference page, whose policy is as strict for the rest', () => {
    const policyOf = (path: string) => (get(path).headers['content-security-policy'] ?? '').split('; ');
    const trusted = ["require-trusted-types-for 'script'", "trusted-types 'none'"];
    expect(policyOf('gate')).toEqual(expect.arrayContaining(trusted));
    expect(policyOf('api')).toEqual(policyOf('gate').filter((rule) => !trusted.includes(rule)));
  });

  it('allow pictures of this machine to a browser on this machine only', () => {
    const pictures = (host: string) =>
      /img-src [^;]*/.exec(get('', { host }).headers['content-security-policy'] ?? '')?.[0];
    expect(pictures('127.0.0.1:4300')).toContain('http://127.0.0.1:*');
    expect(pictures('localhost')).toContain('http://127.0.0.1:*');
    expect(pictures('127.0.0.1.evil.example')).not.toContain('http:');
  });

  it('carry the same headers of safety whatever the answer', () => {
    const safe = { 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' };
    for (const answer of [get(''), get('gone.js'), get('', { ifNoneMatch: '"index"' })]) {
      expect(answer.headers).toMatchObject(safe);
    }
  });
});
