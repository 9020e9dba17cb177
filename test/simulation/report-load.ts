// `npm run simulate:load`: plays load worlds at several rates and prints what docs/benchmarks.md shows: how much of its
// slots' time the relay uses, how long hand-overs and records take, and how often it collides with itself.
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { burstOf, loadOf } from './load-plan.ts';
import { LoadWorld } from './load-world.ts';
import { reportRows } from './report-rows.ts';
import { unitsASecond } from '../support/table/table-physics.ts';
import type { LoadReport } from './load-world.ts';

interface Options {
  readonly rates: readonly number[];
  readonly load: number;
  readonly work: number;
  readonly window: number;
  readonly lock: number;
  readonly copies: number;
  readonly seed: number;
  readonly burst?: number;
  readonly table?: true | string;
  readonly partitions?: true;
  readonly json?: true;
}

function number(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above zero.');
  return value;
}

const options = new Command('npm run simulate:load --')
  .description('How much load the relay can take over the physics of a DynamoDB table.')
  .option(
    '--rates <numbers>',
    'tasks a second that the slots can do',
    (text) => text.split(',').map(number),
    [10, 25, 50],
  )
  .option('--load <factor>', 'submits over that', number, 5)
  .option('--work <seconds>', 'mean time of a task at Get3W', number, 5)
  .option('--window <seconds>', 'measured after twice that time', number, 20)
  .option('--lock <ms>', 'how long a transaction locks its items', number, 5)
  .option('--copies <number>', 'copies of each function', number, 10)
  .option('--seed <number>', 'another course of the same world', number, 1)
  .option('--burst <callbacks>', 'instead: so many callbacks within one second', number)
  .option(
    '--table [name]',
    'instead: the rows that the relay must carry with their bounds, or those with this in their name',
  )
  .option('--partitions', 'also the partitions that were asked most, with their units a second')
  .option('--json', 'figures for programs')
  .parse()
  .opts<Options>();

function ms({ p50, p99 }: LoadReport['handOverMs']): string {
  return `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
}

function perSecond(count: number, { windowSeconds }: LoadReport): string {
  return (count / windowSeconds).toFixed(1);
}

/** What a partition gives, it gives no more of: one that is asked for so much is what keeps a relay from carrying more. */
function partitionsOf(rate: string, report: LoadReport): string {
  const rows = new Table({
    head: ['tasks/s', 'partition', 'asked a second', 'it gives'],
    style: { head: [], border: [] },
  });
  for (const { kind, partition, units } of report.busiest) {
    rows.push([rate, `${kind}s of ${partition}`, perSecond(units, report), unitsASecond[kind]]);
  }
  return rows.toString();
}

/** How long the callbacks of one second take to be recorded, and how many were answered with an error. */
async function reportBurst(callbacks: number): Promise<void> {
  const plan = burstOf(callbacks);
  const world = new LoadWorld(plan);
  const { ended, callbacksFailed, conflictsPerTask, lastRecordedMs } = await world.play();
  const drainedMs = Math.round(lastRecordedMs - plan.withheldUntilMs);
  process.stdout.write(`${JSON.stringify({ ended, drainedMs, callbacksFailed, conflictsPerTask })}\n`);
}

const reports: Record<number, LoadReport> = {};
if (options.burst !== undefined) {
  await reportBurst(options.burst);
  process.exit();
}
if (options.table !== undefined) {
  const named = options.table === true ? undefined : options.table;
  const isMet = await reportRows({ named, isJson: options.json ?? false });
  process.exit(isMet ? 0 : 1);
}
for (const rate of options.rates) {
  const { load, work, window, lock, copies, seed } = options;
  const workMs = 1_000 * work;
  const plan = loadOf({ seed, tasksPerSecond: rate, load, workMs, lockMs: lock, copies, windowMs: 1_000 * window });
  reports[rate] = await new LoadWorld(plan).play();
}
if (options.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
else {
  const head = [
    'tasks/s',
    'POSTs/s',
    'ends/s',
    'slots busy',
    'hand-over ms',
    'recorded ms',
    'submit to POST ms',
    'units',
    'conflicts',
    'throttles',
    '5xx',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [rate, report] of Object.entries(reports)) {
    table.push([
      rate,
      perSecond(report.posts, report),
      perSecond(report.ended, report),
      `${(100 * report.busyShare).toFixed(1)} %`,
      ms(report.handOverMs),
      ms(report.recordedMs),
      ms(report.submitToPostMs),
      report.writeUnitsPerTask.toFixed(1),
      report.conflictsPerTask.toFixed(2),
      report.throttles,
      report.callbacksFailed + report.refused,
    ]);
  }
  process.stdout.write(`${table.toString()}\n`);
  if (options.partitions) {
    for (const [rate, report] of Object.entries(reports)) process.stdout.write(`${partitionsOf(rate, report)}\n`);
  }
}
