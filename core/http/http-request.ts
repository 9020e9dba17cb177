// A request on its way through an HTTP function: the event, and what its single log line will report.
// Each step notes what it knows on the request that it receives, so that a failed call is logged as fully.
import { correlationIdOf } from './correlation-id.ts';
import type { WideLine } from '../contract/wide-lines.ts';

type RequestNotes = WideLine<'request'>;

/** The parts of API Gateway's event that the relay reads, under their own names. */
export interface HttpEvent {
  /** Method and path as written in the route. */
  readonly routeKey: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  /** As sent, without the question mark. */
  readonly rawQueryString?: string;
  /** Decoded; the values of one name are joined by commas. */
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
  /** The id by which its client finds the call in the log. */
  readonly correlationId: string;
  #notes: RequestNotes = {};
  #answerHeaders: Readonly<Record<string, string>> = {};

  constructor(event: HttpEvent, startedAt: number) {
    this.event = event;
    this.startedAt = startedAt;
    this.correlationId = correlationIdOf(event.headers, event.requestContext.requestId);
  }

  note(notes: RequestNotes): void {
    this.#notes = { ...this.#notes, ...notes };
  }

  /** Headers of the answer, whatever it will be. */
  answerWith(headers: Readonly<Record<string, string>>): void {
    this.#answerHeaders = { ...this.#answerHeaders, ...headers };
  }

  get answerHeaders(): Readonly<Record<string, string>> {
    return this.#answerHeaders;
  }

  get notes(): RequestNotes {
    return { correlationId: this.correlationId, ...this.#notes };
  }
}
