// Clients written for Get3W, run as programs of their own against the relay: only base URL and key are the relay's.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRelay } from '../support/relay-process.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const run = promisify(execFile);
let relay: RelayProcess;

beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

async function client(file: string, model: string): Promise<unknown> {
  const script = join(import.meta.dirname, '..', '..', 'checks', 'clients', file);
  const { stdout } = await run(process.execPath, [script, relay.url, relay.apiKey, model], { timeout: 45_000 });
  return JSON.parse(stdout);
}

describe('a client written for Get3W', () => {
  it('that submits and polls gets its picture, and never sees the failures on the way', async () => {
    const task = await client('async-client.mjs', 'simulator/5003.429.500.0/text-to-image');
    expect(task).toMatchObject({
      status: 'completed',
      code: 0,
      error: null,
      outputs: [expect.stringMatching(/\.png$/)],
    });
  });

  it('that submits and polls is told of a failure with the code and text of Get3W', async () => {
    const task = await client('async-client.mjs', 'simulator/1200/text-to-image');
    expect(task).toMatchObject({
      status: 'failed',
      code: 1200,
      outputs: null,
      error: expect.stringContaining('moderation'),
    });
  });

  it('that waits for a webhook is called once with the bare task object', async () => {
    const task = await client('webhook-client.mjs', 'simulator/5003.0/text-to-image');
    expect(task).toMatchObject({ status: 'completed', code: 0, outputs: [expect.any(String)] });
  });

  it('that waits for a webhook hears of a failure too', async () => {
    expect(await client('webhook-client.mjs', 'simulator/1403/text-to-image')).toMatchObject({
      status: 'failed',
      code: 1403,
    });
  });
});
