// Plays Get3W with large outputs: each task ends at once, with as many outputs as asked for, whose bytes are known from
// their names. A part of the downloads is cut in the middle. Beside it, what each output must hash to.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface OutputServerOptions {
  readonly outputsPerTask: number;
  readonly bytes: number;
  /** Share of the downloads that are cut off. */
  readonly cutShare: number;
}

export interface OutputServer {
  readonly url: string;
  readonly downloads: { whole: number; cut: number };
  close(): Promise<void>;
}

const BLOCK_BYTES = 65_536;

/** The bytes of an output: a block that begins with its name, again and again. */
function blockOf(name: string): Buffer {
  const seed = createHash('sha256').update(name).digest();
  return Buffer.concat(Array.from({ length: BLOCK_BYTES / seed.length }, () => seed));
}

function* contentOf(name: string, bytes: number): Generator<Buffer> {
  const block = blockOf(name);
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) yield left < BLOCK_BYTES ? block.subarray(0, left) : block;
}

export function hashOf(name: string, bytes: number): string {
  const hash = createHash('sha256');
  for (const chunk of contentOf(name, bytes)) hash.update(chunk);
  return hash.digest('hex');
}

export async function startOutputServer(options: OutputServerOptions): Promise<OutputServer> {
  const downloads = { whole: 0, cut: 0 };
  let tasks = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (request.method === 'POST') {
      tasks += 1;
      acceptTask(request, response, { url, id: `upstream-${tasks}`, outputs: options.outputsPerTask });
    } else {
      void sendOutput(response, url.pathname.slice('/outputs/'.length), options, downloads);
    }
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    downloads,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Accepted {
  readonly url: URL;
  readonly id: string;
  readonly outputs: number;
}

function acceptTask(request: IncomingMessage, response: ServerResponse, { url, id, outputs }: Accepted): void {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, status: 'created' }));
  const addresses = Array.from({ length: outputs }, (_, index) => `${url.origin}/outputs/${id}-${index}`);
  const task = { id, model: url.pathname.slice('/v1/'.length), status: 'completed', code: 0, outputs: addresses };
  const body = JSON.stringify({ ...task, error: null, created_at: new Date().toISOString() });
  const webhook = url.searchParams.get('webhook') ?? '';
  const call = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  // A relay that was killed is not there: its poll finds the task, see below.
  response.on('close', () => void fetch(webhook, { ...call, signal: AbortSignal.timeout(10_000) }).catch(() => {}));
}

async function sendOutput(
  response: ServerResponse,
  name: string,
  { bytes, cutShare }: OutputServerOptions,
  downloads: OutputServer['downloads'],
): Promise<void> {
  const isCut = Math.random() < cutShare;
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes });
  try {
    // A half of the content, where the header promises all of it.
    const content = contentOf(name, isCut ? bytes / 2 : bytes);
    await pipeline(Readable.from(content), response, { end: false });
  } catch {
    // The relay was killed, or has hung up.
    return;
  }
  downloads[isCut ? 'cut' : 'whole'] += 1;
  if (isCut) response.destroy();
  else response.end();
}
