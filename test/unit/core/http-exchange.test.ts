// One exchange over a raw socket: what it carries back, where it stops reading, and how it names what broke it.
// How connections die is dying-connections.test.ts's.
import { getEventListeners } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { brokenCodes, exchange } from '../../../core/adapters/http-exchange.ts';
import type { AddressInfo, Socket } from 'node:net';
import type { ExchangeOptions } from '../../../core/adapters/http-exchange.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** Sends each request what `answer` gives; the URL it listens on, and whether the last connection has been closed. */
async function serve(answer: (socket: Socket) => void) {
  const state = { isClosed: false };
  const server = createServer((socket) => {
    closing.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => (state.isClosed = true));
    socket.once('data', () => answer(socket));
  });
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query`), state };
}

function ask(url: URL, parts: Partial<ExchangeOptions> = {}) {
  const options = { url, method: 'GET', headers: {}, timeoutMs: 5_000, connections: undefined, answerBytesMax: 100 };
  return exchange({ ...options, method: 'GET', ...parts });
}

const INTERIM = 'HTTP/1.1 102 Processing\r\n\r\n';

function answerOf(body: string): string {
  return `HTTP/1.1 203 Some Reason\r\nx-told: yes\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

it('carries back status, headers and the whole body', async () => {
  const { url } = await serve((socket) => socket.write(answerOf('as it is')));
  const answered = await ask(url);
  expect(answered).toMatchObject({ kind: 'answered', status: 203, headers: { 'x-told': 'yes' }, isWhole: true });
  expect(answered.kind === 'answered' && answered.body.toString()).toBe('as it is');
});

it.each([
  [100, true],
  [101, false],
])('reads up to its bound: of %i bytes the whole is %s', async (length, isWhole) => {
  const { url, state } = await serve((socket) => socket.write(answerOf('x'.repeat(length))));
  const answered = await ask(url);
  expect(answered).toMatchObject({ kind: 'answered', isWhole });
  expect(answered.kind === 'answered' && answered.body.length).toBe(100);
  await expect.poll(() => state.isClosed).toBe(true);
});

it.each([
  [100, { kind: 'answered', status: 203 }],
  [101, { kind: 'broken', phase: 'connection', code: brokenCodes.interim, isKept: false }],
])('ignores %i interim answers', async (count, ending) => {
  const { url } = await serve((socket) => socket.write(INTERIM.repeat(count) + answerOf('late')));
  expect(await ask(url)).toMatchObject(ending);
});

it('takes a change of the protocol for a break, with and without the name of another', async () => {
  for (const header of ['', 'connection: upgrade\r\nupgrade: websocket\r\n']) {
    const { url } = await serve((socket) => socket.write(`HTTP/1.1 101 Switching Protocols\r\n${header}\r\n`));
    expect(await ask(url), header).toMatchObject({ kind: 'broken', code: brokenCodes.upgrade });
  }
});

it('names what Node refuses, before it connects', async () => {
  const { url } = await serve((socket) => socket.write(answerOf('never')));
  const broken = await ask(url, { headers: { 'x-bad': 'two\nlines' } });
  expect(broken).toMatchObject({ kind: 'broken', phase: 'connect', code: 'ERR_INVALID_CHAR', isKept: false });
});

it('ends by its timer or by its caller, and closes the connection', async () => {
  const { url, state } = await serve(() => undefined);
  expect(await ask(url, { timeoutMs: 40 })).toMatchObject({ kind: 'broken', code: brokenCodes.timeout });
  await expect.poll(() => state.isClosed).toBe(true);
  const cut = new AbortController();
  const cutAfterDialling = await serve(() => cut.abort());
  const ended = await ask(cutAfterDialling.url, { cut: cut.signal });
  expect(ended).toMatchObject({ kind: 'broken', phase: 'connection', code: brokenCodes.timeout });
});

it('names an end in the middle of the body', async () => {
  const { url } = await serve((socket) => socket.end(answerOf('half of it').slice(0, -5)));
  expect(await ask(url)).toMatchObject({ kind: 'broken', phase: 'connection', code: 'ECONNRESET' });
});

it('leaves nothing behind on the signal of a caller who goes on', async () => {
  const { url } = await serve((socket) => socket.write(answerOf('done')));
  const { signal } = new AbortController();
  await ask(url, { cut: signal });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
