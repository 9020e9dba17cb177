// The local runtime as a process of its own, as `npm start` runs it: started on a free port with data of its own,
// stopped, killed without warning, started again on the same data. Tests know of it what local.json contains. When
// RELAY_TARGET names a file of the same shape, its relay is used instead, wherever it runs, and left running.
import { readRuntimeFile } from '../../local/runtime-file.ts';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';

interface LocalRelay {
  readonly url: string;
  readonly apiKey: string;
  readonly simulatorUrl: string;
  readonly pid: number;
  readonly keys: { readonly limited: string; readonly empty: string; readonly revoked: string };
  /** Signs the webhooks of the printed account's tasks. */
  readonly webhookSecret: string;
}

/** A relay that is not ours to start and stop: a deployed one. */
interface TargetFile extends LocalRelay {
  readonly stackName: string;
  readonly callbacksUrl: string;
}

/** Whether the relays of the tests keep AWS's limits, with as many executions at once as a new account has. */
export const isLikeAws = process.env['RELAY_LIKE_AWS'] === '1';
const mannersArgs = isLikeAws ? ['--like-aws', '--concurrency', '10'] : [];

const targetPath = process.env['RELAY_TARGET'];

/** False when the tests run against a relay that was deployed: it cannot be killed, and answers nothing below `/_local`. */
export const isLocalTarget = targetPath === undefined;

export interface RelayProcess extends LocalRelay {
  readonly dataDir: string;
  /** Where Get3W calls back: a token follows. */
  readonly callbacksUrl: string;
  /** Arguments by which the command line finds it. */
  readonly commandLineTarget: readonly string[];
  /** Stops it clean, and removes its data if they were made here. */
  stop(): Promise<void>;
  /** SIGKILL: no warning, no clean-up. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and the same port. */
  restart(): Promise<RelayProcess>;
}

interface StartOptions {
  readonly dataDir?: string;
  readonly port?: number;
  /** Beside `--quick --data --port`. */
  readonly args?: readonly string[];
  /** Variables in addition to those of the user who runs the tests. */
  readonly environment?: Readonly<Record<string, string>>;
}

const READY_MS = 60_000;
const STOP_MS = 20_000;
const startScript = join(import.meta.dirname, '..', '..', 'local', 'start.ts');

async function readLocal(dataDir: string): Promise<LocalRelay | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, 'local.json'), 'utf8')) as LocalRelay;
  } catch {
    return undefined;
  }
}

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Ready when local.json names this very process: an older file is that of the run before. */
async function ready(child: ChildProcess, dataDir: string, output: () => string): Promise<LocalRelay> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    const local = await readLocal(dataDir);
    if (local?.pid === child.pid && local !== undefined) return local;
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the relay did not start:\n${output()}`);
}

/** Starts `local/start.ts --quick`; `dataDir` is made, and removed by stop, unless given. */
export async function startRelay(options: StartOptions = {}): Promise<RelayProcess> {
  if (targetPath !== undefined) return attach(JSON.parse(await readFile(targetPath, 'utf8')) as TargetFile);
  const isOwnData = options.dataDir === undefined;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'relay-')));
  const args = [
    startScript,
    '--quick',
    '--data',
    dataDir,
    '--port',
    String(options.port ?? 0),
    ...mannersArgs,
    ...(options.args ?? []),
  ];
  // A key in the environment of the user must not send the tests to the real Get3W.
  const { GET3W_API_KEY: _key, GET3W_URL: _url, ...environment } = process.env;
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, ...options.environment },
  });
  let printed = '';
  const keep = (chunk: Buffer): void => void (printed = `${printed}${chunk.toString()}`.slice(-20_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const local = await ready(child, dataDir, () => printed);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended(child);
    clearTimeout(timer);
  };
  return {
    ...local,
    dataDir,
    callbacksUrl: readRuntimeFile(dataDir)?.outputs['CallbacksUrl'] ?? '',
    commandLineTarget: ['--data', dataDir],
    stop: async () => {
      await end('SIGTERM');
      if (isOwnData) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
    kill9: () => end('SIGKILL'),
    restart: () => startRelay({ ...options, dataDir, port: Number(new URL(local.url).port) }),
  };
}

function attach({ stackName, ...relay }: TargetFile): RelayProcess {
  const notOurs = (): Promise<never> => Promise.reject(new Error('a deployed relay is not stopped by tests'));
  return {
    ...relay,
    dataDir: 'none',
    commandLineTarget: ['--stack', stackName],
    stop: () => Promise.resolve(),
    kill9: notOurs,
    restart: notOurs,
  };
}
