// `npm start`: the command line of the local relay. Reads options, takes the data directory, starts the runtime,
// reports that it is ready, and stops it on a signal. relay-runtime.ts does everything else.
import { rmSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import colours from 'picocolors';
import { announcement, LOCAL_FILE_NAME, localRelayFile } from './announcement.ts';
import { IDLE_CONNECTION_MS_MAX, NEW_ACCOUNT_CONCURRENCY } from './aws-manners.ts';
import { openDataDirectory } from './data-directory.ts';
import { readGet3wServer } from './get3w-server.ts';
import { startRelayRuntime } from './relay-runtime.ts';
import { RUNTIME_FILE_NAME } from './runtime-file.ts';
import { StartError } from './start-error.ts';
import type { AwsManners } from './aws-manners.ts';
import type { DataDirectory } from './data-directory.ts';
import type { RelayRuntime, RuntimeConsole } from './relay-runtime.ts';

interface StartOptions {
  readonly port?: number;
  readonly data: string;
  readonly fresh?: true;
  readonly quick?: true;
  readonly verbose?: true;
  readonly callbacks?: true;
  readonly likeAws?: true;
  readonly concurrency?: number;
}

const HELP = `
Environment:
  GET3W_API_KEY            key of a real Get3W account: the relay then talks to Get3W, and polls, because
                           Get3W cannot call this machine back
  GET3W_URL                address of another server that speaks Get3W's language, beside GET3W_API_KEY
  RELAY_DYNAMODB_ENDPOINT  address of a DynamoDB to use in place of the one that is started (needed where there
                           is none for the platform)

Examples:
  $ npm start
  $ npm start -- --quick --data .relay-try --port 0
  $ npm start -- --like-aws --concurrency 1000
  $ GET3W_URL=http://127.0.0.1:4010 GET3W_API_KEY=sk_mock npm start -- --callbacks
  $ npm start -- --fresh`;

const command = new Command('npm start --')
  .description('Runs the whole relay on this machine, with a simulator of Get3W.')
  .option('--port <number>', 'port of the API, 0 for any free one (default: the last one, else 4300)', readPort)
  .option('--data <dir>', 'where everything is kept', '.relay')
  .option('--fresh', 'delete what was kept and start empty')
  .option('--quick', 'seconds in place of minutes: backoff of 1 to 5 s, simulated tasks of 0.2 s, sweep every 5 s')
  .option('--callbacks', 'the server of GET3W_URL can call this machine: wait for its webhooks in place of polling')
  .option('--like-aws', "keep AWS's limits: throttles, one quota of executions, functions that freeze between calls")
  .option('--concurrency <number>', 'executions at once with --like-aws (default: 10, as in a new account)', readCount)
  .option('--verbose', 'show what the runtime does, and warnings and errors of the functions')
  .addHelpText('after', HELP);

// Files written from here on, by this process and by those that it starts, are private to their owner.
process.umask(0o077);
await main(command.parse().opts<StartOptions>());

async function main(options: StartOptions): Promise<void> {
  let data: DataDirectory | undefined;
  try {
    data = openDataDirectory(options.data, options.fresh ?? false);
    // Not ready yet: programs that wait for the files must not find those of the last run.
    for (const name of [LOCAL_FILE_NAME, RUNTIME_FILE_NAME]) rmSync(data.file(name), { force: true });
    await run(data, options);
  } catch (error) {
    data?.release();
    // An error that the user can correct is shown as a sentence, any other with its stack.
    const text = error instanceof StartError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${colours.red('error:')} ${text}\n`);
    process.exit(1);
  }
}

async function run(data: DataDirectory, options: StartOptions): Promise<void> {
  const { port, fresh, quick, verbose, callbacks } = options;
  const stopping = Promise.withResolvers<number>();
  watchSignals(stopping.resolve);
  const runtime = await startRelayRuntime({
    data,
    port,
    isFresh: fresh ?? false,
    isQuick: quick ?? false,
    get3w: readGet3wServer(process.env, callbacks ?? false),
    manners: readManners(options),
    dynamoEndpoint: process.env['RELAY_DYNAMODB_ENDPOINT'] || undefined,
    console: terminalConsole(verbose ?? false, stopping.resolve),
  });
  data.write(RUNTIME_FILE_NAME, runtime.runtimeFile);
  data.write(LOCAL_FILE_NAME, localRelayFile(runtime));
  // performance counts from the start of the process, which is the time that the user waits.
  process.stdout.write(announcement(runtime, data, performance.now()));
  await stop(runtime, data, await stopping.promise);
}

async function stop(runtime: RelayRuntime, data: DataDirectory, exitCode: number): Promise<never> {
  for (const name of [LOCAL_FILE_NAME, RUNTIME_FILE_NAME]) rmSync(data.file(name), { force: true });
  await runtime.stop();
  data.release();
  process.exit(exitCode);
}

/** The first signal stops the relay in order, the second at once. */
function watchSignals(stop: (exitCode: number) => void): void {
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      process.stdout.write(colours.dim('\nStopping; once more to stop at once.\n'));
      stop(0);
    });
  }
}

function terminalConsole(isVerbose: boolean, stop: (exitCode: number) => void): RuntimeConsole {
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  return {
    detail: (text) => isVerbose && print(colours.dim(text)),
    note: (text) => print(colours.dim(text)),
    warn: (text) => print(`${colours.yellow('warning:')} ${text}`),
    crash: (text) => {
      print(`${colours.red('error:')} ${text}`);
      stop(1);
    },
  };
}

/** @throws StartError for --concurrency without --like-aws. */
function readManners({ likeAws, concurrency }: StartOptions): AwsManners | undefined {
  if (likeAws) return { concurrencyMax: concurrency ?? NEW_ACCOUNT_CONCURRENCY, idleMsMax: IDLE_CONNECTION_MS_MAX };
  if (concurrency !== undefined) throw new StartError('--concurrency works only with --like-aws.');
  return undefined;
}

function readCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It must be a number from 1 up.');
  return count;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  }
  return port;
}
