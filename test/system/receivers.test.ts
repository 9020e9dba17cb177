// The receivers of examples/, run as programs of their own and called by the relay: they accept what is valid, act on
// it once, and refuse the calls of the self-test that they should refuse.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { startRelay } from '../support/relay-process.ts';
import { WebhookClient } from '../support/webhook-client.ts';
import type { ChildProcess } from 'node:child_process';
import type { MadeEndpoint } from '../support/webhook-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');

function node(file: string) {
  return [process.execPath, join(examples, 'receiver-node', file)] as const;
}

const python = ['python3', join(examples, 'receiver-python', 'receive_webhooks.py')] as const;
const hasPython = spawnSync('python3', ['--version']).status === 0;

let relay: RelayProcess;
let client: WebhookClient;
const running: ChildProcess[] = [];

beforeAll(async () => {
  relay = await startRelay();
  client = new WebhookClient(relay.url, relay.apiKey);
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await client.removeEndpoints();
});
afterAll(() => relay.stop());

interface Receiver {
  readonly endpoint: MadeEndpoint;
  /** Lines that it printed: one for each webhook that it acted on. */
  readonly acted: () => readonly { readonly id: string; readonly body: Record<string, unknown> }[];
}

/** Registers an endpoint and starts a receiver with its secret; `keys` picks what it verifies with. */
async function receiver(
  [command, ...args]: readonly [string, ...string[]],
  keys: (endpoint: MadeEndpoint) => string = ({ secret }) => secret,
): Promise<Receiver> {
  const port = await freePort();
  const body = { url: `http://127.0.0.1:${port}/hook`, signatures: ['v1', 'v1a'] };
  const { body: endpoint } = await client.call<MadeEndpoint>('POST', '/v1/webhook-endpoints', { body });
  const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: keys(endpoint) };
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  running.push(child);
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await expect.poll(() => printed, { timeout: 10_000 }).toContain('ready');
  const lines = () => printed.split('\n').filter((line) => line.startsWith('{'));
  return { endpoint, acted: () => lines().map((line) => JSON.parse(line) as ReturnType<Receiver['acted']>[number]) };
}

async function behavesWell({ endpoint, acted }: Receiver): Promise<void> {
  const report = await client.call('POST', `/v1/webhook-endpoints/${endpoint.id}/test`);
  expect(report.body).toMatchObject({ passed: true, wrongly_taken: [], wrongly_refused: [] });
  const tested = acted().length;
  expect(tested).toBe(1);
  const id = await client.submit('simulator/0/text-to-image');
  await expect
    .poll(() => acted().slice(tested), { timeout: 20_000 })
    .toMatchObject([{ id: `evt_${id}_1`, body: { type: 'task.completed', data: { id, status: 'completed' } } }]);
}

describe('a receiver of the examples', () => {
  it('in TypeScript, with nothing but Node, accepts what is valid and refuses the rest', async () => {
    await behavesWell(await receiver(node('receiver.ts')));
  });

  it('in TypeScript verifies v1a with the public key alone', async () => {
    await behavesWell(await receiver(node('receiver.ts'), ({ public_key }) => public_key ?? ''));
  });

  it('in TypeScript, with the package of the specification, accepts what is valid and refuses the rest', async () => {
    await behavesWell(await receiver(node('receiver-with-package.ts')));
  });

  it.runIf(hasPython || process.env['CI'])('in Python accepts what is valid and refuses the rest', async () => {
    await behavesWell(await receiver(python));
  });

  it('keeps verifying through a rotation when it knows both secrets', async () => {
    const one = await receiver(node('receiver.ts'), ({ secret }) => secret);
    const path = `/v1/webhook-endpoints/${one.endpoint.id}`;
    await client.call('POST', `${path}/rotate-secret`, { body: {} });
    await behavesWell(one);
  });
});
