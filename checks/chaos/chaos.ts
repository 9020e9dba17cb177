// `npm run chaos`: submits tasks over HTTP while Get3W fails in every way the simulator knows, kills the whole runtime
// with SIGKILL again and again, starts it on the same data, and then compares the client's own list of accepted ids
// with the API and with the simulator's ledger. It knows nothing of the relay's internals.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { startRelay } from '../../test/support/relay-process.ts';
import { auditChaos } from './audit.ts';
import { ChaosClient } from './chaos-client.ts';
import { FixedRandomSource } from '../../test/support/memory/fixed-random-source.ts';
import type { RelayProcess } from '../../test/support/relay-process.ts';

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number above 0');
  return value;
}

const options = new Command('chaos')
  .description('Kill the local runtime at random moments and prove that nothing was lost or paid twice.')
  .option('--tasks <n>', 'tasks to submit', whole, 500)
  .option('--kills <n>', 'times the runtime is killed', whole, 10)
  .option('--seed <n>', 'seed of the moments of the kills', whole, Date.now() % 100_000)
  .parse()
  .opts<{ tasks: number; kills: number; seed: number }>();

/** Every fault of the simulator at once: about four in ten attempts get one. */
const faults = {
  ...{ '5000': 0.03, '5003': 0.08, '5004': 0.03, '429': 0.05, '500': 0.03, '502': 0.02 },
  ...{ reset: 0.02, lost: 0.03, silent: 0.04, twice: 0.04, early: 0.04 },
};

function say(text: string): void {
  return void process.stdout.write(`${text}\n`);
}

async function setFaults(relay: RelayProcess, faults: Record<string, number>): Promise<void> {
  const body = JSON.stringify({ faults, durationMs: 400, concurrency: 40 });
  const reply = await fetch(`${relay.simulatorUrl}/_simulator/settings`, { method: 'PUT', body });
  if (!reply.ok) throw new Error(`the simulator refused its settings: ${await reply.text()}`);
}

const randomSource = new FixedRandomSource(options.seed);
const dataDir = await mkdtemp(join(tmpdir(), 'relay-chaos-'));
say(`chaos: seed ${options.seed}, ${options.tasks} tasks, ${options.kills} kills`);
let relay = await startRelay({ dataDir });
await setFaults(relay, faults);

const client = new ChaosClient(() => relay);
const submitting = client.submitAll(options.tasks);
const started = Date.now();
for (let kill = 1; kill <= options.kills; kill += 1) {
  await sleep(1_000 + randomSource.random() * 5_000);
  const { accepted } = client;
  await relay.kill9();
  relay = await relay.restart();
  say(`kill ${kill} of ${options.kills}: ${accepted.size} tasks accepted by then, running again`);
}
await submitting;
// The faults stay on until the end: tasks must complete in spite of them.
const report = await auditChaos(relay, client, 240_000);
await relay.stop();
await rm(dataDir, { recursive: true, force: true });

const table = new Table({ head: ['what', 'count'] });
table.push(...Object.entries(report.counts).map(([name, value]) => [name, String(value)]));
say(table.toString());
say(`took ${Math.round((Date.now() - started) / 1_000)} s`);
for (const fault of report.violations) say(`VIOLATED: ${fault}`);
say(
  report.violations.length === 0
    ? 'chaos: nothing lost, nothing paid twice but after a doubt'
    : `chaos: failed with seed ${options.seed}`,
);
process.exit(report.violations.length === 0 ? 0 : 1);
