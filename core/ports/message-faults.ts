// Why a message could not be served: the functions leave it for the person who finds the message in a dead-letter
// queue.
// The message itself can no longer be changed, and its log line is hard to find; this is stored beside the tasks.

/** A message that a flow could not serve and that must be redelivered, with the cause. */
export interface FailedMessage {
  readonly messageId: string;
  readonly error: unknown;
}

export interface MessageFault {
  readonly messageId: string;
  /** Function that failed. */
  readonly service: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How often the message had been received by then. */
  readonly receiveCount: number;
  /** Class of the error, its code if it has one, and its message, as far as a log may contain it. */
  readonly error: { readonly name: string; readonly code?: string | undefined; readonly text: string };
}

/** A fault as it occurred; the port's adapter decides what of the error may be kept. */
export type MetFault = Omit<MessageFault, 'error' | 'at' | 'service'> & { readonly error: unknown };

export interface FaultRecorder {
  /** Keeps the latest fault of each message for as long as a dead-letter queue keeps messages. */
  recordFaults(faults: readonly MetFault[]): Promise<void>;
}

export interface FaultReader {
  /** The latest fault of each of these messages; those without one are left out. */
  faultsOf(messageIds: readonly string[]): Promise<readonly MessageFault[]>;
}
