// `npm run simulate:money`: how many submits a second one account with a balance and a budget can take, by how long a
// transaction locks its items; prints what docs/money.md shows.
import Table from 'cli-table3';
import { playMoneyLoad } from './money-load.ts';

const WRITERS = 30;
const FOR_MS = 20_000;

const table = new Table({
  head: ['submits/s', 'lock ms', 'tasks', 'given up', 'p50 / p99 ms', 'conflicts a task', 'exact'],
});
for (const lockMs of [5, 12]) {
  for (const submitsPerSecond of [10, 20, 50, 100, 200]) {
    const report = await playMoneyLoad({ submitsPerSecond, writers: WRITERS, lockMs, forMs: FOR_MS });
    const { tasks, givenUp, p50Ms, p99Ms, conflictsPerTask, isExact } = report;
    table.push([
      submitsPerSecond,
      lockMs,
      tasks,
      givenUp,
      `${p50Ms.toFixed(0)} / ${p99Ms.toFixed(0)}`,
      conflictsPerTask.toFixed(3),
      isExact ? 'yes' : 'no',
    ]);
  }
}
process.stdout.write(`${table.toString()}\n`);
