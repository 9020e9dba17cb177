// Why a message could not be served: what the functions leave behind for whoever finds it in a dead-letter queue.
// The message itself cannot be changed any more, and its log line is hard to find; this lies beside the tasks.

/** A message that a flow could not serve and that must come again, with what kept it from being served. */
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
  /** Class of the error, its code where it has one, and what it says, as far as a log may say it. */
  readonly error: { readonly name: string; readonly code?: string | undefined; readonly text: string };
}

/** A fault as it was met; what of the error may be kept, the port's adapter decides. */
export type MetFault = Omit<MessageFault, 'error' | 'at' | 'service'> & { readonly error: unknown };

export interface FaultRecorder {
  /** Keeps the latest fault of each message for as long as a dead-letter queue keeps messages. */
  recordFaults(faults: readonly MetFault[]): Promise<void>;
}

export interface FaultReader {
  /** The latest fault of each of these messages; those without one are left out. */
  faultsOf(messageIds: readonly string[]): Promise<readonly MessageFault[]>;
}
