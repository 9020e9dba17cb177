import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { makeWebhookCaller } from '../../../core/adapters/webhook-caller.ts';
import { selfSigned } from '../../support/self-signed.ts';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import type { ResolveName } from '../../../core/adapters/pinned-lookup.ts';
import type { WebhookCallerOptions } from '../../../core/adapters/webhook-caller.ts';
import type { AddressPolicy } from '../../../core/domain/webhook/address-rules.ts';

const open: AddressPolicy = { openSubnets: ['127.0.0.0/8', '::1/128'], isHttpOpen: true };
const shut: AddressPolicy = { openSubnets: [], isHttpOpen: false };

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function listening(server: Server | TcpServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}

function receiver(listener: RequestListener): Promise<number> {
  return listening(createServer(listener));
}

function caller(over: Partial<WebhookCallerOptions> = {}) {
  return makeWebhookCaller({ policy: open, clock: systemLike, userAgent: 'get3w-relay/test', ...over });
}

const systemLike = { now: () => Date.now(), sleep: () => Promise.resolve() };

function post(port: number, path = '/') {
  return {
    url: `http://127.0.0.1:${port}${path}`,
    headers: { 'webhook-id': 'evt_1', authorization: 'Bearer theirs' },
    body: '{"ä":1}',
    timeoutMs: 5_000,
  };
}

describe('a call to a webhook', () => {
  it('is one POST with the signed bytes and headers, and returns the answer', async () => {
    const seen: unknown[] = [];
    const port = await receiver((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({
          method: request.method,
          url: request.url,
          body: Buffer.concat(chunks).toString(),
          ...request.headers,
        });
        response.writeHead(202).end('thank you');
      });
    });
    const result = await caller().call(post(port, '/hook?a=b'));
    expect(result).toMatchObject({ kind: 'answered', status: 202, answer: 'thank you' });
    expect(seen).toEqual([
      expect.objectContaining({
        method: 'POST',
        url: '/hook?a=b',
        body: '{"ä":1}',
        'content-type': 'application/json',
        'content-length': '8',
        'user-agent': 'get3w-relay/test',
        'webhook-id': 'evt_1',
        authorization: 'Bearer theirs',
      }),
    ]);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect of %i', async (status) => {
    const paths: string[] = [];
    const port = await receiver((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await caller().call(post(port, '/hook'))).toMatchObject({ kind: 'answered', status });
    expect(paths).toEqual(['/hook']);
  });

  it('reads 16 KB of the answer at most and keeps 4, hanging up on a receiver that sends without end', async () => {
    const closed = Promise.withResolvers<void>();
    const port = await receiver((_request, response) => {
      const flood = (): void => {
        while (response.write('x'.repeat(1_024)));
        response.once('drain', flood);
      };
      response.on('close', () => closed.resolve());
      flood();
    });
    const result = await caller().call(post(port));
    expect(result).toMatchObject({ kind: 'answered', status: 200, answer: 'x'.repeat(4_096) });
    await closed.promise;
  });

  it('keeps no more than 4 KB of an answer that is not text', async () => {
    const port = await receiver((_request, response) => response.end(Buffer.alloc(8_000, 0xff)));
    const result = await caller().call(post(port));
    expect(result.kind === 'answered' && Buffer.byteLength(result.answer)).toBeLessThanOrEqual(4_096);
  });

  it('reads Retry-After, in seconds or as a date', async () => {
    const port = await receiver((request, response) => {
      const after = request.url === '/date' ? new Date(Date.now() + 90_000).toUTCString() : '7';
      response.writeHead(429, { 'retry-after': after }).end();
    });
    expect(await caller().call(post(port))).toMatchObject({ status: 429, retryAfterMs: 7_000 });
    const dated = await caller().call(post(port, '/date'));
    expect(dated.kind === 'answered' ? dated.retryAfterMs : 0).toBeGreaterThan(85_000);
  });

  it('uses a connection again, and a fresh one when the receiver closed the kept one', async () => {
    const sockets = new Set<unknown>();
    const server = createServer((request, response) => {
      sockets.add(request.socket);
      response.end(String(sockets.size));
    });
    const port = await listening(server);
    const one = caller();
    for (let count = 0; count < 3; count += 1) await one.call(post(port));
    expect(sockets.size).toBe(1);
    server.closeIdleConnections();
    expect(await one.call(post(port))).toMatchObject({ kind: 'answered', status: 200, answer: '2' });
  });

  it('does not trust a connection that idled longer than 2 s', async () => {
    let now = 0;
    const sockets = new Set<unknown>();
    const port = await receiver((request, response) => {
      sockets.add(request.socket);
      response.end();
    });
    const one = caller({ clock: { ...systemLike, now: () => now } });
    await one.call(post(port));
    now += 2_001;
    await one.call(post(port));
    expect(sockets.size).toBe(2);
  });
});

