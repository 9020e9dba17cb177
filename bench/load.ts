// `npm run bench:load`: puts a relay under the load of many tasks at once while Get3W fails. Sets the simulator's
// faults, submits, shows progress, prints the table by code, and fails when a task was lost or completed twice.
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { codeTable, judgeLoad } from './load-report.ts';
import { runLoad } from './load-run.ts';
import { runningRelay, startRelay } from './relay-under-load.ts';
import type { Ledger } from './load-report.ts';
import type { RelayUnderLoad } from './relay-under-load.ts';

interface LoadCommandOptions {
  readonly tasks: number;
  readonly data: string;
  readonly url?: string;
  readonly key?: string;
  readonly model: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly concurrency?: number;
  readonly timeoutSeconds: number;
}

const command = new Command('npm run bench:load --')
  .description('Submits many tasks at once to a relay and waits until all have ended.')
  .option('--tasks <number>', 'how many', readCount, 1_000)
  .option('--data <dir>', 'data directory of the local relay to use; one is started when none runs', '.relay')
  .option('--url <url>', 'another relay, with --key; its Get3W is left as it is')
  .option('--key <key>', 'key for --url')
  .option('--model <path>', 'model to ask for', 'acme/painter/text-to-image')
  .option('--faults <json>', 'probabilities of faults by code', readFaults, { '5003': 0.2, '429': 0.1, '500': 0.05 })
  .option('--concurrency <number>', "Get3W's limit of tasks at once (default: the simulator's own)", readCount)
  .option('--timeout-seconds <number>', 'when to give up', readCount, 300);

process.exitCode = await main(command.parse().opts<LoadCommandOptions>());

async function main(options: LoadCommandOptions): Promise<number> {
  const relay = await findRelay(options);
  const restore = await setFaults(relay, options);
  try {
    return await measure(relay, options);
  } finally {
    await restore();
    await relay.close();
  }
}

async function findRelay({ url, key, data }: LoadCommandOptions): Promise<RelayUnderLoad> {
  if (url !== undefined) {
    if (key === undefined) return command.error('error: --url needs --key');
    return { url, apiKey: key, simulatorUrl: undefined, isOwn: false, close: async () => {} };
  }
  const running = runningRelay(data);
  if (running !== undefined) {
    console.log(`Using the running relay at ${running.url}.`);
    return running;
  }
  console.log(`No relay runs on ${data}: starting one with --quick and data of its own.`);
  return startRelay();
}

async function measure(relay: RelayUnderLoad, { tasks, model, timeoutSeconds }: LoadCommandOptions): Promise<number> {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} ended, {submitted} submitted, {duration_formatted}',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
  });
  bar.start(tasks, 0, { submitted: 0 });
  const result = await runLoad({
    relay,
    taskCount: tasks,
    model,
    timeoutMs: timeoutSeconds * 1_000,
    onProgress: (submittedCount, endedCount) => bar.update(endedCount, { submitted: submittedCount }),
  });
  bar.stop();
  const { faults, summary } = judgeLoad(result, tasks, await readLedger(relay));
  console.log(`\n${codeTable(result)}\n\n${summary}`);
  for (const fault of faults) console.error(`error: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

async function readLedger({ simulatorUrl }: RelayUnderLoad): Promise<Ledger | undefined> {
  if (simulatorUrl === undefined) return undefined;
  return (await (await fetch(new URL('/_simulator/ledger', simulatorUrl))).json()) as Ledger;
}

/** @returns a function that restores the simulator's settings; for a relay started here they end with it. */
async function setFaults(
  { simulatorUrl }: RelayUnderLoad,
  { faults, concurrency }: LoadCommandOptions,
): Promise<() => Promise<void>> {
  if (simulatorUrl === undefined) return async () => {};
  const settingsUrl = new URL('/_simulator/settings', simulatorUrl);
  const put = async (settings: object): Promise<void> => {
    const answer = await fetch(settingsUrl, { method: 'PUT', body: JSON.stringify(settings) });
    if (!answer.ok) throw new Error(`the simulator refuses these settings: ${await answer.text()}`);
  };
  const before = (await (await fetch(settingsUrl)).json()) as { faults: object; concurrency: number | null };
  await put({ faults, ...(concurrency !== undefined && { concurrency }) });
  return () => put({ faults: before.faults, concurrency: before.concurrency });
}

function readCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return count;
}

function readFaults(text: string): Record<string, number> {
  try {
    return JSON.parse(text) as Record<string, number>;
  } catch {
    throw new InvalidArgumentError('It must be JSON, such as {"5003":0.2}.');
  }
}
