// The load world itself: that it plays the real handlers to the end of each task, and that its clock, its slots and its
// meter are right. `npm run simulate:load` measures how much the gate can take; docs/benchmarks.md has the figures.
import { expect, it } from 'vitest';
import { loadOf, plainClient } from './load-plan.ts';
import { LoadWorld } from './load-world.ts';

const quiet = loadOf({ seed: 3, tasksPerSecond: 4, load: 0.5, workMs: 2_000, windowMs: 15_000 });

it('brings every task of a quiet relay to its end, with nothing refused, throttled or posted twice', async () => {
  const world = new LoadWorld({ ...quiet, submitsForMs: 15_000, endsAtMs: 40_000, warmMs: 0 });
  const report = await world.play();
  expect(report.taken).toBeGreaterThan(20);
  expect(report).toMatchObject({ posts: report.taken, ended: report.taken, refused: 0, callbacksFailed: 0 });
  expect(report).toMatchObject({ throttles: 0, postedTwice: 0, limited: 0, messagesLeft: 0 });
  expect(world.functions.failures).toEqual([]);
});

it('counts more units for a task with a webhook than for one without, and none for an idle relay', async () => {
  const unitsOf = async (parts: Partial<typeof quiet>): Promise<number> => {
    const world = new LoadWorld({ ...quiet, submitsForMs: 10_000, endsAtMs: 35_000, warmMs: 0, ...parts });
    const { ended } = await world.play();
    return (world.meter.sum('writeUnits') + world.meter.sum('indexUnits')) / Math.max(1, ended);
  };
  const [plain, called, idle] = [
    await unitsOf({}),
    await unitsOf({ client: { ...plainClient, hasWebhook: true } }),
    await unitsOf({ submitsForMs: 0 }),
  ];
  expect(called).toBeGreaterThan(plain + 2);
  expect(idle).toBe(0);
});
