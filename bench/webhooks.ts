// `npm run bench:webhooks`: measures how fast webhooks arrive while a receiver hangs, and whether any is lost with one
// that fails, hangs and dies. Uses a running local relay or starts one; prints tables, fails on a loss.
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { cpus } from 'node:os';
import { plainTable } from './plain-table.ts';
import { runningRelay, startRelay } from './relay-under-load.ts';
import { WebhookBenchApi } from './webhook-bench-api.ts';
import { measureLatency } from './webhook-latency.ts';
import { measureLoss } from './webhook-loss.ts';
import { MINUTE_MS } from '../core/domain/time-ms.ts';
import type { RelayUnderLoad } from './relay-under-load.ts';
import type { LatencyResult, Spread } from './webhook-latency.ts';
import type { LossResult } from './webhook-loss.ts';

interface BenchOptions {
  readonly data: string;
  readonly rate: number;
  readonly seconds: number;
  readonly events: number;
  readonly kills: number;
  readonly only?: 'latency' | 'loss';
}

const HANG_MS = 15_000;
const FAIL_SHARE = 0.3;
const HANG_SHARE = 0.05;
const LOSS_TIMEOUT_MS = 20 * MINUTE_MS;
/** The promise for twenty events a second, whether each goes to one receiver or to all five. */
const promised = { p50Ms: 300, p99Ms: 1_000 };
const latencyHead = ['each event goes to', 'arrived', 'of', 'measured from', 'p50', 'p99', 'longest', 'held'];

function readCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a whole number from 1 on');
  return count;
}

const options = new Command('npm run bench:webhooks --')
  .description('Measures the webhooks of a local relay: latency beside a hanging receiver, and loss.')
  .option('--data <dir>', 'data directory of the local relay to use; one is started when none runs', '.relay')
  .option('--rate <number>', 'events a second of the latency part', readCount, 20)
  .option('--seconds <number>', 'how long the latency part runs', readCount, 60)
  .option('--events <number>', 'events of the loss part', readCount, 2_000)
  .option('--kills <number>', 'how often its receiver is killed', readCount, 2)
  .option('--only <part>', 'latency or loss')
  .parse()
  .opts<BenchOptions>();

process.exitCode = await main();

