import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOutputSource } from '../../../core/adapters/output-source.ts';
import type { AddressInfo } from 'node:net';

const local = makeOutputSource({ policy: { openSubnets: ['127.0.0.0/8'], isHttpOpen: true }, userAgent: 'test' });
const publicOnly = makeOutputSource({ policy: { openSubnets: [], isHttpOpen: true }, userAgent: 'test' });
const limits = { timeoutMs: 1_000, silenceMs: 200 };

const server = createServer((request, response) => {
  const path = request.url ?? '';
  if (path === '/never') return;
  if (path === '/gone') return void response.writeHead(410).end();
  if (path === '/around') return void response.writeHead(302, { location: '/around' }).end();
  if (path === '/moved') return void response.writeHead(302, { location: '/whole' }).end();
  if (path === '/nowhere') return void response.writeHead(302, { location: 'http://' }).end();
  response.writeHead(200, { 'content-type': 'image/png', 'content-length': '10' });
  if (path === '/whole') return void response.end('0123456789');
  response.write('01234');
  if (path === '/cut') setTimeout(() => response.destroy(), 20);
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function read(path: string): Promise<string> {
  const opened = await local.open(`${url}${path}`, limits);
  if (opened.kind === 'failed') return opened.cause;
  let text = '';
  for await (const chunk of opened.content) text += chunk.toString();
  return text;
}

describe('where outputs come from', () => {
  it('is read to its end, behind a redirect too', async () => {
    expect([await read('/whole'), await read('/moved')]).toEqual(['0123456789', '0123456789']);
  });

  it.each([
    ['/never', 'timeout'],
    ['/gone', 'gone'],
    ['/around', 'status'],
    ['/nowhere', 'address'],
  ])('fails by its cause where the server answers as at %s', async (path, cause) => {
    expect(await read(path)).toBe(cause);
  });

  it.each([
    ['/cut', 'connection'],
    ['/silent', 'timeout'],
  ])('breaks off by its cause where the server stops half-way as at %s', async (path, keepCause) => {
    await expect(read(path)).rejects.toMatchObject({ keepCause });
  });

  it('is never an address of this machine where only public ones may be called', async () => {
    expect(await publicOnly.open(`${url}/whole`, limits)).toEqual({ kind: 'failed', cause: 'address' });
  });
});
