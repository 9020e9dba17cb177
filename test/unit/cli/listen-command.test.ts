// `relay listen` over HTTP, from the words that are typed: what it refuses before it sends anything, and what it prints at its
// end.
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeRelayCommand } from '../../../cli/relay-command.ts';
import type { AddressInfo } from 'node:net';
import type { RequestListener, Server } from 'node:http';

const secretText = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const RECEIVER = 'http://127.0.0.1:9/hooks';

let server: Server;
let url: string;
let answer: RequestListener;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answer = (_request, response) => void response.writeHead(401).end('{"code":401}');
  vi.stubEnv('RELAY_KEY', 'sk_test');
  vi.stubEnv('RELAY_WEBHOOK_SECRET', secretText);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What goes to standard output. */
function printedFromNow(): string[] {
  const printed: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  return printed;
}

function listen(...words: readonly string[]): Promise<unknown> {
  return makeRelayCommand().parseAsync(['listen', '--forward-to', RECEIVER, ...words], { from: 'user' });
}

it('refuses a secret of the environment that is none, before it asks for an event', async () => {
  vi.stubEnv('RELAY_WEBHOOK_SECRET', 'my-secret');
  await expect(listen('--url', url)).rejects.toThrow('RELAY_WEBHOOK_SECRET is no secret of a relay');
  expect(asked).toEqual([]);
});

it('prints with --json where it goes on, when the relay refuses it too', async () => {
  answer = (request, response) => {
    if (!request.url?.includes('after=first')) return void response.writeHead(401).end('{"code":401}');
    response.end(JSON.stringify({ data: [], next_cursor: 'second' }));
  };
  const printed = printedFromNow();
  await expect(listen('--url', url, '--after', 'first', '--json')).rejects.toThrow('The relay answers 401');
  expect(printed).toEqual(['{"after":"second","passed_over":[]}\n']);
});

it('sends a key over plain http to no other machine, unless that is meant', async () => {
  await expect(listen('--url', 'http://relay.invalid')).rejects.toMatchObject({
    message: 'relay.invalid is another machine, and http is not encrypted.',
    advice: expect.stringContaining('Give --url an https address') as string,
    exitCode: 2,
  });
});

it('tells at its end which events the receiver never took', { timeout: 20_000 }, async () => {
  answer = (request, response) => {
    if (request.method === 'POST') return void response.writeHead(500).end();
    if (!request.url?.includes('after=first')) return void response.writeHead(401).end('{"code":401}');
    response.end(JSON.stringify({ data: [{ id: 'evt_1', type: 'task.completed' }], next_cursor: 'second' }));
  };
  const printed = printedFromNow();
  const words = ['--url', url, '--after', 'first', '--json', '--forward-to', `${url}/hooks`];
  await expect(listen(...words)).rejects.toThrow('The relay answers 401');
  expect(printed.at(-1)).toBe('{"after":"second","passed_over":["evt_1"]}\n');
});
