// One HTTP request and its answer, for every caller of a foreign server: it always ends, within a time limit kept by a
// timer of our own, whatever the other side sends and however Node reacts. Never rejects.
// The caller interprets the answer and decides whether a call may be repeated.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { KeptConnections } from './kept-connections.ts';

/** How far a call got: resolving the name, judging its addresses, dialling, TLS, or anything after. */
type ExchangePhase = 'dns' | 'address' | 'connect' | 'tls' | 'connection';

export interface ExchangeProgress {
  phase: ExchangePhase;
}

export interface ExchangeOptions {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | undefined;
  /** From the first step to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Ends it early, as if its time were over. */
  readonly cut?: AbortSignal | undefined;
  /** A shorter limit when a kept connection is used, so that time is left for a fresh one. */
  readonly keptTimeoutMs?: number | undefined;
  /** Undefined for a connection of its own, which is closed afterwards. */
  readonly connections: KeptConnections | undefined;
  /** Reading stops here, and the connection is closed. */
  readonly answerBytesMax: number;
  /** Shared with `lookup`, which may advance it. @default dialling is the first step */
  readonly progress?: ExchangeProgress;
  readonly lookup?: LookupFunction;
  /** Extra certificate authorities. */
  readonly ca?: string | undefined;
}

export type Exchanged =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** As much of it as `answerBytesMax` allows. */
      readonly body: Buffer;
      readonly isWhole: boolean;
    }
  | {
      readonly kind: 'broken';
      readonly phase: ExchangePhase;
      /** A system code, a code of Node's, or one of `brokenCodes`. */
      readonly code: string;
      readonly error?: unknown;
      /** True when the request was sent on a connection that had carried another before. */
      readonly isKept: boolean;
    };

/** What breaks an exchange without an error from Node. */
export const brokenCodes = {
  /** The time limit was over. */
  timeout: 'RELAY_TIMEOUT',
  /** The answer changed the protocol, which was not requested. */
  upgrade: 'RELAY_UPGRADE',
  /** More interim answers than any server has reason to send. */
  interim: 'RELAY_INTERIM',
  /** Node closed the request without an error. */
  closed: 'RELAY_CLOSED',
} as const;

/** Interim answers (1xx) of one exchange: each costs time, and a server may send them without end. */
const INTERIM_ANSWERS_MAX = 100;

type Answered = Extract<Exchanged, { kind: 'answered' }>;

export async function exchange(options: ExchangeOptions): Promise<Exchanged> {
  await options.connections?.dropStale();
  return new Promise((resolve) => {
    try {
      void new Exchange(options, resolve);
    } catch (error) {
      // Node rejected a header or an address: nothing was dialled.
      resolve({ kind: 'broken', phase: 'connect', code: codeOf(error), error, isKept: false });
    }
  });
}

class Exchange {
  readonly #request: ClientRequest;
  readonly #progress: ExchangeProgress;
  readonly #resolve: (exchanged: Exchanged) => void;
  readonly #bytesMax: number;
  readonly #cut: AbortSignal | undefined;
  readonly #overtime = (): void => this.#break(brokenCodes.timeout);
  #timer: NodeJS.Timeout;
  #isOver = false;
  #isAnswering = false;
  #interimAnswers = 0;

  constructor(options: ExchangeOptions, resolve: (exchanged: Exchanged) => void) {
    const { url, method, headers, body, timeoutMs, keptTimeoutMs, connections, lookup, ca } = options;
    const isPlain = url.protocol === 'http:';
    this.#progress = options.progress ?? { phase: 'connect' };
    this.#resolve = resolve;
    this.#bytesMax = options.answerBytesMax;
    const agent = connections?.agentFor(isPlain) ?? (isPlain ? new HttpAgent() : new HttpsAgent());
    const request = (isPlain ? httpRequest : httpsRequest)(url, {
      method,
      headers,
      agent,
      ...(lookup && { lookup }),
      ...(ca !== undefined && { ca }),
    });
    this.#request = request;
    this.#cut = options.cut;
    this.#timer = setTimeout(this.#overtime, timeoutMs);
    this.#cut?.addEventListener('abort', this.#overtime, { once: true });
    request.on('socket', (socket) => {
      if (request.reusedSocket && keptTimeoutMs !== undefined && !this.#isOver) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(this.#overtime, keptTimeoutMs);
      }
      // A kept connection was judged and made before: any error may have come after the request.
      if (!socket.connecting) return void (this.#progress.phase = 'connection');
      socket.once('connect', () => (this.#progress.phase = isPlain ? 'connection' : 'tls'));
      socket.once('secureConnect', () => (this.#progress.phase = 'connection'));
    });
    request.on('information', ({ statusCode }) => this.#takeInterim(statusCode));
    // Node hands the socket over and emits nothing more for the request: unhandled, the call would never end.
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      this.#break(brokenCodes.upgrade);
    });
    request.on('response', (answer) => this.#read(answer));
    request.on('error', (error) => this.#break(codeOf(error), error));
    // Once an answer has begun, its own events show how it ends.
    request.on('close', () => this.#isAnswering || this.#break(brokenCodes.closed));
    request.end(body);
  }

  #takeInterim(status: number): void {
    this.#interimAnswers += 1;
    if (status === 101) return this.#break(brokenCodes.upgrade);
    if (this.#interimAnswers > INTERIM_ANSWERS_MAX) this.#break(brokenCodes.interim);
  }

  #read(answer: IncomingMessage): void {
    this.#isAnswering = true;
    // Without an `Upgrade` Node treats 101 as the answer itself, with a body that ends with the connection.
    if (answer.statusCode === 101) return this.#break(brokenCodes.upgrade);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const answered = (isWhole: boolean): Answered => ({
      kind: 'answered',
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: Buffer.concat(chunks).subarray(0, this.#bytesMax),
      isWhole,
    });
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= this.#bytesMax) return;
      this.#end(answered(false));
      this.#request.destroy();
    });
    answer.on('end', () => this.#end(answered(true)));
    answer.on('error', (error) => this.#break(codeOf(error), error));
    answer.on('close', () => this.#break(brokenCodes.closed));
  }

  #break(code: string, error?: unknown): void {
    if (this.#isOver) return;
    const { phase } = this.#progress;
    this.#end({ kind: 'broken', phase, code, error, isKept: this.#request.reusedSocket });
    this.#request.destroy();
  }

  #end(exchanged: Exchanged): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    // A signal may outlive thousands of exchanges.
    this.#cut?.removeEventListener('abort', this.#overtime);
    this.#resolve(exchanged);
  }
}

function codeOf(error: unknown): string {
  const { code, name } = Object(error) as { readonly code?: string; readonly name?: string };
  return code ?? name ?? 'unknown';
}
