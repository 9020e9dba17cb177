// How many requests per second an account may make. Each copy of the function counts in memory and reports to the
// account's item only what exceeds a trickle, in lots: no request of a usual client costs a write. The item holds one
// time: until when the account's rate is used up. It is read with the account anyway. The promise: over ten seconds an
// account gets its rate to within a fifth.
import { documentedFailure, seconds } from '../../core/http/http-failure.ts';
import type { Account } from '../../core/domain/account.ts';
import type { ShareSettings } from '../../core/domain/share-settings.ts';
import type { AccountStore, Clock, Log, MetricSink } from '../../core/ports/ports.ts';

interface MeterPorts {
  readonly accounts: Pick<AccountStore, 'useRequests'>;
  readonly clock: Clock;
  readonly metrics: MetricSink;
  readonly log: Log;
  readonly settings: { readonly shares: ShareSettings };
}

/** The burst allowed beyond the rate: a second's worth, saved up while there were no requests. */
const BURST_MS = 1_000;
/** A trickle: a tenth of a second's worth in a second. Also how many requests are reported together. */
const LOTS_A_SECOND = 10;
const WINDOW_MS = 1_000;

interface Count {
  windowAt: number;
  /** Requests that were let in but not reported yet. */
  unreported: number;
  /** Until when the account's rate is used up, as far as this copy knows. */
  usedUntil: number;
}

/**
 * The fields of draft-ietf-httpapi-ratelimit-headers-10: the policy, a second's worth of requests a second, and what is
 * left of it until it is whole again.
 */
function rateLimit(rate: number, left: number, resetSeconds: string): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"requests";q=${rate};w=${WINDOW_MS / 1_000}`,
    ratelimit: `"requests";r=${left};t=${resetSeconds}`,
  };
}

/** Copies forget accounts that have been idle for long, so that memory holds only active ones. */
const ACCOUNTS_MAX = 1_000;

export class RequestMeter {
  readonly #ports: MeterPorts;
  readonly #counts = new Map<string, Count>();

  constructor(ports: MeterPorts) {
    this.#ports = ports;
  }

  /**
   * Counts one request of an account.
   * @returns the headers that tell the client what is left; none for an account without a bound.
   * @throws HttpFailure 429 when the account has used up its rate. A refused request is not counted.
   */
  async admit(account: Account): Promise<Readonly<Record<string, string>>> {
    const { clock, metrics, settings } = this.#ports;
    const rate = account.requestsPerSecond ?? (account.isOperator ? undefined : settings.shares.requestsPerSecond);
    if (rate === undefined) return {};
    const now = clock.now();
    const count = this.#countOf(account, now);
    const aheadMs = count.usedUntil - now;
    if (aheadMs >= BURST_MS) {
      metrics.emit({ values: { RequestsRefused: 1 }, properties: { accountId: account.id } });
      const details = `the account may make ${rate} requests a second`;
      const waitSeconds = seconds(aheadMs - BURST_MS);
      throw documentedFailure(429, 0, { 'retry-after': waitSeconds, ...rateLimit(rate, 0, waitSeconds) }, details);
    }
    count.unreported += 1;
    if (count.unreported >= Math.max(1, Math.floor(rate / LOTS_A_SECOND))) await this.#report(account.id, count, rate);
    return rateLimit(rate, this.#leftOf(count, rate, now), '1');
  }

  /** Requests that the account may still make at once, as far as this copy knows: others count beside it. */
  #leftOf({ usedUntil, unreported }: Count, rate: number, now: number): number {
    const burst = (rate * BURST_MS) / WINDOW_MS;
    const used = (rate * Math.max(0, usedUntil - now)) / WINDOW_MS;
    return Math.max(0, Math.floor(burst - used - unreported));
  }

  #countOf(account: Account, now: number): Count {
    const count = this.#counts.get(account.id) ?? { windowAt: now, unreported: 0, usedUntil: 0 };
    // Moved to the end of the map: the first entry is the one that has been idle longest.
    this.#counts.delete(account.id);
    this.#counts.set(account.id, count);
    const [oldest] = this.#counts.size > ACCOUNTS_MAX ? this.#counts.keys() : [];
    if (oldest !== undefined) this.#counts.delete(oldest);
    count.usedUntil = Math.max(count.usedUntil, account.requestsUsedUntil ?? 0);
    if (now - count.windowAt >= WINDOW_MS) {
      count.windowAt = now;
      // Forgiven only while no copy has reported anything for a second: a trickle, wherever it is counted.
      if (count.usedUntil + WINDOW_MS <= now) count.unreported = 0;
    }
    return count;
  }

  async #report(accountId: string, count: Count, rate: number): Promise<void> {
    const requests = count.unreported;
    count.unreported = 0;
    const usedMs = Math.round((requests * 1_000) / rate);
    try {
      const usedUntil = await this.#ports.accounts.useRequests(accountId, usedMs);
      count.usedUntil = Math.max(count.usedUntil, usedUntil);
    } catch (error) {
      // One request too many is better than a relay that answers no client because it cannot count.
      this.#ports.log.warn('Requests of an account could not be counted', { accountId, requests, error });
    }
  }
}
