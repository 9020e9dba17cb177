// Receivers of webhooks for tests without sockets: each URL answers by a script, every call is kept, and
// a call may take time on the stepped clock. The tests verify the signatures.
import type { CallResult } from '../../../core/domain/webhook/delivery.ts';
import type { Clock } from '../../../core/ports/ports.ts';
import type { WebhookCall, WebhookCaller } from '../../../core/ports/webhook-ports.ts';

export interface ReceivedCall extends WebhookCall {
  readonly at: number;
  /** `webhook-id`. */
  readonly id: string;
}

/** What a receiver does with a call: answers a status, at once or after a while, or breaks. */
export type ReceiverAct =
  | number
  | { readonly status: number; readonly retryAfterMs?: number; readonly afterMs?: number }
  | { readonly breaks: Extract<CallResult, { kind: 'failed' }>['cause']; readonly afterMs?: number };

/** Resolves when the caller hangs up, which looks like a timeout; never where no caller does. */
function cutOff(cut: AbortSignal | undefined): Promise<CallResult> {
  return new Promise((resolve) => {
    const hangUp = (): void => resolve({ kind: 'failed', cause: 'timeout', detail: 'cut', durationMs: 0 });
    if (cut?.aborted) return hangUp();
    cut?.addEventListener('abort', hangUp, { once: true });
  });
}

export class ScriptedReceivers implements WebhookCaller {
  readonly #clock: Clock;
  readonly #scripts = new Map<string, (call: ReceivedCall, count: number) => ReceiverAct>();
  readonly calls: ReceivedCall[] = [];
  /** Calls under way at the same time, by URL: the most there ever were. */
  readonly atOnceMax = new Map<string, number>();
  readonly #atOnce = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Acts in turn, the last one for ever; or whatever a function says of each call. Others answer 200. */
  script(url: string, ...acts: readonly ReceiverAct[] | [(call: ReceivedCall, count: number) => ReceiverAct]): void {
    const [first] = acts;
    const act =
      typeof first === 'function'
        ? first
        : (_call: ReceivedCall, count: number) => acts[Math.min(count, acts.length) - 1] as ReceiverAct;
    this.#scripts.set(url, act);
  }

  async call(call: WebhookCall): Promise<CallResult> {
    const received = { ...call, at: this.#clock.now(), id: call.headers['webhook-id'] ?? '' };
    this.calls.push(received);
    const count = this.calls.filter(({ url }) => url === call.url).length;
    const act = this.#scripts.get(call.url)?.(received, count) ?? 200;
    this.#enter(call.url);
    const startedAt = this.#clock.now();
    const result = await Promise.race([this.#act(act, call.timeoutMs), cutOff(call.cut)]);
    this.#atOnce.set(call.url, (this.#atOnce.get(call.url) ?? 1) - 1);
    return { ...result, durationMs: this.#clock.now() - startedAt };
  }

  judge(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Ids that a URL has received, in order. */
  idsAt(url: string): string[] {
    return this.calls.filter((call) => call.url === url).map(({ id }) => id);
  }

  #enter(url: string): void {
    const now = (this.#atOnce.get(url) ?? 0) + 1;
    this.#atOnce.set(url, now);
    this.atOnceMax.set(url, Math.max(now, this.atOnceMax.get(url) ?? 0));
  }

  async #act(act: ReceiverAct, timeoutMs: number): Promise<CallResult> {
    const details = typeof act === 'number' ? { status: act } : act;
    const afterMs = details.afterMs ?? 0;
    if (afterMs >= timeoutMs) {
      await this.#clock.sleep(timeoutMs);
      return { kind: 'failed', cause: 'timeout', detail: 'no whole answer in time', durationMs: timeoutMs };
    }
    if (afterMs > 0) await this.#clock.sleep(afterMs);
    if ('breaks' in details) return { kind: 'failed', cause: details.breaks, detail: 'scripted', durationMs: afterMs };
    const { status, retryAfterMs } = details;
    return {
      kind: 'answered',
      status,
      answer: `answer ${status}`,
      durationMs: afterMs,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
}
