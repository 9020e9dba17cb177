// Starts dynoxide, the DynamoDB of the tests, on a free port of this machine, and ends it.
// In memory by default, so that no test meets what another left.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { freePort } from '../../local/free-port.ts';
import { localDynamoClient } from './relay-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface Dynoxide {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const binary = fileURLToPath(import.meta.resolve('../../node_modules/@dynoxide/linux-x64/dynoxide'));

/** False where the optional package has no build for this platform. */
export function hasDynoxide(): boolean {
  return existsSync(binary);
}

/** @param dbPath file to keep the data in; in memory without. */
export async function startDynoxide(dbPath?: string): Promise<Dynoxide> {
  const port = await freePort();
  const options = ['serve', '--host', '127.0.0.1', '--port', String(port), ...(dbPath ? ['--db-path', dbPath] : [])];
  const child = spawn(binary, options, { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const endpoint = `http://127.0.0.1:${port}`;
  const client = localDynamoClient(endpoint);
  // A test run that is killed must not leave a server behind.
  const endChild = (): void => void child.kill('SIGKILL');
  process.once('exit', endChild);
  try {
    await answering(client, () => child.exitCode);
  } catch (error) {
    endChild();
    throw error;
  }
  client.destroy();
  return {
    endpoint,
    stop: async () => {
      process.off('exit', endChild);
      child.kill('SIGTERM');
      await exited;
    },
  };
}

const STARTS_WITHIN_MS = 10_000;

async function answering(client: DynamoDBClient, exitCode: () => number | null): Promise<void> {
  for (const givesUpAt = Date.now() + STARTS_WITHIN_MS; ;) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      if (exitCode() !== null) throw new Error(`dynoxide ended with ${exitCode()}`, { cause: error });
      if (Date.now() > givesUpAt) throw error;
      await setTimeout(10);
    }
  }
}
