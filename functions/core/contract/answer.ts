// What a call of an HTTP function returns, before the envelope turns it into Lambda's form.
// Errors are no answers: they are thrown as HttpFailure.

/** A status and a value to be written as JSON; a text goes out as it is. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
