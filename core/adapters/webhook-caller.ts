// Calls webhooks: the name is resolved once per connection, every address is judged, and the connection is made only to
// the judged addresses. Redirects are not followed. http-exchange.ts handles time limits and connections.
// The deliver stage decides what is sent, when and how often; address-rules.ts which addresses are allowed.
import { Resolver } from 'node:dns/promises';
import { hostOf, isAddress, judgeAddress, judgeWebhookUrl } from '../domain/webhook/address-rules.ts';
import { limits } from '../domain/limits.ts';
import { readRetryAfterMs } from '../domain/retry-after.ts';
import { brokenCodes, exchange } from './http-exchange.ts';
import { KeptConnections } from './kept-connections.ts';
import type { LookupFunction } from 'node:net';
import type { AddressPolicy } from '../domain/webhook/address-rules.ts';
import type { CallResult } from '../domain/webhook/delivery.ts';
import type { Clock } from '../ports/ports.ts';
import type { WebhookCall, WebhookCaller } from '../ports/webhook-ports.ts';
import type { Exchanged, ExchangeProgress } from './http-exchange.ts';

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

/**
 * What clients see when a name leads to a refused address. Neither the address nor its subnet: with those, any client
 * could resolve the names of the relay's own network.
 */
const LEADS_ASTRAY = 'leads to an address that the relay does not call';

/** Lambda has no IPv6 egress unless its VPC provides it. */
const ONLY_IPV6 = 'the receiver has IPv6 addresses only, and the relay calls over IPv4';

class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

/**
 * c-ares rather than getaddrinfo: the latter has four threads for the whole process, so that four names with dead name
 * servers would block every other receiver.
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

interface CallProgress extends ExchangeProgress {
  /** Set if the name has no IPv4 address. */
  isIpv6Only?: boolean;
}

/**
 * The `lookup` of one call: resolves, judges every answer, and returns what was judged. Node connects to these and
 * resolves no more. It is not called for hosts that are addresses: judgeWebhookUrl has judged those.
 */
function pinnedLookup(
  resolve: ResolveName,
  policy: AddressPolicy,
  isPlain: boolean,
  progress: CallProgress,
): LookupFunction {
  return (name, options, done) => {
    resolve(name.replace(/\.+$/, '')).then(
      (addresses) => {
        const isRefused = addresses.some((address) => judgeAddress(address, policy, isPlain) !== undefined);
        progress.phase = isRefused ? 'address' : 'connect';
        if (isRefused) return done(new AddressRefused(`the name ${LEADS_ASTRAY}`), '');
        progress.isIpv6Only = addresses.every((address) => address.includes(':'));
        const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const [first] = found;
        if (!first) return done(Object.assign(new Error('no address'), { code: 'ENODATA' }), '');
        return options.all ? done(null, found) : done(null, first.address, first.family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error('no answer', { cause: error }), ''),
    );
  };
}

/** The start of an answer as text, within the bound for what is stored. */
function keptText(body: Buffer): string {
  const kept = body.subarray(0, limits.answerBytesKeptMax);
  // Bytes that are not UTF-8 grow when they are replaced: cut again, so that the bound holds for what is stored.
  return Buffer.from(kept.toString('utf8'))
    .subarray(0, limits.answerBytesKeptMax)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}

class HttpsWebhookCaller implements WebhookCaller {
  readonly #options: WebhookCallerOptions;
  readonly #connections: KeptConnections;
  readonly #resolve: ResolveName;

  constructor(options: WebhookCallerOptions) {
    this.#options = options;
    this.#connections = new KeptConnections(options.clock);
    this.#resolve = options.resolve ?? systemResolve;
  }

  /** One request, and never a second: a receiver that hung up may have read the first. */
  async call(call: WebhookCall): Promise<CallResult> {
    const { clock, policy, userAgent, ca } = this.#options;
    const refusal = judgeWebhookUrl(call.url, policy);
    if (refusal !== undefined) return { kind: 'failed', cause: 'address', detail: `the URL ${refusal}`, durationMs: 0 };
    const startedAt = clock.now();
    const url = new URL(call.url);
    const isPlain = url.protocol === 'http:';
    const progress: CallProgress = { phase: isAddress(hostOf(url)) ? 'connect' : 'dns' };
    const exchanged = await exchange({
      url,
      method: 'POST',
      headers: {
        ...call.headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(call.body),
        'user-agent': userAgent,
      },
      body: call.body,
      timeoutMs: call.timeoutMs,
      cut: call.cut,
      connections: this.#connections,
      answerBytesMax: limits.answerBytesReadMax,
      progress,
      lookup: pinnedLookup(this.#resolve, policy, isPlain, progress),
      ca,
    });
    const durationMs = clock.now() - startedAt;
    if (exchanged.kind === 'broken') {
      const { cause, detail } = failureOf(exchanged, call.timeoutMs);
      const isUnroutable = cause === 'connect' && progress.isIpv6Only === true;
      return { kind: 'failed', cause, detail: isUnroutable ? `${detail}: ${ONLY_IPV6}` : detail, durationMs };
    }
    const { status, headers, body } = exchanged;
    const retryAfterMs = readRetryAfterMs(headers['retry-after'], clock.now(), limits.webhookRetryAfterMsMax);
    return {
      kind: 'answered',
      status,
      answer: keptText(body),
      durationMs,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }

  async judge(text: string): Promise<string | undefined> {
    const { policy } = this.#options;
    const refusal = judgeWebhookUrl(text, policy);
    const url = URL.parse(text);
    if (refusal !== undefined || !url || isAddress(hostOf(url))) return refusal;
    const addresses = await this.#resolve(hostOf(url)).catch(() => []);
    const isPlain = url.protocol === 'http:';
    const isRefused = addresses.some((address) => judgeAddress(address, policy, isPlain) !== undefined);
    return isRefused ? LEADS_ASTRAY : undefined;
  }
}

function failureOf(
  { phase, code, error }: Extract<Exchanged, { kind: 'broken' }>,
  timeoutMs: number,
): Pick<Extract<CallResult, { kind: 'failed' }>, 'cause' | 'detail'> {
  if (code === brokenCodes.timeout) return { cause: 'timeout', detail: `no whole answer within ${timeoutMs} ms` };
  if (error instanceof AddressRefused) return { cause: phase, detail: error.message };
  return { cause: phase, detail: details[code] ?? code };
}

/** What a code of the exchange means to the owner of a receiver. */
const details: Readonly<Partial<Record<string, string>>> = {
  [brokenCodes.upgrade]: 'answered 101, which was not requested',
  [brokenCodes.interim]: 'sent interim answers (1xx) endlessly',
  [brokenCodes.closed]: 'closed without an answer',
};

export function makeWebhookCaller(options: WebhookCallerOptions): WebhookCaller {
  return new HttpsWebhookCaller(options);
}
