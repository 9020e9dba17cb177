// `npm run test:clients`: runs packages/client, built, on the oldest Node that it declares and on this one, and the Python
// client of Get3W's error page, against a local relay. Brings what they need: that Node from npm, and a virtual environment
// with `requests` from PyPI. The JavaScript clients without a package are in test/system.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildClient } from '../../bin/build-client.ts';
import { fetchNode } from '../../test/support/fetch-node.ts';
import { openTroubledGateway } from '../../test/support/troubled-gateway.ts';
import { until } from '../../test/support/until.ts';
import { openWebhookInbox } from '../../test/support/webhook-inbox.ts';
import { startRelay } from '../../test/support/relay-process.ts';

const root = join(import.meta.dirname, '..', '..');
/** The oldest of `engines` in packages/client/package.json. */
const OLDEST_NODE = '20.0.0';
const environment = join(root, '.cache', 'python-clients');
const python = join(environment, 'bin', 'python');

function fail(what: string): never {
  process.stderr.write(`test:clients: ${what}\n`);
  process.exit(1);
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) fail(`${command} cannot be run (${error.message}): install Python 3.9 or newer with its venv module`);
  if (status !== 0) fail(`${command} ${args.join(' ')} ended with ${String(status)}`);
}

if (!existsSync(python)) run('python3', ['-m', 'venv', environment]);
run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'requests==2.*']);

const inbox = await openWebhookInbox();
const relay = await startRelay();
const gateway = await openTroubledGateway(relay.url);

/** Runs the client to its end, and waits for its webhook. */
async function runClient(url: string): Promise<string> {
  const script = join(import.meta.dirname, 'retry_loop.py');
  const client = spawn(python, [script, url, relay.apiKey, `${inbox.url}/hook`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  client.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const status = await new Promise((resolve) => client.on('close', resolve));
  if (status !== 0) fail('a client written for Get3W does not work unchanged with the relay');
  const { hooked } = JSON.parse(printed) as { hooked: string };
  await until(() => inbox.received('/hook').some(({ bodyText }) => bodyText.includes(hooked)), 20_000);
  return printed;
}

/** Runs the typed client on a Node; the client itself judges and prints what it saw. */
async function runTypedClient(node: string): Promise<string> {
  const script = join(import.meta.dirname, 'typed-client.mjs');
  const client = spawn(node, [script, relay.url, relay.apiKey, relay.webhookSecret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  client.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const status = await new Promise((resolve) => client.on('close', resolve));
  if (status !== 0) fail(`packages/client does not work on ${node}`);
  return printed;
}

try {
  buildClient();
  for (const node of [fetchNode(OLDEST_NODE), process.execPath]) {
    process.stdout.write(`test:clients: packages/client ${await runTypedClient(node)}`);
  }
  const printed = await runClient(relay.url);
  await runClient(gateway.url);
  const met = JSON.stringify(gateway.refused);
  if (met !== JSON.stringify({ GET: [429, 500, 503], POST: [429, 500, 503] }))
    fail(`the gateway answered ${met} itself`);
  process.stdout.write(`test:clients: every client works unchanged, and behind a gateway in trouble ${printed}`);
} finally {
  await gateway.close();
  await relay.stop();
  await inbox.close();
}
