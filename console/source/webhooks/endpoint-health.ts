// How an endpoint does, from the API's answer: one state, a sentence that explains it, and whether its deliveries wait.
import { clockTime, dayAndTime, durationWords } from '../parts/words.ts';
import type { PublicEndpoint } from '../../../core/http/public-webhook.ts';

/** An endpoint as lists and its own call show it: figures of its lane are there once it has been called. */
export type Endpoint = PublicEndpoint & {
  readonly pending?: number | null;
  readonly oldest_undelivered_at?: string | null;
  readonly last_answer?: {
    readonly at: string;
    readonly http_status: number | null;
    readonly cause: string | null;
  } | null;
};

/** Worst first, as the list is sorted. */
const states = ['off', 'paused', 'failing', 'well'] as const;

type HealthState = (typeof states)[number];

interface Health {
  readonly state: HealthState;
  readonly word: string;
  readonly tone: 'good' | 'bad' | 'warn' | 'idle';
}

function isPaused({ paused_until: until }: Endpoint, now: number): boolean {
  return until !== null && Date.parse(until) > now;
}

export function healthOf(endpoint: Endpoint, now: number): Health {
  if (endpoint.disabled) {
    const isOwners = endpoint.disabled_reason === 'owner';
    return { state: 'off', word: 'disabled', tone: isOwners ? 'idle' : 'bad' };
  }
  if (isPaused(endpoint, now)) return { state: 'paused', word: 'paused', tone: 'warn' };
  if (endpoint.failing_since !== null) return { state: 'failing', word: 'failing', tone: 'bad' };
  return { state: 'well', word: 'delivering', tone: 'good' };
}

export function worstFirst(endpoints: readonly Endpoint[], now: number): readonly Endpoint[] {
  const rank = (endpoint: Endpoint): number => states.indexOf(healthOf(endpoint, now).state);
  return endpoints.toSorted((one, other) => rank(one) - rank(other));
}

const disabledWords: Readonly<Record<string, string>> = {
  owner: 'its owner disabled it',
  gone: 'it answered 410 Gone',
  failing: 'every call failed for five days',
};

/** Why nothing or little reaches it; undefined when it does well. */
export function troubleOf(endpoint: Endpoint, now: number): string | undefined {
  const failing =
    endpoint.failing_since === null
      ? ''
      : `Every call has failed for ${durationWords(now - Date.parse(endpoint.failing_since))}. `;
  if (endpoint.disabled) {
    const since = endpoint.disabled_at === null ? '' : ` since ${dayAndTime(endpoint.disabled_at)}`;
    const why = disabledWords[endpoint.disabled_reason ?? ''] ?? endpoint.disabled_reason;
    return `Disabled${since}: ${why}. Nothing is sent; “Recover” sends what it has missed once it is enabled.`;
  }
  if (isPaused(endpoint, now)) return `${failing}${pauseWords(endpoint, now)} Its deliveries wait until then.`;
  return failing === '' ? undefined : `${failing}The relay goes on trying.`;
}

function pauseWords({ paused_until: until }: Endpoint, now: number): string {
  const at = Date.parse(until ?? '');
  return `The relay makes no call to it until ${clockTime(at)}, in ${durationWords(Math.ceil((at - now) / 1_000) * 1_000)}.`;
}
