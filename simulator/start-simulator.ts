// The simulator as a server on this machine: Node's HTTP server, real time and timers, a journal in a directory. Only
// carries requests to simulator.ts and answers back; binds to loopback only.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryJournal, openFileJournal } from './file-journal.ts';
import { errorAnswer } from './simulator-answers.ts';
import { checkSettingsChange } from './simulator-settings.ts';
import { Simulator } from './simulator.ts';
import { makeWebhookCaller } from './webhook-caller.ts';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatorAnswer } from './simulator-answers.ts';
import type { Due, SimulatorJournal, SimulatorPorts } from './simulator-ports.ts';
import type { SettingsChange } from './simulator-settings.ts';
import type { WebhookCaller } from './webhook-caller.ts';

export interface StartSimulatorOptions {
  /** 0, the default, picks a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Where tasks and ledger are kept; without it they die with the process. */
  readonly dataDir?: string | undefined;
  /** The valid keys; without them every key that begins with `sk_` is valid. */
  readonly apiKeys?: readonly string[] | undefined;
  /** Applied over the defaults; changes made through the API override both. */
  readonly settings?: SettingsChange;
  /** Base of output URLs if it is not the server's own. */
  readonly publicUrl?: string | undefined;
  /** Random numbers in [0, 1). */
  readonly random?: () => number;
}

export interface RunningSimulator {
  readonly url: string;
  readonly port: number;
  /** Stops accepting requests, cuts open connections, drops timers. What was running resumes at the next start. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 10 * 1024 * 1024;
// Longer than common clients keep a connection, so that the clients close it: a server that closes first now and then
// cuts off a request, and tests would see unexpected connection resets.
const KEEP_ALIVE_MS = 75_000;
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * Starts the simulator.
 * @throws SettingsError for wrong settings, and errors of the file system or the port (`EADDRINUSE`).
 */
export async function startSimulator(options: StartSimulatorOptions = {}): Promise<RunningSimulator> {
  const settings = checkSettingsChange(options.settings ?? {});
  // The port is taken before the journal is touched: it shows whether another process is at work on it. Requests that
  // arrive in between wait for the simulator to be open.
  const opening = Promise.withResolvers<Simulator>();
  opening.promise.catch(() => {});
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS + 1_000 },
    (request, response) => void serve(opening.promise, request, response),
  );
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  try {
    const journal = options.dataDir === undefined ? memoryJournal() : openFileJournal(options.dataDir);
    const timers = new Timers(
      (due) => void opening.promise.then((simulator) => simulator.perform(due)).catch(reportFault),
    );
    const webhooks = makeWebhookCaller();
    const ports = machinePorts(journal, timers, webhooks, options.random ?? Math.random);
    const { apiKeys, publicUrl = url } = options;
    opening.resolve(await Simulator.open(ports, { settings, apiKeys, publicUrl, isControlOfLoopback: true }));
    return {
      url,
      port,
      async close() {
        timers.clear();
        // The journal before the webhooks: a call that is aborted here is made again at the next start.
        journal.close();
        webhooks.close();
        await stop(server);
      },
    };
  } catch (error) {
    opening.reject(error);
    await stop(server);
    throw error;
  }
}

/** Timers that can all be dropped at once. */
class Timers {
  readonly #running = new Set<NodeJS.Timeout>();
  readonly #perform: (due: Due) => void;
  #stopped = false;

  constructor(perform: (due: Due) => void) {
    this.#perform = perform;
  }

  start(delayMs: number, due: Due): void {
    // Work that was under way at the stop may still request a timer, which would keep the process alive.
    if (this.#stopped) return;
    const fire = (): void => {
      this.#running.delete(timer);
      this.#perform(due);
    };
    const timer = setTimeout(fire, Math.min(delayMs, TIMER_MS_MAX));
    this.#running.add(timer);
  }

  clear(): void {
    this.#stopped = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}

function machinePorts(
  journal: SimulatorJournal,
  timers: Timers,
  webhooks: WebhookCaller,
  random: () => number,
): SimulatorPorts {
  return {
    now: Date.now,
    random,
    newId: randomUUID,
    journal,
    schedule: (delayMs, due) => timers.start(delayMs, due),
    sleep: (delayMs) => sleep(Math.min(delayMs, TIMER_MS_MAX), undefined, { ref: false }),
    callWebhook: webhooks.call,
    reportFault,
  };
}

async function serve(opening: Promise<Simulator>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const simulator = await opening;
    const bodyText = await readBody(request);
    if (bodyText === null) {
      send(response, errorAnswer(413, 'Request body too large', { connection: 'close' }));
      return;
    }
    const [path = '/', ...query] = (request.url ?? '/').split('?');
    const answer = await simulator.handle({
      method: request.method ?? 'GET',
      path,
      query: new URLSearchParams(query.join('?')),
      headers: flatHeaders(request),
      bodyText,
    });
    send(response, answer);
  } catch {
    // The client left while it was sending, or there is no simulator to answer it.
    request.socket.destroy();
  }
}

function send(response: ServerResponse, answer: SimulatorAnswer): void {
  const { socket } = response;
  switch (answer.closeConnection) {
    case 'before-made':
      socket?.resetAndDestroy();
      return;
    case 'after-made':
      socket?.destroy();
      return;
    case 'when-client-gives-up':
      return;
    case undefined:
      response.writeHead(answer.status, answer.headers).end(answer.body);
  }
}

/** The body as text; null when it exceeds the limit, the rest then being read and discarded. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Reading on costs no memory, and lets a client that listens only after sending learn why it is refused.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString('utf8');
}

function flatHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The backlog must hold a thousand connections that arrive at once.
    server.listen(port, host, 4_096, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function reportFault(error: unknown): void {
  console.error('simulator:', error);
}
