// MiniStack on this machine: an emulator of AWS that runs CloudFormation for real. Fetched from PyPI into an
// environment of its own, started on a free port of the loopback interface, in a folder that is thrown away.
// What it gets wrong is known to checks/deploy alone.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../local/free-port.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const cacheDir = join(root, '.cache');
const READY_MS = 60_000;

export interface MiniStack {
  readonly url: string;
  readonly version: string;
  /** What AWS's tools and clients need to speak to it and to nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * A Python environment with exactly the packages of a requirements file, kept under `.cache`.
 * @returns its folder of programs.
 */
export async function pythonPrograms(name: string, requirements: string): Promise<string> {
  const folder = join(cacheDir, name);
  const programs = join(folder, 'bin');
  mkdirSync(cacheDir, { recursive: true });
  if (!existsSync(join(programs, 'python'))) await run('python3', ['-m', 'venv', folder]);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  await run(join(programs, 'python'), install, { maxBuffer: 16 * 1024 * 1024 });
  return programs;
}

/**
 * @param requirements names the version to take.
 * @param inherited by every function that it runs.
 */
export async function startMiniStack(
  requirements: string,
  inherited: Readonly<Record<string, string>> = {},
): Promise<MiniStack> {
  const programs = await pythonPrograms('ministack', requirements);
  const [, version = 'unknown'] = /ministack==(\S+)/.exec(await readFile(requirements, 'utf8')) ?? [];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'ministack-'));
  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    // The user who runs this may be signed in to an account: nothing of it may be read.
    AWS_PROFILE: '',
    AWS_CONFIG_FILE: join(folder, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
  };
  const child = spawn(join(programs, 'ministack'), [], {
    cwd: folder,
    // Functions run on the `node` that is first on the path: the one of the packages.
    env: {
      PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      LOG_LEVEL: 'WARNING',
      ...inherited,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(cacheDir, 'ministack.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const killer = globalThis.setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(killer);
    log.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const until = Date.now() + READY_MS; Date.now() < until && child.exitCode === null; await sleep(100)) {
    if (await isHealthy(url)) return { url, version, environment, stop };
  }
  await stop();
  throw new Error('MiniStack did not start; .cache/ministack.log has what it said');
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/_ministack/health`)).ok;
  } catch {
    return false;
  }
}
