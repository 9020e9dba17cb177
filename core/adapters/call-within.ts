// A time limit of our own over one call of an SDK, including its tries and waits. The SDK's limits apply to each try,
// and hold only while its transport emits the expected events; this one is a plain timer.

/** Its name makes it count as a call without an answer, see sdk-faults.ts. */
class CallTimeout extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * @param call receives a signal that aborts when the time is over; the limit holds even if the call ignores it.
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
