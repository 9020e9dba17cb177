// Starts dynoxide, the stand-in for DynamoDB, on a free port of this machine with its data in one file, and makes sure
// that it never outlives the runtime. create-tables.ts creates its tables.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess, processStart } from '../process-identity.ts';
import { freePort } from '../free-port.ts';
import { StartError } from '../start-error.ts';
import { writeWhole } from '../write-whole.ts';
import type { ChildProcess } from 'node:child_process';
import type { ProcessIdentity } from '../process-identity.ts';

interface DynamoServer {
  readonly url: string;
  close(): Promise<void>;
}

interface DynamoServerOptions {
  readonly dataDir: string;
  /** Called when it ends unasked. */
  readonly onCrash: (text: string) => void;
}

const PORTS_TRIED_MAX = 5;
const READY_MS_MAX = 5_000;

// A child whose parent is killed lives on and keeps its file. So this shell holds a pipe to us: when we end, however we
// end, its read from the pipe ends, and it stops the server. In the background a shell's standard input is /dev/null,
// hence the copy of it as 3.
const GUARDIAN = `
  exec 3<&0
  "$@" </dev/null 3<&- & server=$!
  echo "pid $server"
  { cat <&3 >/dev/null 2>&1; kill "$server" 2>/dev/null; } & guard=$!
  wait "$server"; code=$?
  kill "$guard" 2>/dev/null
  exit "$code"`;

/** @throws StartError when dynoxide does not exist for this platform, or does not start. */
export async function startDynamoServer({ dataDir, onCrash }: DynamoServerOptions): Promise<DynamoServer> {
  const binary = findBinary();
  const pidPath = join(dataDir, 'dynamodb.pid');
  await endLeftOver(pidPath);
  let trouble = '';
  for (let tried = 0; tried < PORTS_TRIED_MAX; tried += 1) {
    // Another process may take the port before dynoxide does; then the next one is tried.
    const port = await freePort();
    const args = [binary, 'serve', '--host', '127.0.0.1', '--port', String(port)];
    args.push('--db-path', join(dataDir, 'dynamodb.sqlite'));
    const child = spawn('sh', ['-c', GUARDIAN, 'guardian', ...args], {
      // Its own group: Ctrl-C in the terminal reaches only us, and we stop it when everything else has stopped.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {},
    });
    const output = collectOutput(child);
    const url = `http://127.0.0.1:${port}`;
    const ready = await untilHealthy(url, child);
    if (ready) {
      rememberProcess(pidPath, output.text());
      return { url, close: superviseServer(child, pidPath, () => onCrash(output.text())) };
    }
    child.stdin?.end();
    trouble = output.text();
  }
  throw new StartError(`DynamoDB's stand-in does not start: ${trouble.trim()}`);
}

/** Finds the binary. The environment can name a DynamoDB for platforms without dynoxide. */
function findBinary(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dynoxide');
  } catch {
    throw new StartError(
      [
        `The package ${name}, which replaces DynamoDB, is not installed (it exists for 64-bit Linux).`,
        'Start DynamoDB Local in another terminal, in a container or with Java 17:',
        '  docker run --rm -p 127.0.0.1:8000:8000 amazon/dynamodb-local',
        '  java -Djava.library.path=./DynamoDBLocal_lib -jar DynamoDBLocal.jar -inMemory -port 8000',
        'and then the relay:',
        '  RELAY_DYNAMODB_ENDPOINT=http://127.0.0.1:8000 npm start -- --fresh',
        'Or open the repository in its devcontainer, which is 64-bit Linux.',
      ].join('\n'),
    );
  }
}

/** Ends a server that a kill left behind, should its guardian have been killed too. */
async function endLeftOver(pidPath: string): Promise<void> {
  if (!existsSync(pidPath)) return;
  let left: ProcessIdentity | undefined;
  try {
    left = JSON.parse(readFileSync(pidPath, 'utf8')) as ProcessIdentity;
  } catch {
    // Unreadable, so not a file that we wrote.
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (let waited = 0; left && isSameProcess(left) && waited < 20; waited += 1) {
      if (waited === 0) process.kill(left.pid, signal);
      await sleep(50);
    }
  }
  rmSync(pidPath, { force: true });
}

function rememberProcess(pidPath: string, output: string): void {
  const [, pid] = /^pid (\d+)$/m.exec(output) ?? [];
  if (pid !== undefined) writeWhole(pidPath, JSON.stringify({ pid: Number(pid), start: processStart(Number(pid)) }));
}

function collectOutput(child: ChildProcess): { text(): string } {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    // The last lines explain why it ended.
    stream?.on('data', (chunk: Buffer) => (text = (text + chunk.toString('utf8')).slice(-4_000)));
  }
  return { text: () => text };
}

/** False when the process ends, or does not answer for too long. */
async function untilHealthy(url: string, child: ChildProcess): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < READY_MS_MAX && child.exitCode === null; waitedMs += 10) {
    try {
      if ((await fetch(url, { signal: AbortSignal.timeout(READY_MS_MAX) })).ok) return true;
    } catch {
      await sleep(10);
    }
  }
  return false;
}

function superviseServer(child: ChildProcess, pidPath: string, onCrash: () => void): () => Promise<void> {
  let closing = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      if (!closing) onCrash();
      resolve();
    });
  });
  return async () => {
    closing = true;
    child.stdin?.end();
    await ended;
    rmSync(pidPath, { force: true });
  };
}
