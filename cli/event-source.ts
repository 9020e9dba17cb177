// Where `relay listen` reads an account's events from, in order and from a cursor: over HTTP, as any client of
// `GET /v1/events`, or from the table, for an account whose key the operator does not have.
import { exchange } from '../core/adapters/http-exchange.ts';
import { wantsEvent } from '../core/domain/webhook/webhook-endpoint.ts';
import { webhookBody } from '../core/domain/webhook/webhook-body.ts';
import { readEventCursor, writeEventCursor } from '../core/http/event-cursor.ts';
import { CommandFailure } from './command-failure.ts';
import { refusedAct } from './refused-act.ts';
import type { WebhookEndpoint } from '../core/domain/webhook/webhook-endpoint.ts';
import type { PublicEvent } from '../core/http/public-webhook.ts';
import type { EventStore } from '../core/ports/webhook-ports.ts';

/** An event as a webhook of it would be sent. */
export interface IncomingEvent {
  readonly id: string;
  readonly type: string;
  /** The bytes that are signed. */
  readonly body: string;
}

export interface EventPage {
  readonly events: readonly IncomingEvent[];
  /** Where to go on. */
  readonly next: string;
}

export interface EventSource {
  /**
   * @param cut ends a call that waits for its answer.
   * @throws CommandFailure for what does not pass, any other error for what may.
   */
  read(after: string, cut: AbortSignal): Promise<EventPage>;
}

const PAGE_EVENTS = 20;
const READ_TIMEOUT_MS = 30_000;
/** More than a page of the largest events. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** @param url of the relay, no slash at its end. */
export function eventsOverHttp(url: string, key: string): EventSource {
  return {
    read: async (after, cut) => {
      const path = `/v1/events?limit=${PAGE_EVENTS}&after=${encodeURIComponent(after)}`;
      const { data, next_cursor: next } = await getJson<{ data: readonly PublicEvent[]; next_cursor: string }>(
        new URL(`${url}${path}`),
        key,
        cut,
      );
      return {
        events: data.map(({ id, type, timestamp, data: content }) => ({
          id,
          type,
          body: JSON.stringify({ type, timestamp, data: content }),
        })),
        next,
      };
    },
  };
}

/** One GET that always ends. @throws CommandFailure when the relay refuses it, Error for what may pass. */
export async function getJson<Body>(url: URL, key: string, cut?: AbortSignal): Promise<Body> {
  const answer = await exchange({
    url,
    method: 'GET',
    headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
    timeoutMs: READ_TIMEOUT_MS,
    cut,
    connections: undefined,
    answerBytesMax: ANSWER_BYTES_MAX,
  });
  if (answer.kind === 'broken') throw new Error(`the relay did not answer: ${answer.code}`);
  const { status, body } = answer;
  if (status === 200) return JSON.parse(body.toString('utf8')) as Body;
  const isPassing = status === 429 || status >= 500;
  if (isPassing) throw new Error(`the relay answered ${status}`);
  const advice = 'Check the address, the key and its scopes, and the cursor.';
  throw new CommandFailure(`The relay answers ${status}: ${body.toString('utf8').slice(0, 300)}`, advice);
}

/** @throws CommandFailure for a cursor that is none: it is none the next time too. */
function placeOf(after: string): ReturnType<typeof readEventCursor> {
  try {
    return readEventCursor(after);
  } catch (error) {
    throw refusedAct(error);
  }
}

/** @param endpoint only what it would be sent, in its shape. */
export function eventsOfTable(
  store: Pick<EventStore, 'readEvents'>,
  accountId: string,
  endpoint: WebhookEndpoint | undefined,
): EventSource {
  return {
    read: async (after) => {
      const place = placeOf(after);
      const stored = await store.readEvents(accountId, place, PAGE_EVENTS);
      const last = stored.at(-1);
      const wanted = stored.filter(({ event }) => endpoint === undefined || wantsEvent(endpoint, event));
      return {
        events: wanted.map(({ event }) => ({
          id: event.id,
          type: event.type,
          body: webhookBody(event, endpoint?.shape ?? 'event'),
        })),
        next: writeEventCursor(last ? { position: last.position, id: last.event.id } : place),
      };
    },
  };
}