async function main(): Promise<number> {
  const relay = runningRelay(options.data) ?? (await startRelay());
  const api = new WebhookBenchApi(relay);
  try {
    if (relay.simulatorUrl !== undefined) await setSimulator(relay.simulatorUrl);
    const [processor] = cpus();
    console.log(`${cpus().length} processors (${processor?.model ?? 'unknown'}), Node ${process.version}`);
    const faults: string[] = [];
    if (options.only !== 'loss') faults.push(...(await latency(api, relay)));
    if (options.only !== 'latency') faults.push(...(await loss(api)));
    for (const fault of faults) console.error(`not as promised: ${fault}`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    api.close();
    await relay.close();
  }
}

/** Tasks of a fifth of a second and slots for all of them, because the measurement begins at their ends. */
async function setSimulator(url: string): Promise<void> {
  const body = JSON.stringify({ concurrency: 1_000, durationMs: 200, faults: {} });
  await fetch(new URL('/_simulator/settings', url), { method: 'PUT', body });
}

async function withBar<Result>(
  title: string,
  total: number,
  run: (onProgress: (submitted: number, done: number) => void) => Promise<Result>,
): Promise<Result> {
  const format = `${title} {bar} {value}/{total}, {submitted} submitted, {duration_formatted}`;
  const bar = new SingleBar({ format, hideCursor: true, noTTYOutput: true, notTTYSchedule: 10_000 });
  bar.start(total, 0, { submitted: 0 });
  const result = await run((submitted, done) => bar.update(Math.min(done, total), { submitted }));
  bar.stop();
  return result;
}

async function latency(api: WebhookBenchApi, relay: RelayUnderLoad): Promise<string[]> {
  const { rate, seconds } = options;
  const { simulatorUrl, webhookSecret: accountSecret = '' } = relay;
  const given = { api, eventsPerSecond: rate, seconds, accountSecret, hangMs: HANG_MS, simulatorUrl };
  const results: [string, LatencyResult][] = [];
  for (const receiversOfEach of ['one', 'all'] as const) {
    const expected = rate * seconds * (receiversOfEach === 'one' ? 0.8 : 4);
    const title = receiversOfEach === 'one' ? 'one of five receivers' : 'all five receivers';
    const result = await withBar(`to ${receiversOfEach} of five`, expected, (onProgress) =>
      measureLatency({ ...given, receiversOfEach, onProgress }),
    );
    results.push([title, result]);
  }
  console.log(
    `\n${rate} events a second for ${seconds} s; of five receivers one holds every call for ${HANG_MS / 1_000} s\n`,
  );
  console.log(plainTable(latencyHead, results.flatMap(latencyRows)));
  return results.flatMap(([title, result]) => judgeLatency(title, result));
}

function latencyRows([title, result]: [string, LatencyResult]): (string | number)[][] {
  const { receivedCount, expectedCount, heldCount, fromRecord, fromEnd } = result;
  const row = (from: string, { p50Ms, p99Ms, maxMs }: Spread) => [
    ...[title, receivedCount, expectedCount, from],
    ...[p50Ms, p99Ms, maxMs].map((ms) => `${ms} ms`),
    heldCount,
  ];
  return [
    ...(fromEnd ? [row('end at Get3W', fromEnd)] : []),
    // Measured from the webhook's own timestamp.
    row('end on record', fromRecord),
  ];
}

function judgeLatency(title: string, result: LatencyResult): string[] {
  const faults: string[] = [];
  if (result.receivedCount < result.expectedCount) {
    faults.push(`to ${title}: ${result.receivedCount} of ${result.expectedCount} arrived`);
  }
  if (result.badlySignedCount > 0) faults.push(`to ${title}: ${result.badlySignedCount} were badly signed`);
  // The promise covers the longer of the two ways.
  const { p50Ms, p99Ms } = result.fromEnd ?? result.fromRecord;
  if (!(p50Ms <= promised.p50Ms && p99Ms <= promised.p99Ms)) {
    faults.push(`to ${title}: p50 ${p50Ms} ms and p99 ${p99Ms} ms, not ${promised.p50Ms} and ${promised.p99Ms}`);
  }
  return faults;
}

async function loss(api: WebhookBenchApi): Promise<string[]> {
  const { events: eventCount, kills } = options;
  const result: LossResult = await withBar('to one that fails', eventCount, (onProgress) =>
    measureLoss({
      api,
      eventCount,
      failShare: FAIL_SHARE,
      hangShare: HANG_SHARE,
      kills,
      timeoutMs: LOSS_TIMEOUT_MS,
      onProgress,
    }),
  );
  const share = (part: number): string => `${part * 100} %`;
  console.log(
    `\n${eventCount} events to a receiver that fails ${share(FAIL_SHARE)}, hangs ${share(HANG_SHARE)} and is killed\n`,
  );
  const rows: [string, string | number][] = [
    ['events submitted', result.submittedCount],
    ['ids that the receiver accepted', result.takenCount],
    ['ids that never arrived', result.missing.length],
    ['accepted more than once', result.doubledCount],
    ['badly signed, of all calls', result.badlySignedCount],
    ['calls made', result.callCount],
    ['exhausted, then delivered after recover', result.recoveredCount],
    ['receiver killed', result.killCount],
    ['time', `${Math.round(result.elapsedMs / 1_000)} s`],
  ];
  console.log(plainTable(['loss', ''], rows));
  const faults: string[] = [];
  if (result.missing.length > 0)
    faults.push(`${result.missing.length} ids never arrived, such as ${String(result.missing[0])}`);
  if (result.badlySignedCount > 0) faults.push(`${result.badlySignedCount} were badly signed`);
  return faults;
}
