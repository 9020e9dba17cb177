// An answer that is an error, in Get3W's form `{code, error}`. Calls throw it, the HTTP envelope writes it.
// It uses the texts of Get3W's table word for word, so that a client that matches on them works unchanged; `details`
// adds what is wrong with the request.
import { httpErrorText, ownRefusals } from '../domain/error-catalogue.ts';
import type { OwnRefusalName } from '../domain/error-catalogue.ts';

export interface FailureBody {
  readonly code: number;
  readonly error: string;
  /** What is wrong with this request, for a person to read; absent where `error` is enough. */
  readonly details?: string;
}

export class HttpFailure extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: string | undefined;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}, details?: string) {
    super(text);
    this.name = 'HttpFailure';
    this.status = status;
    this.headers = headers;
    this.details = details;
  }

  get body(): FailureBody {
    const { status: code, message: error, details } = this;
    return { code, error, ...(details !== undefined && { details }) };
  }
}

/** Get3W's own text for the status; `index` picks one of the texts of 401. */
export function documentedFailure(
  status: number,
  index = 0,
  headers: Readonly<Record<string, string>> = {},
  details?: string,
): HttpFailure {
  return new HttpFailure(status, httpErrorText(status, index), headers, details);
}

/** A refusal that is the relay's own; `details` says why this request meets it. */
export function ownFailure(
  name: OwnRefusalName,
  details?: string,
  headers: Readonly<Record<string, string>> = {},
): HttpFailure {
  const { status, text } = ownRefusals[name];
  return new HttpFailure(status, text, headers, details);
}

/** A 400 with Get3W's text, and what is wrong as its details. */
export function invalidParameter(what: string): HttpFailure {
  return documentedFailure(400, 0, {}, what);
}

/** A 404 with Get3W's text, for a path that can be explained. */
export function notFound(why: string): HttpFailure {
  return documentedFailure(404, 0, {}, why);
}

export function seconds(delayMs: number): string {
  return String(Math.max(1, Math.ceil(delayMs / 1_000)));
}
