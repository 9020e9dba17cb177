// Downloads one output of a task, bounded in bytes and in time, again after a failure that may pass. The task is paid by
// now, so the error names it and the address: both can be read again later.
import { AbortedError, ConnectionError } from './relay-errors.ts';
import { pause, timedSignal } from './timed-signal.ts';

export interface OutputOptions {
  readonly taskId: string;
  readonly signal?: AbortSignal | undefined;
  /** In place of the global one. */
  readonly fetch?: typeof fetch | undefined;
}

const TRIES = 3;
const TRY_TIMEOUT_MS = 60_000;
const PAUSE_MS = 500;
/** Far above any image of a model: what is larger is no image. */
const OUTPUT_BYTES_MAX = 200_000_000;

/** @throws ConnectionError after the last try; AbortedError. */
export async function readOutput(url: string, { taskId, signal, fetch: own }: OutputOptions): Promise<Uint8Array> {
  let cause: unknown;
  for (let tried = 0; tried < TRIES; tried++) {
    const time = timedSignal(TRY_TIMEOUT_MS, signal);
    try {
      if (tried > 0) await pause(PAUSE_MS * tried, time.signal);
      return await readBounded(await (own ?? fetch)(url, { signal: time.signal }));
    } catch (error) {
      cause = error;
    } finally {
      time.release();
    }
    if (signal?.aborted) throw new AbortedError('ended by the caller', { code: 'aborted', cause });
  }
  const details = `the task ${taskId} has completed, and its output at ${url} cannot be read now`;
  throw new ConnectionError('no output', { code: 'connection', details, cause });
}

async function readBounded(response: Response): Promise<Uint8Array> {
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joined(parts, bytes);
    bytes += value.length;
    if (bytes > OUTPUT_BYTES_MAX) {
      await reader.cancel();
      throw new Error(`larger than ${OUTPUT_BYTES_MAX} bytes`);
    }
    parts.push(value);
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
