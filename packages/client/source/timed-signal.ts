// Time as the client needs it: a signal that ends what it is given to after a while or when the caller says so, and a
// pause that such a signal ends. Who ended it is read from the signal's reason.

export interface TimedSignal {
  readonly signal: AbortSignal;
  /** Whether the time ran out, and not the caller's signal. */
  isTimedOut(): boolean;
  /** Gives the timer and the caller's signal back. */
  release(): void;
}

/** A signal that aborts after `timeoutMs`, or with the caller's own. */
export function timedSignal(timeoutMs: number, callers?: AbortSignal): TimedSignal {
  const controller = new AbortController();
  let isTimedOut = false;
  const abort = (): void => controller.abort();
  const timer = setTimeout(() => {
    isTimedOut = true;
    abort();
  }, timeoutMs);
  if (callers?.aborted) abort();
  callers?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    isTimedOut: () => isTimedOut,
    release: () => {
      clearTimeout(timer);
      callers?.removeEventListener('abort', abort);
    },
  };
}

/** Ends after `delayMs`, or earlier with the signal: never by an error, so look at the signal afterwards. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener('abort', end);
  });
}
