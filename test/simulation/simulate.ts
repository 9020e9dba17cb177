// `npm run simulate`: plays seeded worlds for any time, shows its progress, and for each that fails prints
// the seed, what was found, and the command that plays it again. Exits with 1 when one failed.
import { availableParallelism } from 'node:os';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { drawWorld } from './draw-world.ts';
import { runSeeds } from './run-seeds.ts';
import { World } from './world.ts';
import type { SeedTotals } from './run-seeds.ts';
import type { WorldReport } from './world.ts';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly minutes?: number;
  readonly threads: number;
  readonly trace: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above zero');
  return value;
}

function print(text: string): void {
  return void process.stdout.write(`${text}\n`);
}

function replayOf(seed: number): string {
  return `npm run simulate -- --from ${seed} --seeds 1 --trace`;
}

function printFailure({ seed, problems }: WorldReport): void {
  print(`${pc.red('failed')} seed ${seed}`);
  for (const problem of problems.slice(0, 5)) print(`  ${problem}`);
  print(`  again: ${pc.bold(replayOf(seed))}`);
}

/** One seed, with every call that its functions made. */
async function trace(seed: number): Promise<boolean> {
  const world = new World(drawWorld(seed), { trace: (line) => void print(line) });
  const report = await world.play();
  if (report.problems.length > 0) printFailure(report);
  return report.problems.length === 0;
}

function days(elapsedMs: number): string {
  return (elapsedMs / 86_400_000).toFixed(1);
}

function summary({ seeds, tasks, posts, commits, elapsedMs, failed }: SeedTotals, tookMs: number): string {
  return [
    `${seeds} worlds, ${failed.length} failed, in ${(tookMs / 1_000).toFixed(0)} s;`,
    `${tasks} tasks, ${posts} submits, ${commits} commits, ${days(elapsedMs)} days of their time`,
  ].join(' ');
}

async function simulate({ seeds, from, minutes, threads }: Options): Promise<boolean> {
  const startedAt = Date.now();
  const bar = new SingleBar({
    format: '{bar} {value} of {total} worlds · {failed} failed · {eta_formatted}',
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  });
  bar.start(seeds, 0, { failed: 0 });
  let failed = 0;
  const totals = await runSeeds({
    from,
    count: seeds,
    threads,
    signal: minutes === undefined ? undefined : AbortSignal.timeout(minutes * 60_000),
    onReport: (report) => {
      bar.increment(1, { failed: (failed += report.problems.length > 0 ? 1 : 0) });
      // At once: a long run that is ended early would keep it to itself.
      if (report.problems.length > 0) printFailure(report);
    },
  });
  bar.stop();
  print(summary(totals, Date.now() - startedAt));
  return totals.failed.length === 0;
}

const command = new Command('simulate')
  .description('Plays the whole relay in seeded worlds full of faults, and audits every commit.')
  .option('--seeds <number>', 'worlds to play', positive, 1_000)
  .option('--from <number>', 'the first seed', positive, 1)
  .option('--minutes <number>', 'stop after this long, however many were played', positive)
  .option('--threads <number>', 'threads to play on', positive, Math.min(2, availableParallelism()))
  .option('--trace', 'print every call of the first seed, and play no other', false)
  .action(async (options: Options) => {
    const isGood = options.trace ? await trace(options.from) : await simulate(options);
    process.exitCode = isGood ? 0 : 1;
  });

await command.parseAsync();