describe('a call that breaks', () => {
  const failed = (cause: string, detail?: unknown) =>
    expect.objectContaining({ kind: 'failed', cause, ...(detail ? { detail } : {}) }) as unknown;

  it('reports connect when no server listens', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    expect(await caller().call(post(port))).toEqual(failed('connect', 'ECONNREFUSED'));
  });

  it('reports connection when the receiver closes it without an answer', async () => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await caller().call(post(port))).toEqual(failed('connection', 'ECONNRESET'));
  });

  it('reports timeout when no answer comes in time', async () => {
    const port = await receiver(() => undefined);
    expect(await caller().call({ ...post(port), timeoutMs: 50 })).toEqual(
      failed('timeout', 'no whole answer within 50 ms'),
    );
  });

  it('reports timeout when the body of the answer takes too long: a 200 alone is not enough', async () => {
    const port = await receiver((_request, response) => void response.writeHead(200).write('begun'));
    expect(await caller().call({ ...post(port), timeoutMs: 100 })).toEqual(failed('timeout'));
  });

  it('mentions IPv6 addresses only where the receiver could not be reached', async () => {
    const resolve: ResolveName = () => Promise.resolve(['::1']);
    const result = await caller({ resolve }).call({ ...post(1), url: 'https://six.example.com:1/' });
    expect(result).toEqual(failed('connect', expect.stringContaining('IPv6 addresses only')));
  });

  it('reports dns when the name does not resolve', async () => {
    const resolve: ResolveName = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    expect(await caller({ resolve }).call({ ...post(1), url: 'https://nowhere.example.com/' })).toEqual(
      failed('dns', 'ENOTFOUND'),
    );
  });

  it('is a timeout when the caller cuts it off', async () => {
    const called = Promise.withResolvers<void>();
    const port = await receiver(() => called.resolve());
    const cut = new AbortController();
    const result = caller().call({ ...post(port), cut: cut.signal });
    await called.promise;
    cut.abort();
    expect(await result).toMatchObject({ kind: 'failed', cause: 'timeout' });
  });

  it('says so when the receiver has only IPv6 addresses, which functions in AWS cannot call', async () => {
    // A port of IPv4 alone: whether this machine has IPv6 or not, nothing answers at ::1.
    const port = await receiver((_request, response) => void response.end('ok'));
    const url = `https://receiver.example.com:${port}/`;
    const v6 = await caller({ resolve: () => Promise.resolve(['::1']) }).call({ ...post(port), url });
    expect(v6).toMatchObject({ kind: 'failed', cause: 'connect' });
    expect(v6).toHaveProperty('detail', expect.stringMatching(/^E\w+: the receiver has IPv6 addresses only/));
    const both = await caller({ resolve: () => Promise.resolve(['::1', '127.0.0.1']) }).call({ ...post(port), url });
    expect(both).toEqual(failed('tls'));
    expect(both).not.toHaveProperty('detail', expect.stringContaining('IPv6'));
  });

  it('reports tls when the certificate is not trusted or the answer is not TLS', async () => {
    const listener: RequestListener = (_request, response) => response.end('ok');
    const secure = await listening(createTlsServer(selfSigned, listener));
    const resolve: ResolveName = () => Promise.resolve(['127.0.0.1']);
    const url = `https://receiver.example.com:${secure}/`;
    expect(await caller({ resolve }).call({ ...post(1), url })).toEqual(failed('tls', 'DEPTH_ZERO_SELF_SIGNED_CERT'));
    const plain = await receiver(listener);
    expect(await caller().call({ ...post(1), url: `https://127.0.0.1:${plain}/` })).toEqual(failed('tls'));
  });

  it('keeps the name for TLS though the address is pinned', async () => {
    const names: unknown[] = [];
    const port = await listening(
      createTlsServer(selfSigned, (request, response) => {
        names.push([request.headers.host, (request.socket as Socket & { servername?: string }).servername]);
        response.end('ok');
      }),
    );
    const resolve: ResolveName = () => Promise.resolve(['127.0.0.1']);
    const url = `https://receiver.example.com:${port}/`;
    const result = await caller({ resolve, ca: selfSigned.cert }).call({ ...post(1), url });
    expect(result).toMatchObject({ kind: 'answered', status: 200 });
    expect(names).toEqual([[`receiver.example.com:${port}`, 'receiver.example.com']]);
  });
});

