// The relay's own faults, one class and one closed set of codes. What Get3W answers is an event, never an error.
// Answers to clients are HttpFailure's; SDK faults are sorted in adapters/sdk-faults.ts.

export type RelayErrorCode =
  | 'environment-incomplete'
  | 'settings-invalid'
  | 'bad-cursor'
  | 'store-unavailable'
  | 'store-contended'
  /** The service that keeps the provider's key does not answer: it passes. */
  | 'secret-unavailable'
  /** The secret cannot be read, and waiting does not help: no right to it, or none to its KMS key. A fault of the set-up. */
  | 'secret-denied'
  /** The secret is there and holds no key yet. */
  | 'secret-empty'
  /** What the secret holds is neither a key nor JSON with one. */
  | 'secret-malformed'
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
