// The relay's own faults, one class and one closed set of codes. What Get3W answers is an event, never an error.
// Answers to clients are HttpFailure's; SDK faults are sorted in adapters/sdk-faults.ts.

export type RelayErrorCode =
  | 'environment-incomplete'
  | 'settings-invalid'
  | 'bad-cursor'
  | 'store-unavailable'
  | 'store-contended'
  | 'secret-unavailable'
  | 'message-unreadable'
  /** A decision would have left its task in a state that cannot be: nothing was written. */
  | 'decision-unsound'
  /** The stored row of a task is in a state that cannot be, or cannot be read at all. */
  | 'task-damaged';

export class RelayError extends Error {
  readonly code: RelayErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: RelayErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RelayError';
    this.code = code;
    this.details = details;
  }
}
