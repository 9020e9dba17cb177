// Listens to what a flow logs while it serves a batch: an error that names messages is why these messages failed.
// So the cause reaches the dead-letter queue's reader without every flow having to hand it back.
import type { Log } from '../ports/ports.ts';

export interface FaultWatch {
  /** To be used in the place of the log that is watched; writes to it all the same. */
  readonly log: Log;
  /** The error last logged with a message's id; undefined when none was. */
  readonly causeOf: (messageId: string) => unknown;
}

export const watchFaults = (log: Log): FaultWatch => {
  const causes = new Map<string, unknown>();
  const error: Log['error'] = (text, fields = {}) => {
    log.error(text, fields);
    const { messageId, messageIds, error: cause } = fields;
    if (cause === undefined) return;
    for (const id of Array.isArray(messageIds) ? messageIds : [messageId]) {
      if (typeof id === 'string') causes.set(id, cause);
    }
  };
  return {
    log: { info: (...line) => log.info(...line), warn: (...line) => log.warn(...line), error },
    causeOf: (messageId) => causes.get(messageId),
  };
};
