// Calls webhooks: pinned-lookup.ts judges every address of a name, and the connection is made only to the judged ones.
// Redirects are not followed. http-exchange.ts handles time limits and connections.
// The deliver stage decides what is sent, when and how often; address-rules.ts which addresses are allowed.
import { hostOf, isAddress, judgeAddress, judgeWebhookUrl } from '../domain/webhook/address-rules.ts';
import { limits } from '../domain/limits.ts';
import { readRetryAfterMs } from '../domain/retry-after.ts';
import { brokenCodes, exchange } from './http-exchange.ts';
import { KeptConnections } from './kept-connections.ts';
import { AddressRefused, LEADS_ASTRAY, pinnedLookup, systemResolve } from './pinned-lookup.ts';
import type { AddressPolicy } from '../domain/webhook/address-rules.ts';
import type { CallResult } from '../domain/webhook/delivery.ts';
import type { Clock } from '../ports/ports.ts';
import type { WebhookCall, WebhookCaller } from '../ports/webhook-ports.ts';
import type { Exchanged } from './http-exchange.ts';
import type { CallProgress, ResolveName } from './pinned-lookup.ts';

export interface WebhookCallerOptions {
  readonly policy: AddressPolicy;
  readonly clock: Clock;
  readonly userAgent: string;
  /** @default the resolvers of this machine */
  readonly resolve?: ResolveName;
  /** Extra certificate authorities, for receivers inside a company. */
  readonly ca?: string;
}

/** Lambda has no IPv6 egress unless its VPC provides it. */
const ONLY_IPV6 = 'the receiver has IPv6 addresses only, and the relay calls over IPv4';

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
