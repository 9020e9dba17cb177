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
