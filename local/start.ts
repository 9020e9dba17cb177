// `npm start`: the command line of the local relay. Reads options, takes the data directory, starts the runtime, says
// that it is ready, and stops it on a signal. Everything else is relay-runtime.ts's.
import { rmSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import colours from 'picocolors';
import { announcement, localFileName, localRelayFile } from './announcement.ts';
import { openDataDirectory } from './data-directory.ts';
import { startRelayRuntime } from './relay-runtime.ts';
import { runtimeFileName } from './runtime-file.ts';
import { StartError } from './start-error.ts';
import type { DataDirectory } from './data-directory.ts';
import type { RelayRuntime, RuntimeConsole } from './relay-runtime.ts';

interface StartOptions {
  readonly port?: number;
  readonly data: string;
  readonly fresh?: true;
  readonly quick?: true;
  readonly verbose?: true;
}

const help = `
Environment:
  GET3W_API_KEY            key of a real Get3W account: the relay then talks to Get3W, and polls, because
                           Get3W cannot call this machine back
  RELAY_DYNAMODB_ENDPOINT  address of a DynamoDB to use in place of the one that is started (needed where there
                           is none for the platform)

Examples:
  $ npm start
  $ npm start -- --quick --data .relay-try --port 0
  $ npm start -- --fresh`;

const command = new Command('npm start --')
  .description('Runs the whole relay on this machine, with a simulator of Get3W.')
  .option('--port <number>', 'port of the API, 0 for any free one (default: the last one, else 4300)', readPort)
  .option('--data <dir>', 'where everything is kept', '.relay')
  .option('--fresh', 'delete what was kept and begin anew')
  .option('--quick', 'seconds in place of minutes: backoff of 1 to 5 s, simulated tasks of 0.2 s, sweep every 5 s')
  .option('--verbose', 'show what the runtime does, and warnings and errors of the functions')
  .addHelpText('after', help);

await main(command.parse().opts<StartOptions>());

async function main(options: StartOptions): Promise<void> {
  let data: DataDirectory | undefined;
  try {
    data = openDataDirectory(options.data, options.fresh ?? false);
    // Not ready: whoever waits for the file must not find the last run's.
    for (const name of [localFileName, runtimeFileName]) rmSync(data.file(name), { force: true });
    await run(data, options);
  } catch (error) {
    data?.release();
    // A fault of the reader's is told in a sentence; one of ours with its stack.
    const text = error instanceof StartError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${colours.red('error:')} ${text}\n`);
    process.exit(1);
  }
}

async function run(data: DataDirectory, { port, fresh, quick, verbose }: StartOptions): Promise<void> {
  const stopping = Promise.withResolvers<number>();
  watchSignals(stopping.resolve);
  const runtime = await startRelayRuntime({
    data,
    port,
    isFresh: fresh ?? false,
    isQuick: quick ?? false,
    get3wKey: process.env['GET3W_API_KEY'] || undefined,
    dynamoEndpoint: process.env['RELAY_DYNAMODB_ENDPOINT'] || undefined,
    console: terminalConsole(verbose ?? false, stopping.resolve),
  });
  data.write(runtimeFileName, runtime.whereabouts);
  data.write(localFileName, localRelayFile(runtime));
  // performance counts from the start of the process, which is what its user waits for.
  process.stdout.write(announcement(runtime, data, performance.now()));
  await stop(runtime, data, await stopping.promise);
}

async function stop(runtime: RelayRuntime, data: DataDirectory, exitCode: number): Promise<never> {
  for (const name of [localFileName, runtimeFileName]) rmSync(data.file(name), { force: true });
  await runtime.stop();
  data.release();
  process.exit(exitCode);
}

/** The first signal stops it in order, the second at once. */
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
    warn: (text) => print(`${colours.yellow('warning:')} ${text}`),
    crash: (text) => {
      print(`${colours.red('error:')} ${text}`);
      stop(1);
    },
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  }
  return port;
}
