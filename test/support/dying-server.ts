// A server on raw sockets that answers its first requests well and then dies in a chosen way, for tests of its callers.
// It reads each request to the end of its body before it does anything, and counts what it has read: a caller that
// repeats a call silently shows here.
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Every way a connection may die after the request was read. */
export const deaths = [
  'rst',
  'silence',
  'fin',
  'half-close',
  '101 with Upgrade',
  'bare 101',
  'endless 1xx',
  'garbage',
  'answer without end',
  'slow header drip',
  'truncated answer',
] as const;

type Death = (typeof deaths)[number];

export interface DyingServer {
  readonly port: number;
  /** Whole requests read, in the order they came. */
  readonly requests: readonly string[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** That many of the next requests meet this; those after them are answered correctly. */
  die(how: Death, times?: number): void;
  /** The connections that are open now. */
  readonly open: readonly Socket[];
  close(): void;
}

const DRIP_MS = 20;

/** @param wellAnswer the body of a good answer, status 200. */
export async function startDyingServer(wellAnswer: string): Promise<DyingServer> {
  const requests: string[] = [];
  const open = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let death: Death = 'silence';
  let deathsLeft = 0;
  let connections = 0;
  const drip = (socket: Socket, text: string): void => {
    const timer = setInterval(() => socket.writable && socket.write(text), DRIP_MS);
    timers.add(timer);
    socket.once('close', () => clearInterval(timer));
  };
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('end', () => socket.end());
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!isWhole(received)) return;
      requests.push(received);
      received = '';
      deathsLeft -= 1;
      if (deathsLeft < 0) socket.write(answerOf(wellAnswer));
      else dieBy[death](socket, drip);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return [...open];
    },
    die: (how, times = Number.POSITIVE_INFINITY) => {
      death = how;
      deathsLeft = times;
    },
    close: () => {
      timers.forEach((timer) => clearInterval(timer));
      server.close();
      open.forEach((socket) => socket.destroy());
    },
  };
}

function answerOf(body: string): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;
}

function isWhole(received: string): boolean {
  const head = received.indexOf('\r\n\r\n');
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(received) ?? [];
  return head >= 0 && received.length - head - 4 >= Number(length);
}

const dieBy: Readonly<Record<Death, (socket: Socket, drip: (socket: Socket, text: string) => void) => void>> = {
  rst: (socket) => void socket.resetAndDestroy(),
  silence: () => undefined,
  fin: (socket) => void socket.end(() => socket.destroy()),
  // The other half stays open: what the caller still sends is taken.
  'half-close': (socket) => void socket.end(),
  '101 with Upgrade': (socket) =>
    void socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  'bare 101': (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  'endless 1xx': (socket, drip) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
  garbage: (socket) => void socket.write('\u0016\u0003 this is no HTTP\r\n\r\n'),
  'answer without end': (socket, drip) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    drip(socket, '1\r\n \r\n');
  },
  'slow header drip': (socket, drip) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    drip(socket, 'x-more: to come\r\n');
  },
  'truncated answer': (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"id":"g3'),
};
