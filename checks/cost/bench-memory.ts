// `npm run bench:memory`: what the runs of each function compute and hold, measured on a local relay with the deployed
// bundles, and what that makes of a run by the memory that the function is given. Lambda gives a share of a processor
// with the memory; what a run waits for (the table, Get3W, a receiver) takes its time whatever the memory is.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { plainTable } from '../../bench/plain-table.ts';
import { startRelay } from '../../bench/relay-under-load.ts';
import { PROCESSOR_MB } from '../../core/domain/capacity.ts';
import type { AddressInfo } from 'node:net';
import type { RelayUnderLoad } from '../../bench/relay-under-load.ts';

interface Noted {
  readonly functionName: string;
  readonly kind: 'start' | 'run';
  readonly cpuMs: number;
  readonly records: number;
  readonly heapMb: number;
}

const memoriesMb = [128, 256, 512, 1_024] as const;
/** The first runs of a sandbox are slow: its code is not compiled yet. */
const COLD_RUNS = 10;
const SETTLING_MS = 15_000;

const { tasks, perSecond } = new Command('npm run bench:memory --')
  .description('Processor time and heap of the functions, on a local relay.')
  .option('--tasks <number>', 'how many tasks', Number, 400)
  .option('--per-second <number>', 'submits a second', Number, 10)
  .parse()
  .opts<{ readonly tasks: number; readonly perSecond: number }>();

async function submit({ url, apiKey }: RelayUnderLoad, webhook: string): Promise<void> {
  const answer = await fetch(`${url}/v1/acme/painter/text-to-image?webhook=${encodeURIComponent(webhook)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'p'.repeat(270) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`a submit was answered ${answer.status}: ${await answer.text()}`);
}

async function measure(): Promise<{ readonly notes: readonly Noted[]; readonly received: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'relay-memory-'));
  const file = join(dir, 'runs.ndjson');
  let received = 0;
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => {
      received += 1;
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  const relay = await startRelay({
    nodeArguments: ['--import', pathToFileURL(join(import.meta.dirname, 'run-probe.ts')).href],
    environment: { RUN_PROBE_FILE: file },
  });
  try {
    const webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    for (let task = 0; task < tasks; task += 1) {
      await submit(relay, webhook);
      await sleep(1_000 / perSecond);
    }
    for (let waitedMs = 0; received < tasks && waitedMs < SETTLING_MS; waitedMs += 100) await sleep(100);
    const notes = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Noted);
    return { notes, received };
  } finally {
    await relay.close();
    receiver.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const { notes, received } = await measure();
const rows = [...Map.groupBy(notes, ({ functionName }) => functionName)].map(([name, of]) => {
  const starts = of.filter(({ kind }) => kind === 'start').map(({ cpuMs }) => cpuMs);
  const runs = of.filter(({ kind }) => kind === 'run');
  const warm = runs.slice(COLD_RUNS * starts.length).map(({ cpuMs }) => cpuMs);
  const warmMs = at(warm, 0.5);
  return [
    /Relay(\w+)HandlerFunction/.exec(name)?.[1]?.toLowerCase() ?? name,
    String(runs.length),
    at(starts, 0.5).toFixed(0),
    (runs[0]?.cpuMs ?? 0).toFixed(0),
    warmMs.toFixed(1),
    at(warm, 0.99).toFixed(1),
    Math.max(...of.map(({ heapMb }) => heapMb)).toFixed(0),
    ...memoriesMb.map((memoryMb) => (warmMs * Math.max(1, PROCESSOR_MB / memoryMb)).toFixed(0)),
  ];
});
process.stdout.write(
  `${plainTable(
    [
      'function',
      'runs',
      'start',
      'first run',
      'run p50',
      'run p99',
      'heap, MB',
      ...memoriesMb.map((mb) => `at ${mb} MB`),
    ],
    rows,
  )}\n\nMilliseconds of a processor; ${received} of ${tasks} webhooks were received.\n`,
);
