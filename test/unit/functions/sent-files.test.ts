// The open address of a file where the relay sends small files itself, for fetchers that follow no redirect: called as
// anybody may call it, through the handler of the api.
import { describe, expect, it } from 'vitest';
import { routes } from '../../../core/contract/routes.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { formatFileToken } from '../../../core/domain/media/file-token.ts';
import { uploadKey, uploadToken } from '../../../core/domain/media/upload.ts';
import { makeHandler } from '../../../functions/api/handler.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { sampleTask } from '../../support/sample-task.ts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { KeepJob } from '../../../core/domain/media/keep-job.ts';

const secret = 's'.repeat(32);
const KEY = 'outputs/acc/task/1-0';
const upload = uploadToken('acc_one', secret);

/** A relay that sends files of up to so many bytes, and the address of an output of 100 bytes that it keeps. */
function keepingRelay(streamBytesMax: number, contentType = 'image/png', erased: Pick<KeepJob, 'isErased'> = {}) {
  const { id: taskId, accountId } = sampleTask();
  const stored = { key: KEY, bytes: 100, sha256: 'a', contentType };
  const output = { state: 'kept', tries: 1, keptAt: 1, ...stored } as const;
  const about = { end: 1, endedAt: 1, mode: 'after-end', rounds: 0, events: [], version: 2 } as const;
  const job: KeepJob = { taskId, accountId, ...about, token: secret, outputs: [output], ...erased };
  const relay = new MemoryRelay({ media: { ...defaultSettings.media, streamBytesMax } });
  relay.files.all.set(KEY, { content: Buffer.alloc(100, 7), contentType });
  const kept = { loadKeepJob: async () => job, loadKeepJobs: async () => [job] };
  const handler = makeHandler(Object.assign({}, relay, { kept }) as unknown as Parameters<typeof makeHandler>[0]);
  const call = async (method: string, token: string, headers: Readonly<Record<string, string>> = {}) => {
    const path = routes.getFile.path.replace('{token}', token);
    const http = { method, path };
    const event = { routeKey: `${method} ${routes.getFile.path}`, headers, requestContext: { requestId: 'r', http } };
    const { statusCode: status, ...answer } = await handler(event as unknown as APIGatewayProxyEventV2, {} as Context);
    return { status, headers: answer.headers, body: Buffer.from(answer.body ?? '', 'base64'), text: answer.body };
  };
  return { files: relay.files, call, token: formatFileToken({ taskId, index: 0, secret }) };
}

describe('the address of a small file', () => {
  it('answers its bytes, of which no browser may run anything at the relay’s own origin', async () => {
    const { call, token } = keepingRelay(100);
    const { status, body, headers } = await call('GET', token);
    expect([status, body]).toEqual([200, Buffer.alloc(100, 7)]);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('content-disposition');
  });

  it.each([
    ['video/mp4'],
    ['audio/mpeg'],
    ['model/gltf-binary'],
    ['application/pdf'],
    ['application/json'],
    ['text/plain; charset=utf-8'],
  ])('names the type of what a browser only shows: %s', async (type) => {
    const { call, token } = keepingRelay(100, type);
    const { headers } = await call('GET', token);
    expect(headers?.['content-type']).toBe(type);
    expect(headers).not.toHaveProperty('content-disposition');
  });

  it.each([
    ['text/html'],
    ['TEXT/HTML; charset=utf-8'],
    ['image/svg+xml'],
    ['Image/SVG+XML'],
    ['model/x3d+xml'],
    ['application/xhtml+xml'],
    ['text/xml'],
    ['text/javascript'],
    ['multipart/x-mixed-replace'],
    ['message/rfc822'],
    ['text/plain, text/html'],
    ['image/png\r\nx: y'],
    [''],
  ])('sends what could hold a script as bytes to be saved: %j', async (type) => {
    for (const method of ['GET', 'HEAD']) {
      const { call, token, files } = keepingRelay(100, type);
      files.all.set(uploadKey(upload), { content: Buffer.from('<script>'), contentType: type });
      for (const asked of [token, upload]) {
        expect((await call(method, asked)).headers).toMatchObject({
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment',
          'x-content-type-options': 'nosniff',
        });
      }
    }
  });

  it.each([
    ['unless the deployment asks for it', 0, {}],
    ['where the file is longer than the setting', 99, {}],
    ['where a part of it is asked for, which the bucket knows how to answer', 100, { range: 'bytes=0-9' }],
  ])('redirects to the bucket %s', async (_when, streamBytesMax, headers) => {
    const { call, token, files } = keepingRelay(streamBytesMax);
    for (const method of ['GET', 'HEAD']) {
      const answer = await call(method, token, headers);
      expect([answer.status, answer.headers?.['location']]).toEqual([302, expect.stringContaining(KEY)]);
    }
    expect(files.reads).toBeLessThanOrEqual(1);
  });

  it('answers HEAD as GET, and reads nothing of the file for it', async () => {
    const { call, token, files } = keepingRelay(100);
    files.all.set(uploadKey(upload), { content: Buffer.from('file'), contentType: 'text/plain' });
    for (const [asked, bytes] of [
      [token, 100],
      [upload, 4],
    ] as const) {
      const { status, headers, text } = await call('HEAD', asked);
      expect([status, text, headers?.['content-length']]).toEqual([200, '', String(bytes)]);
      const { headers: whole } = await call('GET', asked);
      expect(headers).toMatchObject(whole ?? {});
    }
    expect(files.reads).toBe(2);
  });

  it('redirects where the bucket gives the relay no answer, and stays closed to who does not know it', async () => {
    const { call, token, files } = keepingRelay(100);
    files.failure = new Error('S3 is down');
    expect((await call('GET', token)).status).toBe(302);
    files.failure = undefined;
    expect((await call('GET', `${token.slice(0, -1)}x`)).status).toBe(404);
  });

  it.each([0, 100])(
    'is unknown once the task is erased, sending up to %i bytes, though the bucket has it',
    async (bytes) => {
      const { call, token, files } = keepingRelay(bytes, 'image/png', { isErased: true });
      for (const method of ['GET', 'HEAD']) expect((await call(method, token)).status).toBe(404);
      expect(files.reads).toBe(0);
    },
  );

  it('answers an upload by what the bucket says of its length, and leads to the bucket itself', async () => {
    const { call, files } = keepingRelay(100);
    files.all.set(uploadKey(upload), { content: Buffer.from('file'), contentType: 'text/plain' });
    expect(await call('GET', upload)).toMatchObject({ status: 200, body: Buffer.from('file') });
    files.all.set(uploadKey(upload), { content: Buffer.alloc(101), contentType: 'text/plain' });
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await call(method, upload);
      // A distribution would keep the error for one that no task names yet.
      expect([status, new URL(headers?.['location'] as string).host]).toEqual([302, 's3.example']);
    }
  });
});
