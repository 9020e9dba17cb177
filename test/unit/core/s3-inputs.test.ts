// The bucket of inputs beside an S3 that fails: that says 200 and means an error, refuses, breaks off or never answers.
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { makeS3Inputs } from '../../../core/adapters/s3-inputs.ts';
import type { AddressInfo } from 'node:net';
import type { Server, ServerResponse } from 'node:http';

const COPIED = '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>';
const FAILED = '<Error><Code>InternalError</Code></Error>';
const known = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' };

let server: Server;
let asked = 0;

/** Answers each call in turn, and all others as the last. */
async function inputsBeside(...answers: readonly ((response: ServerResponse) => void)[]) {
  asked = 0;
  server = createServer((request, response) => {
    request.resume();
    asked += 1;
    answers[Math.min(asked, answers.length) - 1]?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = { now: () => Date.now() };
  return makeS3Inputs({ bucket: 'media', clock, endpoint, access: async () => known }, { tryMs: 100, copyMs: 200 });
}

function says(status: number, body: string): (response: ServerResponse) => void {
  return (response) => void response.writeHead(status).end(body);
}

function never(): void {
  // The connection stays open.
}

function breaksOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '100' }).write('half');
  response.destroy();
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('an input in S3', () => {
  it('is not taken for copied where S3 says 200 and means an error, and is copied again', async () => {
    const inputs = await inputsBeside(says(200, FAILED), says(200, COPIED));
    expect(await inputs.adoptUpload('unused/a', 'inputs/uploads/a')).toBe(true);
    expect(asked).toBe(2);
    server.close();
    const failing = await inputsBeside(says(200, FAILED));
    await expect(failing.adoptUpload('unused/a', 'inputs/uploads/a')).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    expect(asked).toBe(3);
  });

  it.each([
    ['refuses', says(403, FAILED), 1],
    ['never answers', never, 3],
    ['breaks off', breaksOff, 3],
    ['is overloaded', says(503, FAILED), 3],
  ])('is an error of the store where S3 %s, after so many calls', async (_what, answer, calls) => {
    const inputs = await inputsBeside(answer);
    await expect(inputs.readInput('inputs/a')).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(asked).toBe(calls);
  });

  it('that a slow S3 copies has more time than others, and is not begun again when that is over', async () => {
    const slow = (response: ServerResponse) => void setTimeout(() => says(200, COPIED)(response), 150);
    const inputs = await inputsBeside(slow);
    expect(await inputs.adoptUpload('unused/a', 'inputs/uploads/a')).toBe(true);
    server.closeAllConnections();
    server.close();
    const hanging = await inputsBeside(never);
    await expect(hanging.adoptUpload('unused/a', 'inputs/uploads/a')).rejects.toThrow();
    expect(asked).toBeLessThan(3);
  });

  it('is absent where S3 knows no such key', async () => {
    const inputs = await inputsBeside(says(404, FAILED));
    expect(await inputs.readInput('inputs/a')).toBeUndefined();
    expect(await inputs.renewUpload('inputs/a')).toBe(false);
  });
});
