// What the usual task may cost: units by the meter of `npm run bench:cost`, and the size of its row. A developer who
// adds a field, a write or an index sees it here before AWS's bill shows it.
import { expect, it } from 'vitest';
import { workloads } from '../../checks/cost/workloads.ts';
import { itemBytes } from '../support/table/item-units.ts';
import { LoadWorld } from './load-world.ts';

/** Write units of one task, indexes included, its read units, and bytes of its row at its end. */
const budgets = {
  'webhook-in-and-out': { units: 18.1, readUnits: 23, rowBytes: 1_000 },
  'idempotency-key': { units: 19.2, readUnits: 23, rowBytes: 1_000 },
  'keeps-1-mb': { units: 37.1, readUnits: 27, rowBytes: 1_000 },
  'waits-once': { units: 32.7, readUnits: 36, rowBytes: 1_000 },
} as const;

it.each(Object.entries(budgets))(
  'a task of the workload %s keeps to its budget',
  async (name, { units, readUnits, rowBytes }) => {
    const plan = workloads.find((workload) => workload.name === name)?.plan;
    if (!plan) throw new Error(`no workload ${name}`);
    const world = new LoadWorld(plan);
    const { taken } = await world.play();
    const rows = world.table.rows.all().filter((item) => item['sk']?.S === 'TASK');
    expect(rows).toHaveLength(taken);
    expect(Math.max(...rows.map(itemBytes))).toBeLessThanOrEqual(rowBytes);
    expect((world.meter.sum('writeUnits') + world.meter.sum('indexUnits')) / taken).toBeLessThanOrEqual(units);
    expect(world.meter.sum('readUnits') / taken).toBeLessThanOrEqual(readUnits);
  },
);
