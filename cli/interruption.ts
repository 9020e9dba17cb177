// Ctrl-C in a command that follows something which goes on without it: the command stops following, and says how things
// stand. A second Ctrl-C ends it at once.

/** Runs `work` with a signal that is raised by the first Ctrl-C, or by the end that a supervisor asks for. */
export async function untilInterrupted<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const controller = new AbortController();
  const interrupt = (): void => {
    stopListening();
    controller.abort();
  };
  const stopListening = (): void => void process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}
