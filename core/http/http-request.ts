// A request on its way through an HTTP function: the event, and what is learned about it for its one line in the log.
// Each step notes what it knows on the request that it was handed, so that a call that fails is told of as well.
import { correlationIdOf } from './correlation-id.ts';
import type { WideLine } from '../contract/wide-lines.ts';

export type RequestNotes = WideLine<'request'>;

/** What is read of API Gateway's event, in its own words. */
export interface HttpEvent {
  /** Method and path as the route has them. */
  readonly routeKey: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  /** As it came, without its question mark. */
  readonly rawQueryString?: string;
  /** Decoded, values of one name joined by commas. */
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly requestId: string;
    readonly http: { readonly method: string; readonly path: string };
  };
}

export class HttpRequest {
  readonly event: HttpEvent;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** By which its client finds the call in the log. */
  readonly correlationId: string;
  #notes: RequestNotes = {};

  constructor(event: HttpEvent, startedAt: number) {
    this.event = event;
    this.startedAt = startedAt;
    this.correlationId = correlationIdOf(event.headers, event.requestContext.requestId);
  }

  note(notes: RequestNotes): void {
    this.#notes = { ...this.#notes, ...notes };
  }

  get notes(): RequestNotes {
    return { correlationId: this.correlationId, ...this.#notes };
  }
}
