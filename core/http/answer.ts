// What a call of an HTTP function returns, before the envelope turns it into Lambda's form.
// An error is not an answer: a call throws it as an HttpFailure.
import type { WideLine } from '../contract/wide-lines.ts';

/** A status, and a value that is written as JSON; a string or bytes are sent unchanged. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Account whose thing the call was about, for the audit log; never sent. */
  readonly ownerId?: string;
  /** Id of what the call has made, for the same log; never sent. */
  readonly madeId?: string;
  /** What the request's log line also reports; never sent. */
  readonly about?: Pick<WideLine<'request'>, 'taskId' | 'model' | 'attempt' | 'isReplay'>;
}