describe('the guard against forged requests', () => {
  const refused = { kind: 'failed', cause: 'address' };

  /** Answers each question with the next list, the last one for ever, and counts them. */
  const rebinding = (...answers: readonly (readonly string[])[]) => {
    const asked: string[] = [];
    const resolve: ResolveName = (name) => {
      asked.push(name);
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? []);
    };
    return { asked, resolve };
  };

  it('refuses a name of which one answer of several is private', async () => {
    for (const answers of [
      ['10.0.0.1'],
      ['93.184.216.34', '127.0.0.1'],
      ['93.184.216.34', '::ffff:10.0.0.1'],
      ['fd00::1'],
    ]) {
      const { resolve } = rebinding(answers);
      const one = caller({ policy: shut, resolve });
      const result = await one.call({ ...post(1), url: 'https://rebound.example.com/' });
      expect(result, String(answers)).toMatchObject(refused);
      const told = await one.judge('https://rebound.example.com/');
      expect(told).toBe('leads to an address that the relay does not call');
      // Neither answer shows where the name leads: clients could explore the relay's own network with it.
      expect(JSON.stringify([result, told])).not.toMatch(/10\.0\.0|127\.0|ffff|fd00|93\.184/);
    }
  });

  it('checks again when it connects: a name that was public at registration may be private by then', async () => {
    const { asked, resolve } = rebinding(['93.184.216.34'], ['169.254.169.254']);
    const one = caller({ policy: shut, resolve });
    expect(await one.judge('https://rebound.example.com/')).toBeUndefined();
    expect(await one.call({ ...post(1), url: 'https://rebound.example.com/' })).toMatchObject({
      ...refused,
      detail: 'the name leads to an address that the relay does not call',
    });
    expect(asked).toEqual(['rebound.example.com', 'rebound.example.com']);
  });

  it('resolves once and connects to the address that it checked, whatever the name resolves to later', async () => {
    const listener: RequestListener = (_request, response) => response.end('judged');
    const port = await listening(createTlsServer(selfSigned, listener));
    const { asked, resolve } = rebinding(['127.0.0.1'], ['127.0.0.2']);
    const one = caller({ resolve, ca: selfSigned.cert });
    const result = await one.call({ ...post(1), url: `https://receiver.example.com:${port}/` });
    expect(result).toMatchObject({ kind: 'answered', answer: 'judged' });
    expect(asked).toEqual(['receiver.example.com']);
  });

  it('checks hosts that are addresses, for which Node asks no resolver', async () => {
    const { asked, resolve } = rebinding(['93.184.216.34']);
    const one = caller({ policy: shut, resolve });
    for (const host of ['127.0.0.1', '2130706433', '[::1]', '[::ffff:7f00:1]', '0x7f.1', 'localhost']) {
      expect(await one.call({ ...post(1), url: `https://${host}/` }), host).toMatchObject(refused);
      expect(await one.judge(`https://${host}/`), host).toBeTypeOf('string');
    }
    expect(asked).toEqual([]);
  });

  it('goes by plain http to opened subnets only, and never to a name', async () => {
    const { asked, resolve } = rebinding(['127.0.0.1']);
    const plain = { ...refused, detail: 'the URL is not an https URL' };
    expect(await caller({ resolve }).call({ ...post(1), url: 'http://public.example.com/' })).toMatchObject(plain);
    expect(await caller({ policy: shut }).call(post(1))).toMatchObject(plain);
    const { openSubnets } = open;
    expect(await caller({ policy: { openSubnets, isHttpOpen: false } }).call(post(1))).toMatchObject(plain);
    expect(await caller().judge('http://public.example.com/')).toBe('is not an https URL');
    expect(asked).toEqual([]);
  });

  it('lets a name through at registration that does not resolve yet', async () => {
    const resolve: ResolveName = () => Promise.reject(new Error('no such name'));
    expect(await caller({ policy: shut, resolve }).judge('https://soon.example.com/')).toBeUndefined();
  });
});
