// `npm run test:receivers`: the Python receiver of examples/ with the specification's own package, called by a local
// relay. Brings what it needs: a virtual environment of its own with `standardwebhooks` from PyPI.
// The receivers that need nothing are tested in test/system.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startRelay } from '../../test/support/relay-process.ts';

const root = join(import.meta.dirname, '..', '..');
const environment = join(root, '.cache', 'python-receivers');
const python = join(environment, 'bin', 'python');
const script = join(root, 'examples', 'receiver-python', 'receive_webhooks.py');
const RECEIVER_PORT = 18_080;

function fail(what: string): never {
  process.stderr.write(`test:receivers: ${what}\n`);
  process.exit(1);
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) fail(`${command} cannot be run (${error.message}): install Python 3.9 or newer with its venv module`);
  if (status !== 0) fail(`${command} ${args.join(' ')} ended with ${String(status)}`);
}

interface Report {
  readonly passed: boolean;
}

if (!existsSync(python)) run('python3', ['-m', 'venv', environment]);
run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'standardwebhooks==1.*']);

const relay = await startRelay();

async function call<Body>(path: string, body: unknown): Promise<Body> {
  const headers = { authorization: `Bearer ${relay.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${relay.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Body;
}

try {
  const url = `http://127.0.0.1:${RECEIVER_PORT}/hook`;
  const { id, secret } = await call<{ id: string; secret: string }>('/v1/webhook-endpoints', { url });
  const env = { ...process.env, PORT: String(RECEIVER_PORT), WEBHOOK_SECRET: secret };
  const receiver = spawn(python, [script, '--package'], { stdio: ['ignore', 'pipe', 'inherit'], env });
  await once(receiver.stdout, 'data');
  const report = await call<Report>(`/v1/webhook-endpoints/${id}/test`, {});
  receiver.kill();
  if (!report.passed) fail(`the receiver with the package fails its checks: ${JSON.stringify(report)}`);
  process.stdout.write(
    'test:receivers: the Python receiver with its package accepts good webhooks and refuses the others\n',
  );
} finally {
  await relay.stop();
}
