// The relay's own faults, one class and one closed set of codes. What Get3W answers is an event, never an error.
// Clients are answered with HttpFailure; adapters/sdk-faults.ts classifies SDK faults.

export type RelayErrorCode =
  | 'environment-incomplete'
  | 'settings-invalid'
  | 'bad-cursor'
  | 'store-unavailable'
  | 'store-contended'
  /** The service that keeps the provider's key does not answer: this passes. */
  | 'secret-unavailable'
  /** The secret cannot be read, and waiting does not help: no permission for it or for its KMS key. A set-up fault. */
  | 'secret-denied'
  /** The secret exists but holds no key yet. */
  | 'secret-empty'
  /** The secret holds neither a key nor JSON with one. */
  | 'secret-malformed'
  | 'message-unreadable'
  /** A decision would have left its task in an impossible state: nothing was written. */
  | 'decision-unsound'
  /** The stored row of a task is in an impossible state, or cannot be read at all. */
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
