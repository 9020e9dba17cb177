// Waiting on a state outside of a test run: for scripts, which have no `expect`. Inside of tests eventually.ts does it,
// which also says what was expected instead.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls every 200 ms until the state is reached.
 * @throws Error when it is not there by `timeoutMs`.
 */
export async function until(isThere: () => Promise<boolean> | boolean, timeoutMs = 60_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(200)) {
    if (await isThere()) return;
  }
  throw new Error(`not so after ${timeoutMs / 1_000} s: ${isThere.toString().slice(0, 200)}`);
}
