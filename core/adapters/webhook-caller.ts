// Calls webhooks with node:https: the name is resolved once per connection, every answer is judged, and the connection
// goes to the judged addresses and no others. Redirects are not followed, because node:https follows none.
// What is sent, when and how often is the deliver stage's; which addresses are allowed, address-rules.ts's.
import { Resolver } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { hostOf, isAddress, judgeAddress, judgeWebhookUrl } from '../domain/webhook/address-rules.ts';
import { LIMITS } from '../domain/limits.ts';
import { retryAfterMs } from './get3w-provider.ts';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import type { AddressPolicy } from '../domain/webhook/address-rules.ts';
import type { CallResult } from '../domain/webhook/delivery.ts';
import type { Clock } from '../ports/ports.ts';
import type { WebhookCall, WebhookCaller } from '../ports/webhook-ports.ts';

/** Every A and AAAA answer of a name; throws with a system code when there is none. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

export interface WebhookCallerOptions {
  readonly policy: AddressPolicy;
  readonly clock: Clock;
  readonly userAgent: string;
  /** @default the resolvers of this machine */
  readonly resolve?: ResolveName;
  /** Extra certificate authorities, for receivers inside a company. */
  readonly ca?: string;
}

/** A kept connection that idled longer may be dead without knowing: a function sleeps between its calls. */
const IDLE_MS_MAX = 15_000;

type Phase = 'dns' | 'address' | 'connect' | 'tls' | 'connection';

/** A name that resolved to an address that is refused. */
class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

const codeOf = (error: unknown): string => {
  const { code, name } = Object(error) as { readonly code?: string; readonly name?: string };
  return code ?? name ?? 'unknown';
};

/**
 * c-ares rather than getaddrinfo: the latter has four threads for the whole process, so that four names with dead name
 * servers would keep every other receiver waiting.
 */
const systemResolve: ResolveName = async (name) => {
  if (/(^|\.)localhost$/i.test(name)) return ['127.0.0.1', '::1'];
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [first] = answers;
  if (addresses.length === 0 && first.status === 'rejected') throw first.reason;
  return addresses;
};

/** Agents that remember since when a connection idles, so that old ones are not trusted with a call. */
const keepingAgents = (clock: Clock) => {
  const idleSince = new WeakMap<object, number>();
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });
  for (const agent of [http, https]) agent.on('free', (socket: Socket) => idleSince.set(socket, clock.now()));
  const dropStale = (): void => {
    for (const agent of [http, https]) {
      for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
        if (clock.now() - (idleSince.get(socket) ?? 0) > IDLE_MS_MAX) socket.destroy();
      }
    }
  };
  return { http, https, dropStale };
};

/** Lambda outside a VPC has no IPv6: the receiver is well, and its owner would look for the fault in vain. */
const IPV6_ONLY = ': the receiver has IPv6 addresses only, and the relay calls over IPv4';

/** What one call has come to so far, told from the events of its socket rather than from texts of errors. */
interface Progress {
  phase: Phase;
  /** Whether the name led to addresses of IPv6 alone, which functions in AWS cannot call. */
  isIpv6Only?: boolean;
}

/**
 * The `lookup` of one call: resolves, judges every answer, and hands on what was judged. Node connects to these and
 * asks no more. It is not called for hosts that are addresses: judgeWebhookUrl has judged those.
 */
const pinnedLookup =
  (resolve: ResolveName, policy: AddressPolicy, isPlain: boolean, progress: Progress): LookupFunction =>
  (name, options, done) => {
    resolve(name.replace(/\.+$/, '')).then(
      (addresses) => {
        const refusals = addresses.flatMap((address) => {
          const refusal = judgeAddress(address, policy, isPlain);
          return refusal === undefined ? [] : [`${address} ${refusal}`];
        });
        progress.phase = refusals.length > 0 ? 'address' : 'connect';
        const [refusal] = refusals;
        if (refusal !== undefined) return done(new AddressRefused(refusal), '');
        progress.isIpv6Only = addresses.length > 0 && addresses.every((address) => address.includes(':'));
        const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const [first] = found;
        if (!first) return done(Object.assign(new Error('no address'), { code: 'ENODATA' }), '');
        return options.all ? done(null, found) : done(null, first.address, first.family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error('no answer', { cause: error }), ''),
    );
  };

const watchSocket = (request: ClientRequest, isPlain: boolean, progress: Progress): void => {
  request.on('socket', (socket) => {
    // A kept connection was judged and made before.
    if (!socket.connecting) return void (progress.phase = 'connection');
    socket.once('connect', () => (progress.phase = isPlain ? 'connection' : 'tls'));
    socket.once('secureConnect', () => (progress.phase = 'connection'));
  });
};

/** Reads what is kept and a little more; a receiver that sends without end is hung up on. */
const readStart = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the answer and with it the connection.
    if (bytes >= LIMITS.answerBytesReadMax) break;
  }
  const kept = Buffer.concat(chunks).subarray(0, LIMITS.answerBytesKeptMax);
  // What is no UTF-8 grows when it is replaced: cut again, so that the bound holds for what is stored.
  return Buffer.from(kept.toString('utf8'))
    .subarray(0, LIMITS.answerBytesKeptMax)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
};

