// Fetches the second opinions from Maven and starts them on this machine: DynamoDB Local and ElasticMQ.
// Says plainly what is missing for that; the suites decide what to ask of them.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../local/free-port.ts';
import type { ChildProcess } from 'node:child_process';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../../.cache/jvm/', import.meta.url));

export interface JvmServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** @throws Error naming every command that is not there. */
export function requireCommands(...commands: string[]): void {
  const missing = commands.filter(
    (command) => spawnSync(command, ['-version'], { stdio: 'ignore' }).error !== undefined,
  );
  if (missing.length > 0) {
    throw new Error(
      `this needs ${missing.join(' and ')}, which cannot be started here: install a JDK of 17 or later and Maven`,
    );
  }
}

/** The folder with the jars that a pom names, fetched when it is not there yet. */
function fetchedJars(pom: string): string {
  const folder = join(cache, pom);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  process.stdout.write(`fetching ${pom} by Maven …\n`);
  const options = ['-q', '-B', '-f', join(here, `${pom}.pom.xml`), 'dependency:copy-dependencies'];
  const { status } = spawnSync('mvn', [...options, `-DoutputDirectory=${unfinished}`], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`Maven could not fetch ${pom}; what it said stands above`);
  renameSync(unfinished, folder);
  return folder;
}

/** In memory, on the loopback interface, without telemetry. */
export async function startDynamoDbLocal(): Promise<JvmServer> {
  const jars = fetchedJars('dynamodb-local');
  const port = await freePort();
  return start({
    name: 'DynamoDB Local',
    port,
    options: [
      `-Djava.library.path=${jars}`,
      '-cp',
      join(jars, '*'),
      join(here, 'loopback-dynamo.java'),
      ...['-inMemory', '-disableTelemetry', '-port', String(port)],
    ],
  });
}

/** With the limits of SQS itself, on the loopback interface. */
export async function startElasticMq(): Promise<JvmServer> {
  const jars = fetchedJars('elasticmq');
  const port = await freePort();
  const settings = {
    'rest-sqs.bind-hostname': '127.0.0.1',
    'rest-sqs.bind-port': port,
    'rest-sqs.sqs-limits': 'strict',
    'rest-stats.enabled': false,
    'node-address.host': '127.0.0.1',
    'node-address.port': port,
  };
  const options = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  return start({ name: 'ElasticMQ', port, options: [...options, '-cp', join(jars, '*'), 'org.elasticmq.server.Main'] });
}

interface Start {
  readonly name: string;
  readonly port: number;
  readonly options: readonly string[];
}

const STARTS_WITHIN_MS = 60_000;

async function start({ name, port, options }: Start): Promise<JvmServer> {
  const log = join(cache, `${name.replace(' ', '-').toLowerCase()}.log`);
  // Into a file and not through a pipe: a pipe that is not emptied in time blocks the server.
  const out = openSync(log, 'w');
  const child = spawn('java', options, { stdio: ['ignore', out, out] });
  closeSync(out);
  const endChild = (): void => void child.kill('SIGKILL');
  process.once('exit', endChild);
  const url = `http://127.0.0.1:${port}`;
  if (!(await isAnswering(url, child))) {
    endChild();
    throw new Error(`${name} did not start; what it said is in ${log}`);
  }
  return { url, stop: () => stopped(child, endChild) };
}

async function stopped(child: ChildProcess, endChild: () => void): Promise<void> {
  process.off('exit', endChild);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

/** Any answer will do: both call a bare GET an error, but only once they are up. */
async function isAnswering(url: string, child: ChildProcess): Promise<boolean> {
  for (const givesUpAt = Date.now() + STARTS_WITHIN_MS; Date.now() < givesUpAt && child.exitCode === null;) {
    try {
      await fetch(url);
      return true;
    } catch {
      await setTimeout(100);
    }
  }
  return false;
}
