// The reader of small files beside the S3 of one machine, and beside one that refuses.
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signAddress } from '../../../core/adapters/s3-signer.ts';
import { makeS3SmallFiles } from '../../../core/adapters/s3-small-files.ts';
import { startObjectServer } from '../../../local/objects/object-server.ts';
import type { AddressInfo } from 'node:net';
import type { S3SignerOptions } from '../../../core/adapters/s3-signer.ts';

const known = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' };
const folder = mkdtempSync(join(tmpdir(), 'relay-small-files-'));
let objects: Awaited<ReturnType<typeof startObjectServer>>;

function optionsAt(endpoint: string): S3SignerOptions {
  return { bucket: 'media', clock: { now: () => Date.now() }, endpoint, access: async () => known };
}

async function put(key: string, content: Buffer): Promise<void> {
  const headers = { 'content-type': 'image/png' };
  const url = await signAddress(optionsAt(objects.url), { method: 'PUT', key, signedMs: 60_000, headers });
  expect((await fetch(url, { method: 'PUT', headers, body: new Uint8Array(content) })).status).toBe(200);
}

beforeAll(async () => {
  objects = await startObjectServer({ directory: folder });
  objects.setBuckets(['media']);
});
afterAll(async () => {
  await objects.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a small file of the bucket', () => {
  it('is read whole with its type, whether its length is known or not', async () => {
    const files = makeS3SmallFiles(optionsAt(objects.url));
    const content = Buffer.from('\x89PNG and \xff', 'latin1');
    await put('outputs/a', content);
    for (const bytes of [content.length, undefined]) {
      expect(await files.read('outputs/a', content.length, bytes)).toEqual({ content, contentType: 'image/png' });
    }
  });

  it('says of itself what it is, and nothing where it is not there', async () => {
    const files = makeS3SmallFiles(optionsAt(objects.url));
    await put('inputs/kind', Buffer.alloc(5_000));
    expect(await files.kindOf('inputs/kind')).toEqual({ bytes: 5_000, contentType: 'image/png' });
    expect(await files.kindOf('inputs/no-kind')).toBeUndefined();
  });

  it.each([
    ['longer', Buffer.alloc(11)],
    ['empty', Buffer.alloc(0)],
  ])('that is %s is left to the bucket', async (name, content) => {
    const files = makeS3SmallFiles(optionsAt(objects.url));
    await put(`inputs/${name}`, content);
    expect(await files.read(`inputs/${name}`, 10)).toBeUndefined();
  });

  it('that is not there, or whose length was known wrongly, is left to the bucket', async () => {
    const files = makeS3SmallFiles(optionsAt(objects.url));
    await put('inputs/long', Buffer.alloc(11));
    expect(await files.read('inputs/none', 10)).toBeUndefined();
    expect(await files.read('inputs/none', 10, 5)).toBeUndefined();
    expect(await files.read('inputs/long', 10, 5)).toBeUndefined();
  });

  it('is refused with the store’s own error where S3 refuses', async () => {
    const server = createServer((_request, response) => void response.writeHead(403).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const files = makeS3SmallFiles(optionsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    await expect(files.read('outputs/a', 10, 5)).rejects.toMatchObject({ code: 'store-unavailable' });
    server.close();
  });
});
