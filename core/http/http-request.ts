// A request on its way through an HTTP function: the event, and what is learned about it for its one line in the log.
// Each step notes what it knows on the request that it was handed, so that a call that fails is told of as well.
import { correlationIdOf } from './correlation-id.ts';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { WideLine } from '../contract/wide-lines.ts';

export type RequestNotes = WideLine<'request'>;

export class HttpRequest {
  readonly event: APIGatewayProxyEventV2;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** By which its client finds the call in the log. */
  readonly correlationId: string;
  #notes: RequestNotes = {};

  constructor(event: APIGatewayProxyEventV2, startedAt: number) {
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
