// `npm run simulate:worlds`: plays the outage world and the limit world over many seeds and prints what
// docs/benchmarks.md shows, the naive client's losses beside ours. The tests play fewer seeds of the same.
import Table from 'cli-table3';
import { Command } from 'commander';
import { playLimitWorld, playNaiveLimitWorld } from './limit-world.ts';
import { median } from './median.ts';
import { playOutageWorld } from './outage-world.ts';
import type { LimitReport } from './limit-world.ts';
import type { OutageReport } from './outage-world.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const seedsOf = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const range = (numbers: readonly number[], digits: number): string[] =>
  [Math.min(...numbers), median(numbers), Math.max(...numbers)].map((number) => number.toFixed(digits));
const percents = (numbers: readonly number[]): string[] =>
  range(
    numbers.map((share) => 100 * share),
    2,
  ).map((text) => `${text} %`);

const table = (rows: readonly (readonly string[])[]): string => {
  const drawn = new Table({ head: ['', 'least', 'median', 'most'], style: { head: [], border: [] } });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
};

const limitRows = (reports: readonly LimitReport[]): string[][] => [
  [
    'makespan over bound',
    ...range(
      reports.map(({ overBound }) => overBound),
      4,
    ),
  ],
  ['429 per submit', ...percents(reports.map(({ limitedShare }) => limitedShare))],
  [
    '429',
    ...range(
      reports.map(({ limited }) => limited),
      0,
    ),
  ],
  [
    'running at Get3W, at most',
    ...range(
      reports.map(({ runningMax }) => runningMax),
      0,
    ),
  ],
  [
    'share over weight, furthest from 1',
    ...range(
      reports.map(({ furthestShare }) => furthestShare),
      3,
    ),
  ],
  [
    'tasks lost',
    ...range(
      reports.map(({ jobs, completed }) => jobs - completed),
      0,
    ),
  ],
  [
    'hand-over, median ms',
    ...range(
      reports.map(({ handOverMs }) => handOverMs),
      0,
    ),
  ],
];

const outageRows = (reports: readonly OutageReport[]): string[][] => [
  [
    'tasks lost',
    ...range(
      reports.map(({ jobs, completed }) => jobs - completed),
      0,
    ),
  ],
  [
    'failures counted against one task, at most',
    ...range(
      reports.map(({ failuresMax }) => failuresMax),
      0,
    ),
  ],
  [
    'submits during the outage',
    ...range(
      reports.map(({ outagePosts }) => outagePosts),
      0,
    ),
  ],
  [
    'of those of the naive client',
    ...percents(reports.map(({ outagePosts, naiveOutagePosts }) => outagePosts / naiveOutagePosts)),
  ],
  [
    'seconds until goodput is 95 % again',
    ...range(
      reports.map(({ recoveredAfterMs }) => recoveredAfterMs / 1_000),
      0,
    ),
  ],
  [
    'goodput 5 to 10 min after, over before',
    ...range(
      reports.map(({ goodputAfter, goodputBefore }) => goodputAfter / goodputBefore),
      2,
    ),
  ],
  ['tasks lost by the naive client', ...percents(reports.map(({ naive }) => naive.lost / naive.jobs))],
];

const reportLimit = async (seeds: number, handOverMs: number): Promise<void> => {
  for (const isTold of [true, false]) {
    const reports: LimitReport[] = [];
    for (const seed of seedsOf(seeds)) reports.push(await playLimitWorld({ seed, isTold, handOverMs }));
    print(`\nLimit world, ${isTold ? 'limit told' : 'limit unknown, start at 2'}, ${seeds} seeds`);
    print(table(limitRows(reports)));
    for (const problem of reports.flatMap(({ problems }) => problems)) print(`  ${problem}`);
  }
  const naive = seedsOf(seeds).map((seed) => playNaiveLimitWorld(seed));
  print(`\nLimit world, the naive client, ${seeds} seeds`);
  print(
    table([
      ['tasks lost', ...percents(naive.map(({ lost, jobs }) => lost / jobs))],
      ['429 per submit', ...percents(naive.map(({ limited, posts }) => limited / posts))],
    ]),
  );
};

const reportOutage = async (seeds: number): Promise<void> => {
  const reports: OutageReport[] = [];
  for (const seed of seedsOf(seeds)) reports.push(await playOutageWorld(seed));
  print(`\nOutage world, ${seeds} seeds`);
  print(table(outageRows(reports)));
  for (const problem of reports.flatMap(({ problems }) => problems)) print(`  ${problem}`);
};

const run = async ({ seeds, handOverMs }: { readonly seeds: string; readonly handOverMs: string }): Promise<void> => {
  await reportLimit(Number(seeds), Number(handOverMs));
  await reportOutage(Number(seeds));
};

await new Command('simulate:worlds')
  .description('Plays the outage world and the limit world and prints their figures.')
  .option('--seeds <number>', 'seeds of each', '20')
  .option('--hand-over-ms <number>', 'from the end of a task to the next submit, about', '150')
  .action(run)
  .parseAsync();
