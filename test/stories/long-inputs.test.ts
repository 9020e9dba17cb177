// Inputs that the table is too dear for, from outside: Get3W gets them unchanged, and an erasure leaves none.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { RelayProcess } from '../support/relay-process.ts';

let relay: RelayProcess;
let client: RelayClient;

beforeAll(async () => {
  if (!isLocalTarget) return;
  relay = await startRelay();
  client = new RelayClient(relay.url, relay.apiKey);
});
afterAll(() => relay?.stop());

function inputsInBucket(): readonly string[] {
  const files = readdirSync(join(relay.dataDir, 'objects'), { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.includes('/inputs/') && name.endsWith('.content'));
}

/** A body of so many bytes in all that holds an image as a data URI. */
function bodyOf(bytes: number): string {
  const [before, after] = ['{"prompt":"a hat","image":"data:image/png;base64,', '"}'];
  return `${before}${'A'.repeat(bytes - before.length - after.length)}${after}`;
}

describe.runIf(isLocalTarget)('a long input', () => {
  it('of almost five megabytes reaches Get3W and completes, and its erasure empties the bucket', async () => {
    const id = await client.submit('google/nano-banana-pro/edit', { body: bodyOf(4_999_000) });
    expect(inputsInBucket()).toHaveLength(1);
    expect((await client.ended(id)).status).toBe('completed');
    const erase = async () => (await client.call('POST', `/v1/requests/${id}/erase`)).status;
    await expect.poll(erase, { timeout: 60_000, interval: 1_000 }).toBe(200);
    expect(inputsInBucket()).toEqual([]);
  });

  it('is refused in one sentence above the limit, without a task and without an object', async () => {
    const refused = await client.call<{ details: string }>('POST', '/v1/google/nano-banana-pro/edit', {
      body: bodyOf(5_000_001),
    });
    expect([refused.status, refused.body.details]).toEqual([400, expect.stringContaining('at most 5000000')]);
    expect(inputsInBucket()).toEqual([]);
  });

  it('may be sent without a content type up to four megabytes', async () => {
    const submit = async (bytes: number) => {
      const answer = await fetch(`${relay.url}/v1/google/nano-banana-pro/edit`, {
        method: 'POST',
        headers: { authorization: `Bearer ${relay.apiKey}`, 'content-type': 'application/octet-stream' },
        body: bodyOf(bytes),
      });
      return answer.status;
    };
    expect([await submit(3_999_000), await submit(4_100_000)]).toEqual([200, 400]);
  });
});

describe.runIf(isLocalTarget)('an upload', () => {
  interface Upload {
    readonly file_url: string;
    readonly form: { readonly url: string; readonly fields: Readonly<Record<string, string>> };
  }
  const png = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');

  async function createUpload(file: Buffer = png): Promise<Upload> {
    const body = { content_type: 'image/png', bytes: file.length };
    const answer = await client.call<Upload>('POST', '/v1/uploads', { body });
    expect(answer.status).toBe(201);
    return answer.body;
  }

  async function send({ form }: Upload, file: Buffer, change: Readonly<Record<string, string>> = {}): Promise<number> {
    const data = new FormData();
    for (const [name, value] of Object.entries({ ...form.fields, ...change })) data.append(name, value);
    data.append('file', new Blob([new Uint8Array(file)]));
    return (await fetch(form.url, { method: 'POST', body: data })).status;
  }

  it('reaches the bucket by its form alone, and its address opens once a task names it', async () => {
    const upload = await createUpload();
    const model = 'google/nano-banana-pro/edit';
    const early = await client.call('POST', `/v1/${model}`, { body: { prompt: 'a hat', image: upload.file_url } });
    expect(early.status).toBe(400);
    expect(await send(upload, png)).toBe(204);
    expect((await fetch(upload.file_url)).status).toBe(404);
    const id = await client.submit(model, { body: { prompt: 'a hat', image: upload.file_url } });
    const fetched = await fetch(upload.file_url);
    expect([fetched.status, fetched.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(png)).toBe(true);
    expect((await client.ended(id)).status).toBe('completed');
    const erase = async () => (await client.call('POST', `/v1/requests/${id}/erase`)).status;
    await expect.poll(erase, { timeout: 60_000, interval: 1_000 }).toBe(200);
    expect((await fetch(upload.file_url)).status).toBe(404);
  });

  it('is sent by the relay itself where it is tiny, and redirected to where it is not', async () => {
    const model = 'google/nano-banana-pro/edit';
    const open = async (file: Buffer) => {
      const upload = await createUpload(file);
      expect(await send(upload, file)).toBe(204);
      await client.submit(model, { body: { prompt: 'a hat', image: upload.file_url } });
      return fetch(upload.file_url, { redirect: 'manual' });
    };
    const sent = await open(png);
    expect([sent.status, sent.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(sent.headers.get('content-security-policy')).toContain('sandbox');
    expect(Buffer.from(await sent.arrayBuffer()).equals(png)).toBe(true);
    expect((await open(Buffer.concat([png, Buffer.alloc(200)]))).status).toBe(302);
  });

  it.each([
    ['another size', Buffer.concat([png, png]), {}, 400],
    ['another type', png, { 'Content-Type': 'text/html' }, 403],
    ['another key', png, { key: 'outputs/acc_other/1' }, 403],
    ['a policy that was changed', png, { Policy: Buffer.from('{"conditions":[]}').toString('base64') }, 403],
    ['a field that the policy does not name', png, { acl: 'public-read' }, 403],
  ])('is refused with %s', async (_name, file, change, status) => {
    expect(await send(await createUpload(), file, change)).toBe(status);
  });
});
