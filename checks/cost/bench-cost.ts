// `npm run bench:cost`: runs the named workloads through the real handlers over the table model, counts everything that
// AWS bills by use, and prices it. With --write it regenerates the tables of docs/cost.md. `npm run docs:cost --
// --fixed` has the cost that does not depend on use (series, alarms).
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { format } from 'prettier';
import { LoadWorld } from '../../test/simulation/load-world.ts';
import { costTables } from './cost-tables.ts';
import { times, usageOf } from './usage.ts';
import { dollarsOf, IDLE_POLLS_PER_QUEUE_AND_MONTH } from './usage-prices.ts';
import { workloads } from './workloads.ts';
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import type { StepCounts } from '../../test/support/table/table-meter.ts';
import type { Measured } from './cost-tables.ts';
import type { Workload } from './workloads.ts';

interface Options {
  readonly only?: readonly string[];
  readonly json?: true;
  readonly write?: true;
}

const IDLE_QUEUES = 5;
const HOURS_PER_MONTH = 730;
const PAGE = 'docs/cost.md';

const { only, json, write } = new Command('npm run bench:cost --')
  .description('What a task costs, measured: units, requests, runs, logs and dollars by workload.')
  .option('--only <names>', 'these workloads, by comma', (text) => text.split(','))
  .option('--json', 'figures for programs')
  .option('--write', `regenerates the tables of ${PAGE}`)
  .parse()
  .opts<Options>();

function byStep(steps: ReadonlyMap<string, Readonly<StepCounts>>, tasks: number): Record<string, number> {
  return Object.fromEntries(
    [...steps].map(([step, { writeUnits, indexUnits }]) => [step, (writeUnits + indexUnits) / Math.max(1, tasks)]),
  );
}

async function measure({ about, plan, isIdle }: Workload): Promise<Measured> {
  const world = new LoadWorld(plan);
  const { taken, refused } = await world.play();
  if (refused > 0) throw new Error(`${refused} submits were refused: the workload measures something else`);
  const unposted = taken - world.get3w.posts;
  if (unposted > 0) throw new Error(`${unposted} tasks were never posted: the workload measures something else`);
  const used = usageOf(world);
  const conflicts = world.meter.sum('conflicts') / Math.max(1, taken);
  const keptBytes = world.bill.keptBytes / Math.max(1, taken);
  const parts = { about, tasks: taken, conflicts, keptBytes, writeUnitsByStep: byStep(world.meter.steps, taken) };
  if (isIdle) {
    const month = times(used, HOURS_PER_MONTH / (plan.endsAtMs / HOUR_MS));
    const sqsRequests = month.sqsRequests + IDLE_QUEUES * IDLE_POLLS_PER_QUEUE_AND_MONTH;
    const usage = { ...month, sqsRequests, storedByteMonths: 0 };
    return { ...parts, ...usage, unfinished: 0, dollarsPerMillion: null, dollarsPerMonth: dollarsOf(usage) };
  }
  const usage = times(used, 1 / taken);
  const unfinished = taken - world.finishedTasks;
  return { ...parts, ...usage, unfinished, dollarsPerMillion: 1e6 * dollarsOf(usage) };
}

const measured: Record<string, Measured> = {};
for (const workload of workloads) {
  if (only && !only.includes(workload.name)) continue;
  measured[workload.name] = await measure(workload);
}

if (json) process.stdout.write(`${JSON.stringify({ workloads: measured }, undefined, 2)}\n`);
else process.stdout.write(`${costTables(measured)}\n`);

if (write) {
  const marks = /(<!-- bench:cost -->)[\s\S]*(<!-- \/bench:cost -->)/;
  const page = readFileSync(PAGE, 'utf8').replace(marks, (_all, from: string, to: string) =>
    // Not by a text: the dollars in the tables would be taken for its groups.
    [from, costTables(measured), to].join('\n\n'),
  );
  writeFileSync(PAGE, await format(page, { parser: 'markdown', printWidth: 120 }));
}
