// `npm run test:clients`: runs the Python client of Get3W's error page against a local relay. Brings what it needs:
// a virtual environment of its own with `requests` from PyPI. The JavaScript clients are in test/system.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openWebhookInbox } from '../../test/support/webhook-inbox.ts';
import { startRelay } from '../../test/support/relay-process.ts';

const root = join(import.meta.dirname, '..', '..');
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
try {
  const { spawn } = await import('node:child_process');
  const client = spawn(
    python,
    [join(import.meta.dirname, 'retry_loop.py'), relay.url, relay.apiKey, `${inbox.url}/hook`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let printed = '';
  client.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const status = await new Promise((resolve) => client.on('close', resolve));
  if (status !== 0) fail('a client written for Get3W does not work with the relay as it is');
  const { hooked } = JSON.parse(printed) as { hooked: string };
  const until = Date.now() + 20_000;
  while (!inbox.received('/hook').some(({ bodyText }) => bodyText.includes(hooked))) {
    if (Date.now() > until) fail('the webhook that the client asked for did not come');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.stdout.write(`test:clients: every client works unchanged ${printed}`);
} finally {
  await relay.stop();
  await inbox.close();
}
