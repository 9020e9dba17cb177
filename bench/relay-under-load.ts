// Finds the relay to measure: the one that runs on a data directory, one given by its address, or one started here with
// data that is thrown away. load-run.ts does the measuring.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCAL_FILE_NAME } from '../local/announcement.ts';
import type { LocalRelayFile } from '../local/announcement.ts';

export interface RelayUnderLoad {
  readonly url: string;
  readonly apiKey: string;
  /** Address for setting faults and reading the ledger; undefined with the real Get3W. */
  readonly simulatorUrl: string | undefined;
  /** Signs the `?webhook=` calls of the key's account; undefined for a relay given by its address only. */
  readonly webhookSecret?: string | undefined;
  readonly isOwn: boolean;
  close(): Promise<void>;
}

const READY_MS_MAX = 60_000;

/** @returns undefined when no local relay runs on the directory. */
export function runningRelay(dataDir: string): RelayUnderLoad | undefined {
  const file = readLocalFile(dataDir);
  if (file === undefined || !isAlive(file.pid)) return undefined;
  return { ...describe(file), isOwn: false, close: async () => {} };
}

interface StartOptions {
  /** Arguments of Node, before the program's own. */
  readonly nodeArguments?: readonly string[];
  /** Beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** @throws Error with the relay's output when it does not become ready. */
export async function startRelay({ nodeArguments = [], environment = {} }: StartOptions = {}): Promise<RelayUnderLoad> {
  const dataDir = mkdtempSync(join(tmpdir(), 'relay-load-'));
  const start = join(import.meta.dirname, '..', 'local', 'start.ts');
  const child = spawn(process.execPath, [...nodeArguments, start, '--quick', '--port', '0', '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  for (let waitedMs = 0; waitedMs < READY_MS_MAX && child.exitCode === null; waitedMs += 50) {
    const file = readLocalFile(dataDir);
    if (file !== undefined) {
      return {
        ...describe(file),
        isOwn: true,
        close: async () => {
          child.kill('SIGTERM');
          if (child.exitCode === null) await once(child, 'exit');
          rmSync(dataDir, { recursive: true, force: true });
        },
      };
    }
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the relay did not become ready:\n${output}`);
}

function describe({ url, apiKey, simulatorUrl, webhookSecret }: LocalRelayFile) {
  return {
    url,
    apiKey,
    simulatorUrl: simulatorUrl ?? undefined,
    webhookSecret,
  };
}

function readLocalFile(dataDir: string): LocalRelayFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, LOCAL_FILE_NAME), 'utf8')) as LocalRelayFile;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
