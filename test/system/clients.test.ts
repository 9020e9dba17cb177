// Clients written for Get3W, run as programs of their own against the relay: only base URL and key are the relay's.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { startRelay } from '../support/relay-process.ts';
import { gatewayRefusals, openTroubledGateway } from '../support/troubled-gateway.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
let relay: RelayProcess;

beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

async function client(file: string, model: string, url = relay.url): Promise<unknown> {
  const script = join(root, 'checks', 'clients', file);
  const { stdout } = await run(process.execPath, [script, url, relay.apiKey, model], { timeout: 45_000 });
  return JSON.parse(stdout);
}

describe('a client written for Get3W', () => {
  it('that submits and polls gets its picture, and never sees the failures in between', async () => {
    const task = await client('async-client.mjs', 'simulator/5003.429.500.0/text-to-image');
    expect(task).toMatchObject({
      status: 'completed',
      code: 0,
      error: null,
      outputs: [expect.stringMatching(/\.png$/)],
    });
  });

  it('that submits and polls receives a failure with the code and text of Get3W', async () => {
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

  it('that waits for a webhook receives a failure too', async () => {
    expect(await client('webhook-client.mjs', 'simulator/1403/text-to-image')).toMatchObject({
      status: 'failed',
      code: 1403,
    });
  });
});

/** The tasks that there are of a model, which no other test uses. */
async function tasksOf(model: string): Promise<readonly PublicTask[]> {
  const path = `/v1/requests?model=${encodeURIComponent(model)}`;
  return (await new RelayClient(relay.url, relay.apiKey).call<{ data: PublicTask[] }>('GET', path)).body.data;
}

describe('a client that the gateway answers with its own 429, 500 and 503', () => {
  it.each([
    ['async-client.mjs', 'gateway/polled/text-to-image', { GET: [429, 500, 503], POST: [429, 500, 503] }],
    ['webhook-client.mjs', 'gateway/hooked/text-to-image', { GET: [], POST: [429, 500, 503] }],
  ])('%s gets its picture all the same, and has made one task', async (file, model, refused) => {
    const gateway = await openTroubledGateway(relay.url);
    const task = await client(file, model, gateway.url);
    expect(task).toMatchObject({ status: 'completed', code: 0, outputs: [expect.any(String)] });
    expect(gateway.refused).toEqual(refused);
    expect(await tasksOf(model)).toHaveLength(1);
    await gateway.close();
  });

  it('reads each of them in its own form with errorOf of the documentation', async () => {
    const gateway = await openTroubledGateway(relay.url);
    const args = [join(root, 'checks', 'clients', 'either-error.mjs'), relay.url, relay.apiKey];
    const { stdout } = await run(process.execPath, [...args, ...gatewayRefusals.map(() => `${gateway.url}/health`)]);
    expect(JSON.parse(stdout)).toMatchObject({
      others: gatewayRefusals.map(({ status, message }) => ({ code: status, text: message })),
    });
    await gateway.close();
  });

  it('is shown in the documentation as it was tested', async () => {
    const [page, source] = await Promise.all([
      readFile(join(root, 'docs', 'errors.md'), 'utf8'),
      readFile(join(root, 'checks', 'clients', 'patient-fetch.mjs'), 'utf8'),
    ]);
    const shown = [...page.matchAll(/```js\n([\s\S]+?)```/g)].map(([, code = '']) => code);
    expect(shown.some((code) => code.includes('patientFetch') && source.includes(code))).toBe(true);
  });
});
