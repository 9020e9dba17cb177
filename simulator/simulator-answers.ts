// Requests and answers as the simulator sees them, independent of any HTTP server, and the few ways to build an answer.
// The texts of Get3W's errors come from the catalogue.
import { STATUS_CODES } from 'node:http';
import { httpErrorText } from '../core/domain/error-catalogue.ts';

export interface SimulatorRequest {
  readonly method: string;
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bodyText: string;
}

/** How a connection ends without an answer: before or after the task was created, or not until the client gives up. */
export type ConnectionCut = 'before-made' | 'after-made' | 'when-client-gives-up';

export interface SimulatorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** When present, the connection is closed (or held) instead of answered. */
  readonly closeConnection?: ConnectionCut;
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): SimulatorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** `{code, error}`, the one shape of Get3W's errors; the default text is the catalogue's for that status. */
export function errorAnswer(
  status: number,
  error: string = httpErrorText(status),
  headers: Readonly<Record<string, string>> = {},
): SimulatorAnswer {
  return jsonAnswer(status, { code: status, error }, headers);
}

/** What a load balancer in front of Get3W would answer: HTML, without a hint whether a task was created. */
export function gatewayAnswer(status: number): SimulatorAnswer {
  return htmlAnswer(status, `${status} ${STATUS_CODES[status] ?? 'Error'}`);
}

/** A 200 from which no client can read an id. */
export function garbledAnswer(): SimulatorAnswer {
  return htmlAnswer(200, 'One moment, please');
}

export function cutAnswer(closeConnection: ConnectionCut): SimulatorAnswer {
  return { status: 0, headers: {}, body: '', closeConnection };
}

function htmlAnswer(status: number, title: string): SimulatorAnswer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<html>\n<head><title>${title}</title></head>\n<body><center><h1>${title}</h1></center></body>\n</html>\n`,
  };
}
