// A time limit of our own over one call of an SDK, its tries and waits included. The SDK's limits are for each try, and
// hold only while its transport emits what it should; this one is a timer and nothing else.

/** By its name it counts as a call that nobody answered, see sdk-faults.ts. */
class CallTimeout extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * @param call is handed a signal that aborts when the time is over; whether it listens makes no difference.
 * @throws Error named `TimeoutError` when it has not settled by then.
 */
export async function callWithin<Value>(
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const overtime = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const timeout = new CallTimeout(`no answer within ${timeoutMs} ms`);
    overtime.reject(timeout);
    controller.abort(timeout);
  }, timeoutMs);
  try {
    return await Promise.race([call(controller.signal), overtime.promise]);
  } finally {
    clearTimeout(timer);
  }
}
