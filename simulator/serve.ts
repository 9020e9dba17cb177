// Command line of the simulator alone, for trying clients against failures without a relay:
// `node simulator/serve.ts --port 4010`. Reads options, prints its address, stops on a signal.
import { Command, InvalidArgumentError } from 'commander';
import { SettingsError } from './simulator-settings.ts';
import { startSimulator } from './start-simulator.ts';
import type { SettingsChange } from './simulator-settings.ts';

/** In commander's form: the names of the options below, in camel case. */
interface ServeOptions {
  readonly port: number;
  readonly data?: string;
  readonly apiKey?: string[];
  readonly publicUrl?: string;
  readonly settings?: SettingsChange;
}

const EXAMPLES = `
Examples:
  $ node simulator/serve.ts --port 4010
  $ node simulator/serve.ts --data .relay/get3w --settings '{"durationMs":200,"faults":{"5003":0.2,"429":0.1}}'
  $ curl -X POST http://127.0.0.1:4010/v1/simulator/5003.429.0/text-to-image \\
      -H 'authorization: Bearer sk_test' -H 'x-request-id: job-1' -d '{"prompt":"a lighthouse"}'
  $ curl http://127.0.0.1:4010/_simulator/ledger

Steps of a scripted model: a task code, an HTTP status, or reset, lost, silent, twice, early, never, hang, garbled.`;

const command = new Command('serve')
  .description('Runs a simulator of the Get3W API on 127.0.0.1.')
  .option('--port <number>', 'port to listen on, 0 for a free one', readPort, 0)
  .option('--data <dir>', 'keep tasks and ledger in this directory (default: in memory only)')
  .option('--settings <json>', 'start with these settings over the defaults', readJson)
  .option('--api-key <key...>', 'accept only these keys (default: any that begins with sk_)')
  .option('--public-url <url>', 'base of output URLs (default: the address it listens on)')
  .addHelpText('after', EXAMPLES);

await serve(command.parse().opts<ServeOptions>());

/** Starts, prints its address, and runs until a signal; a second signal ends it at once. */
async function serve({ port, data, settings, apiKey, publicUrl }: ServeOptions): Promise<void> {
  try {
    const simulator = await startSimulator({
      port,
      dataDir: data,
      settings: settings ?? {},
      apiKeys: apiKey,
      publicUrl,
    });
    // Tests and scripts wait for this line and read the address from it.
    console.log(`Get3W simulator listening on ${simulator.url}`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close());
  } catch (error) {
    command.error(`error: ${explain(error, port)}`);
  }
}

/** What went wrong and how to fix it, for common mistakes; anything else unchanged. */
function explain(error: unknown, port: number): string {
  if (error instanceof SettingsError) return `--settings: ${error.message}`;
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return `port ${port} is in use; choose another with --port, or 0 for a free one`;
  }
  return error instanceof Error ? error.message : String(error);
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  }
  return port;
}

/** Syntax only: its content is checked where changes through the API are. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It must be JSON.');
  }
}
