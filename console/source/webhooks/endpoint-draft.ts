// What the form of an endpoint holds, and the body that the API takes of it: only what differs from the endpoint as it
// is, so that an edit does not undo what another operator changed meanwhile.
import type { Endpoint } from './endpoint-health.ts';

/** As core/domain/webhook/outbox-event.ts has them; a test holds the lists equal. */
export const eventTypes: readonly string[] = [
  'task.completed',
  'task.failed',
  'task.cancelled',
  'task.outputs-kept',
  'task.outputs-lost',
  'endpoint.disabled',
  'delivery.exhausted',
  'budget.threshold',
];

export interface EndpointDraft {
  readonly url: string;
  readonly description: string;
  /** Empty for all. */
  readonly events: readonly string[];
  /** Calls a second as typed; empty for no limit. */
  readonly rate: string;
  /** A header a line: `name: value`. */
  readonly headers: string;
  readonly shape: string;
  readonly isAsymmetric: boolean;
}

const emptyDraft: EndpointDraft = {
  url: '',
  description: '',
  events: [],
  rate: '',
  headers: '',
  shape: 'event',
  isAsymmetric: false,
};

/** @param endpoint undefined for a new one. */
export function draftOf(endpoint: Endpoint | undefined): EndpointDraft {
  if (!endpoint) return emptyDraft;
  const { url, description, events, rate_limit: rate, headers, shape, signatures } = endpoint;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return {
    url,
    description: description ?? '',
    events: events ?? [],
    rate: rate === null ? '' : String(rate),
    headers: lines.join('\n'),
    shape,
    isAsymmetric: signatures.includes('v1a'),
  };
}

/** A line without a colon is sent as a name without a value: the relay's answer then names it. */
export function headersOf(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return colon === -1 ? [line.trim(), ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

type Body = Readonly<Record<string, unknown>>;

function wholeBody(draft: EndpointDraft): Body {
  return {
    url: draft.url.trim(),
    description: draft.description.trim() === '' ? null : draft.description.trim(),
    events: draft.events.length === 0 ? null : draft.events,
    rate_limit: draft.rate.trim() === '' ? null : Number(draft.rate),
    headers: headersOf(draft.headers),
    shape: draft.shape,
    signatures: draft.isAsymmetric ? ['v1', 'v1a'] : ['v1'],
  };
}

/** @param before the endpoint as the form showed it first; undefined for a new one. */
export function bodyOf(draft: EndpointDraft, before: EndpointDraft | undefined): Body {
  const whole = wholeBody(draft);
  if (!before) return whole;
  const old = wholeBody(before);
  return Object.fromEntries(
    Object.entries(whole).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name])),
  );
}
