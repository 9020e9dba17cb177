// What a call of an HTTP function returns, before the envelope turns it into Lambda's form.
// Errors are no answers: they are thrown as HttpFailure.
import type { WideLine } from '../contract/wide-lines.ts';

/** A status and a value to be written as JSON; a text goes out as it is. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the log's line of the request tells of it besides; never sent. */
  readonly about?: Pick<WideLine<'request'>, 'taskId' | 'model' | 'attempt' | 'isReplay'>;
}
