// The open address of a file where the relay sends small files itself, for fetchers that follow no redirect.
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { formatFileToken } from '../../../core/domain/media/file-token.ts';
import { uploadKey, uploadToken } from '../../../core/domain/media/upload.ts';
import { getFile } from '../../../functions/api/kept-outputs.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { sampleTask } from '../../support/sample-task.ts';
import type { KeepJob } from '../../../core/domain/media/keep-job.ts';
import type { FilePorts } from '../../../functions/api/kept-ports.ts';

const secret = 's'.repeat(32);
const KEY = 'outputs/acc/task/1-0';

/** A relay that sends files of up to so many bytes, and the address of an output of 100 bytes that it keeps. */
function keepingRelay(streamBytesMax: number) {
  const { id: taskId, accountId } = sampleTask();
  const stored = { key: KEY, bytes: 100, sha256: 'a', contentType: 'image/png' };
  const output = { state: 'kept', tries: 1, keptAt: 1, ...stored } as const;
  const about = {
    taskId,
    accountId,
    end: 1,
    endedAt: 1,
    mode: 'after-end',
    rounds: 0,
    events: [],
    version: 2,
  } as const;
  const job: KeepJob = { ...about, token: secret, outputs: [output] };
  const relay = new MemoryRelay({ media: { ...defaultSettings.media, streamBytesMax } });
  relay.files.all.set(KEY, { content: Buffer.alloc(100, 7), contentType: 'image/png' });
  const kept = { loadKeepJob: async () => job, loadKeepJobs: async () => [job] };
  const ports: FilePorts & Pick<MemoryRelay, 'files'> = Object.assign({}, relay, { kept });
  return { relay: ports, token: formatFileToken({ taskId, index: 0, secret }) };
}

describe('the address of a small file', () => {
  it('answers its bytes, of which no browser may run anything at the relay’s own origin', async () => {
    const { relay, token } = keepingRelay(100);
    const { status, body, headers } = await getFile(relay, token);
    expect([status, body]).toEqual([200, Buffer.alloc(100, 7)]);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'no-store',
    });
  });

  it.each([
    ['unless the deployment asks for it', 0],
    ['where the file is longer than the setting', 99],
  ])('redirects to the bucket %s', async (_when, streamBytesMax) => {
    const { relay, token } = keepingRelay(streamBytesMax);
    const { status, headers } = await getFile(relay, token);
    expect([status, headers?.['location']]).toEqual([302, expect.stringContaining(KEY)]);
  });

  it('redirects where the bucket gives the relay no answer, and stays closed to who does not know it', async () => {
    const { relay, token } = keepingRelay(100);
    relay.files.failure = new Error('S3 is down');
    expect((await getFile(relay, token)).status).toBe(302);
    relay.files.failure = undefined;
    await expect(getFile(relay, `${token.slice(0, -1)}x`)).rejects.toMatchObject({ status: 404 });
  });

  it('answers an upload by what the bucket says of its length', async () => {
    const { relay } = keepingRelay(100);
    const upload = uploadToken('acc_one', secret);
    relay.files.all.set(uploadKey(upload), { content: Buffer.from('file'), contentType: 'text/plain' });
    expect(await getFile(relay, upload)).toMatchObject({ status: 200, body: Buffer.from('file') });
    relay.files.all.set(uploadKey(upload), { content: Buffer.alloc(101), contentType: 'text/plain' });
    expect((await getFile(relay, upload)).status).toBe(302);
  });
});