/** A try of a call. `stale`: the kept connection was closed by the other side before it could take the request. */
type Tried = { readonly kind: 'result'; readonly result: CallResult } | { readonly kind: 'stale' };

class HttpsWebhookCaller implements WebhookCaller {
  readonly #options: WebhookCallerOptions;
  readonly #agents: ReturnType<typeof keepingAgents>;
  readonly #resolve: ResolveName;

  constructor(options: WebhookCallerOptions) {
    this.#options = options;
    this.#agents = keepingAgents(options.clock);
    this.#resolve = options.resolve ?? systemResolve;
  }

  async call(call: WebhookCall): Promise<CallResult> {
    const { clock, policy } = this.#options;
    const startedAt = clock.now();
    const refusal = judgeWebhookUrl(call.url, policy);
    if (refusal !== undefined) return { kind: 'failed', cause: 'address', detail: `the URL ${refusal}`, durationMs: 0 };
    this.#agents.dropStale();
    const timeout = AbortSignal.timeout(call.timeoutMs);
    const until = call.cut ? AbortSignal.any([timeout, call.cut]) : timeout;
    for (;;) {
      // Each stale connection is used up by its try, so that this ends with a fresh one.
      const tried = await this.#try(call, until, startedAt);
      if (tried.kind === 'result') return tried.result;
    }
  }

  async judge(text: string): Promise<string | undefined> {
    const { policy } = this.#options;
    const refusal = judgeWebhookUrl(text, policy);
    const url = URL.parse(text);
    if (refusal !== undefined || !url || isAddress(hostOf(url))) return refusal;
    const addresses = await this.#resolve(hostOf(url)).catch(() => []);
    const isPlain = url.protocol === 'http:';
    for (const address of addresses) {
      const why = judgeAddress(address, policy, isPlain);
      if (why !== undefined) return `leads to ${address}, which ${why}`;
    }
    return undefined;
  }

  #try(call: WebhookCall, until: AbortSignal, startedAt: number): Promise<Tried> {
    const { clock, policy, userAgent, ca } = this.#options;
    const url = new URL(call.url);
    const isPlain = url.protocol === 'http:';
    const progress: Progress = { phase: isAddress(hostOf(url)) ? 'connect' : 'dns' };
    const took = (): number => clock.now() - startedAt;
    const options: RequestOptions & { ca?: string } = {
      method: 'POST',
      agent: isPlain ? this.#agents.http : this.#agents.https,
      lookup: pinnedLookup(this.#resolve, policy, isPlain, progress),
      signal: until,
      headers: {
        ...call.headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(call.body),
        'user-agent': userAgent,
      },
      ...(ca !== undefined && { ca }),
    };
    return new Promise((resolve) => {
      const request = (isPlain ? httpRequest : httpsRequest)(url, options);
      let isAnswered = false;
      const broken = (error: unknown): void => {
        const isStale = request.reusedSocket && !isAnswered && !until.aborted;
        if (isStale) return resolve({ kind: 'stale' });
        const cause = until.aborted ? 'timeout' : progress.phase;
        const isUncallable = progress.isIpv6Only === true && progress.phase === 'connect';
        const detail = `${this.#detail(cause, error, call.timeoutMs)}${isUncallable ? IPV6_ONLY : ''}`;
        resolve({ kind: 'result', result: { kind: 'failed', cause, detail, durationMs: took() } });
      };
      watchSocket(request, isPlain, progress);
      request.on('error', broken);
      request.on('response', (answer) => {
        isAnswered = true;
        const after = retryAfterMs(answer.headers['retry-after'], clock.now());
        readStart(answer).then((text) => {
          const status = answer.statusCode ?? 0;
          const result: CallResult = { kind: 'answered', status, answer: text, durationMs: took() };
          resolve({ kind: 'result', result: after === undefined ? result : { ...result, retryAfterMs: after } });
        }, broken);
      });
      request.end(call.body);
    });
  }

  #detail(cause: Phase | 'timeout', error: unknown, timeoutMs: number): string {
    if (cause === 'timeout') return `no whole answer within ${timeoutMs} ms`;
    return error instanceof AddressRefused ? error.message : codeOf(error);
  }
}

export const makeWebhookCaller = (options: WebhookCallerOptions): WebhookCaller => new HttpsWebhookCaller(options);
