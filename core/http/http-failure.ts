// An answer that is an error, in Get3W's form `{code, error}`. Thrown by the calls, written by the HTTP envelope.
// The texts of Get3W's table are used word for word, so that a client that matches on them works unchanged.
import { httpErrorText } from '../domain/error-catalogue.ts';

export class HttpFailure extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.name = 'HttpFailure';
    this.status = status;
    this.headers = headers;
  }
}

/** Get3W's own words for the status; `index` picks among those of 401. */
export const documentedFailure = (
  status: number,
  index = 0,
  headers: Readonly<Record<string, string>> = {},
): HttpFailure => new HttpFailure(status, httpErrorText(status, index), headers);

/** A 400 for a rule that is the relay's own: Get3W's words, and what is wrong. */
export const invalidParameter = (what: string): HttpFailure => new HttpFailure(400, `${httpErrorText(400)}: ${what}`);

export const seconds = (delayMs: number): string => String(Math.max(1, Math.ceil(delayMs / 1_000)));
