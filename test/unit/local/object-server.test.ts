import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeS3Bucket } from '../../../core/adapters/s3-bucket.ts';
import { makeS3Inputs } from '../../../core/adapters/s3-inputs.ts';
import { makeS3Signer } from '../../../core/adapters/s3-signer.ts';
import { startObjectServer } from '../../../local/objects/object-server.ts';
import type { ObjectServer } from '../../../local/objects/object-server.ts';

const access = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' };
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const KEY = 'outputs/acc_1/../…/1-0';

let directory: string;
let server: ObjectServer;

async function start(port?: number): Promise<void> {
  server = await startObjectServer({ directory, port });
  server.setBuckets(['media']);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'relay-objects-'));
  await start();
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

function bucketAt(url: string) {
  return makeS3Bucket('media', new S3Client({ endpoint: url, region: 'us-east-1', credentials, forcePathStyle: true }));
}

function signed(signedMs = 60_000, now = Date.now()): Promise<string> {
  return makeS3Signer({
    bucket: 'media',
    clock: { now: () => now },
    endpoint: server.url,
    access: async () => access,
  }).sign(KEY, signedMs);
}

/** So many bytes, each position different from its neighbours. */
function* patterned(bytes: number): Generator<Buffer> {
  for (let from = 0; from < bytes; from += 65_536) {
    const chunk = Buffer.alloc(Math.min(65_536, bytes - from));
    for (let at = 0; at < chunk.length; at += 1) chunk[at] = (from + at) % 251;
    yield chunk;
  }
}

async function fetchBytes(
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Buffer; type: string | null }> {
  const answer = await fetch(await signed(), { headers, signal: AbortSignal.timeout(10_000) });
  return {
    status: answer.status,
    body: Buffer.from(await answer.arrayBuffer()),
    type: answer.headers.get('content-type'),
  };
}

describe('an object', () => {
  // One byte more than two parts, exactly two, and less than one.
  it.each([0, 5, 10_485_760, 10_485_761])('of %i bytes is read as it was stored', async (bytes) => {
    await bucketAt(server.url).store(KEY, 'video/mp4', Readable.from(patterned(bytes)));
    const { status, body, type } = await fetchBytes();
    expect([status, type, body.length]).toEqual([200, 'video/mp4', bytes]);
    expect(body.equals(Buffer.concat([...patterned(bytes)]))).toBe(true);
  });

  it('survives a restart, at the same address', async () => {
    await bucketAt(server.url).store(KEY, 'image/png', Readable.from(patterned(100)));
    const address = await signed();
    const { port } = server;
    await server.close();
    await start(port);
    expect((await fetch(address, { signal: AbortSignal.timeout(10_000) })).status).toBe(200);
  });

  it('is replaced whole, or not at all when the content breaks off', async () => {
    const bucket = bucketAt(server.url);
    await bucket.store(KEY, 'image/png', Readable.from(patterned(100)));
    async function* broken(): AsyncGenerator<Buffer> {
      yield* patterned(9_000_000);
      await Promise.resolve();
      throw new Error('broke off');
    }
    await expect(bucket.store(KEY, 'image/png', broken())).rejects.toThrow('broke off');
    expect((await fetchBytes()).body.length).toBe(100);
  });

  it('is read in part, as players ask', async () => {
    await bucketAt(server.url).store(KEY, 'video/mp4', Readable.from(patterned(1_000)));
    expect(await fetchBytes({ range: 'bytes=10-19' })).toMatchObject({
      status: 206,
      body: Buffer.from([...Array(10).keys()].map((n) => n + 10)),
    });
    expect((await fetchBytes({ range: 'bytes=-5' })).body.length).toBe(5);
    expect((await fetchBytes({ range: 'bytes=5000-' })).status).toBe(416);
  });

  it('is gone once it is removed, and may be removed again', async () => {
    const bucket = bucketAt(server.url);
    await bucket.store(KEY, 'image/png', Readable.from(patterned(100)));
    await bucket.remove(KEY);
    await bucket.remove(KEY);
    expect((await fetchBytes()).status).toBe(404);
  });
});

describe('the address of an object', () => {
  it('is good until its time is over, and never without a signature', async () => {
    await bucketAt(server.url).store(KEY, 'image/png', Readable.from(patterned(100)));
    const statusOf = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).status;
    expect(await statusOf(await signed(10_000, Date.now() - 9_000))).toBe(200);
    expect(await statusOf(await signed(10_000, Date.now() - 11_000))).toBe(403);
    expect(await statusOf((await signed()).split('?')[0] ?? '')).toBe(403);
  });
});

describe('the server', () => {
  it('is shut to every other address of the machine', async () => {
    const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ internal }) => !internal));
    // 127.0.0.2 is loopback too, but not the address that the server listens on.
    const hosts = [...others.map(({ address }) => address), '127.0.0.2'];
    for (const host of hosts) {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect({ host, port: server.port, timeout: 2_000 });
        socket.once('connect', () => resolve(`open on ${host}`));
        socket.once('error', () => resolve('shut'));
        socket.once('timeout', () => resolve('shut'));
        socket.once('close', () => socket.destroy());
      });
      expect(outcome).toBe('shut');
    }
  });
});

describe('an input', () => {
  const inputs = () =>
    makeS3Inputs({
      bucket: 'media',
      clock: { now: () => Date.now() },
      endpoint: server.url,
      access: async () => access,
    });

  it('is read as it was stored, renewed onto itself, and removed', async () => {
    const text = '{"prompt":"“ein Turm”"}';
    await inputs().storeInput('inputs/acc/1', text);
    await inputs().renewInput('inputs/acc/1');
    expect(await inputs().readInput('inputs/acc/1')).toBe(text);
    await inputs().removeInput('inputs/acc/1');
    expect(await inputs().readInput('inputs/acc/1')).toBeUndefined();
    await inputs().renewInput('inputs/acc/1');
  });
});
