// Downloading an output that was paid for: again after a failure, bounded, with an error that names task and address.
import { describe, expect, it } from 'vitest';
import { readOutput } from '../../../packages/client/source/read-output.ts';
import { AbortedError } from '../../../packages/client/source/relay-errors.ts';

const OUTPUT_URL = 'https://outputs.example/1.png';

/** Answers call by call. */
function answering(...answers: readonly (() => Response)[]): { readonly fetch: typeof fetch; calls(): number } {
  let calls = 0;
  const answer = (): Promise<Response> => {
    const next = answers[Math.min(calls++, answers.length - 1)];
    return next ? Promise.resolve(next()) : Promise.reject(new Error('no answer'));
  };
  return { fetch: answer, calls: () => calls };
}

describe('an output', () => {
  it('is read again after a failure', async () => {
    const { fetch, calls } = answering(
      () => new Response('busy', { status: 503 }),
      () => new Response(new Uint8Array([1, 2, 3])),
    );
    expect(await readOutput(OUTPUT_URL, { taskId: 't1', fetch })).toEqual(new Uint8Array([1, 2, 3]));
    expect(calls()).toBe(2);
  });

  it('that cannot be read ends in an error that names the task and the address', async () => {
    const { fetch, calls } = answering(() => new Response('gone', { status: 404 }));
    await expect(readOutput(OUTPUT_URL, { taskId: 't1', fetch })).rejects.toThrow(
      `the task t1 has completed, and its output at ${OUTPUT_URL}`,
    );
    expect(calls()).toBe(3);
  });

  it('without an end is cut off at its bound', async () => {
    let sent = 0;
    const megabytes = new Uint8Array(50_000_000);
    const endless = (): Response =>
      new Response(
        new ReadableStream({
          pull: (stream) => {
            sent++;
            stream.enqueue(megabytes);
          },
        }),
      );
    const { fetch } = answering(endless);
    await expect(readOutput(OUTPUT_URL, { taskId: 't1', fetch })).rejects.toMatchObject({
      cause: { message: 'larger than 200000000 bytes' },
    });
    expect(sent).toBeLessThan(30);
  });

  it('is not read again once its caller has aborted', async () => {
    const abort = new AbortController();
    const { fetch, calls } = answering(() => {
      abort.abort();
      return new Response('busy', { status: 503 });
    });
    await expect(readOutput(OUTPUT_URL, { taskId: 't1', fetch, signal: abort.signal })).rejects.toBeInstanceOf(
      AbortedError,
    );
    expect(calls()).toBe(1);
  });
});
