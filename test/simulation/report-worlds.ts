// `npm run simulate:worlds`: plays the outage world and the limit world over many seeds and prints what
// docs/benchmarks.md shows, the naive client's losses beside ours. The tests play fewer seeds of the same.
import Table from 'cli-table3';
import { Command } from 'commander';
import { playLimitWorld, playNaiveLimitWorld } from './limit-world.ts';
import { median } from './median.ts';
import { playOutageWorld } from './outage-world.ts';
import type { LimitReport } from './limit-world.ts';
import type { OutageReport } from './outage-world.ts';

function print(text: string): void {
  return void process.stdout.write(`${text}\n`);
}

function seedsOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

type Pick<Report> = (report: Report) => number;

function extent(numbers: readonly number[]): number[] {
  return [Math.min(...numbers), median(numbers), Math.max(...numbers)];
}

function row<Report>(name: string, reports: readonly Report[], pick: Pick<Report>, digits: number = 0): string[] {
  return [name, ...extent(reports.map(pick)).map((number) => number.toFixed(digits))];
}

function shareRow<Report>(name: string, reports: readonly Report[], pick: Pick<Report>): string[] {
  return [name, ...extent(reports.map(pick)).map((share) => `${(100 * share).toFixed(2)} %`)];
}

function table(rows: readonly (readonly string[])[]): string {
  const drawn = new Table({ head: ['', 'least', 'median', 'most'], style: { head: [], border: [] } });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}

function limitRows(reports: readonly LimitReport[]): string[][] {
  return [
    row('makespan over bound', reports, ({ overBound }) => overBound, 3),
    shareRow('429 per submit', reports, ({ limitedShare }) => limitedShare),
    row('429', reports, ({ limited }) => limited),
    row('running at Get3W, at most', reports, ({ runningMax }) => runningMax),
    row('share over weight, furthest from 1', reports, ({ furthestShare }) => furthestShare, 3),
    row('tasks lost', reports, ({ jobs, completed }) => jobs - completed),
    row('hand-over, median ms', reports, ({ handOverMs }) => handOverMs),
  ];
}

function outageRows(reports: readonly OutageReport[]): string[][] {
  return [
    row('tasks lost', reports, ({ jobs, completed }) => jobs - completed),
    row('failures counted against one task, at most', reports, ({ failuresMax }) => failuresMax),
    row('submits during the outage', reports, ({ outagePosts }) => outagePosts),
    shareRow(
      'of those of the naive client',
      reports,
      ({ outagePosts, naiveOutagePosts }) => outagePosts / naiveOutagePosts,
    ),
    row('seconds until goodput is 95 % again', reports, ({ recoveredAfterMs }) => recoveredAfterMs / 1_000),
    row(
      'goodput 5 to 10 min after, over before',
      reports,
      ({ goodputAfter, goodputBefore }) => goodputAfter / goodputBefore,
      2,
    ),
    shareRow('tasks lost by the naive client', reports, ({ naive }) => naive.lost / naive.jobs),
  ];
}

/** As the worlds of worlds.test.ts: limit configured, unknown, and each with random 429s. */
const limitVariants = [
  { title: 'limit configured', isTold: true, limitedShare: 0 },
  { title: 'limit unknown, start at 2', isTold: false, limitedShare: 0 },
  { title: 'limit configured, a random 429 for a tenth of the submits', isTold: true, limitedShare: 0.1 },
  { title: 'limit unknown, a random 429 for a tenth of the submits', isTold: false, limitedShare: 0.1 },
] as const;

async function reportLimit(seeds: number, handOverMs: number): Promise<void> {
  for (const { title, ...variant } of limitVariants) {
    const reports: LimitReport[] = [];
    for (const seed of seedsOf(seeds)) reports.push(await playLimitWorld({ seed, handOverMs, ...variant }));
    print(`\nLimit world, ${title}, ${seeds} seeds`);
    print(table(limitRows(reports)));
    for (const problem of reports.flatMap(({ problems }) => problems)) print(`  ${problem}`);
  }
  const naive = seedsOf(seeds).map((seed) => playNaiveLimitWorld(seed));
  print(`\nLimit world, the naive client, ${seeds} seeds`);
  print(
    table([
      shareRow('tasks lost', naive, ({ lost, jobs }) => lost / jobs),
      shareRow('429 per submit', naive, ({ limited, posts }) => limited / posts),
    ]),
  );
}

async function reportOutage(seeds: number): Promise<void> {
  const reports: OutageReport[] = [];
  for (const seed of seedsOf(seeds)) reports.push(await playOutageWorld(seed));
  print(`\nOutage world, ${seeds} seeds`);
  print(table(outageRows(reports)));
  for (const problem of reports.flatMap(({ problems }) => problems)) print(`  ${problem}`);
}

async function run({ seeds, handOverMs }: { readonly seeds: string; readonly handOverMs: string }): Promise<void> {
  await reportLimit(Number(seeds), Number(handOverMs));
  await reportOutage(Number(seeds));
}

await new Command('simulate:worlds')
  .description('Plays the outage world and the limit world and prints their figures.')
  .option('--seeds <number>', 'seeds of each', '20')
  .option('--hand-over-ms <number>', 'from the end of a task to the next submit, about', '150')
  .action(run)
  .parseAsync();
