// One greedy account: each thing that accounts share is used up by one key, while another key submits, reads and is
// called back. Its p99 stays within three times its value alone; the bounds and their shares are in
// docs/reliability.md.
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../core/domain/settings.ts';
import { GreedyWorld } from './greedy-world.ts';
import type { Taken } from './greedy-world.ts';

const SECONDS = 120;
const STEPS_A_SECOND = 20;
const GREEDY = 'acc_greedy';

function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
}

function summary(taken: Taken) {
  return {
    submit: p99(taken.submit),
    read: p99(taken.read),
    calledBack: p99(taken.calledBack),
  };
}

type Greed = (world: GreedyWorld, second: number) => void;

/** Two minutes with a task of the quiet account every second; `greed` strikes `perSecond` times a second. */
async function play(greed: Greed, perSecond: number, world = new GreedyWorld()) {
  await world.open();
  const every = Math.max(1, Math.floor(STEPS_A_SECOND / perSecond));
  const times = Math.max(1, Math.floor(perSecond / STEPS_A_SECOND));
  await world.pass(5_000);
  await world.pass(SECONDS * 1_000, (step) => {
    if (step % every === 0) for (let time = 0; time < times; time += 1) greed(world, step / STEPS_A_SECOND);
    if (step % STEPS_A_SECOND === 10) void world.quiet();
  });
  await world.pass(30_000);
  return world;
}

const calm = play(() => undefined, 1).then(({ taken }) => summary(taken));

async function expectAsCalm(world: GreedyWorld): Promise<void> {
  const { taken } = world;
  const [before, now] = [await calm, summary(taken)];
  expect(taken.refusals).toEqual([]);
  expect(world.unheard).toBe(0);
  expect(taken.submit).toHaveLength(SECONDS);
  for (const name of ['submit', 'read', 'calledBack'] as const)
    expect(now[name], name).toBeLessThanOrEqual(3 * before[name]);
}

function refusedTo(world: GreedyWorld): number {
  return world.greedyAnswers.get(429) ?? 0;
}

describe('an account beside one that uses up', () => {
  it('its requests: 200 a second', async () => {
    const world = await play((greedy) => greedy.greedy((w) => w.readAs(GREEDY, 'no id at all')), 200);
    await expectAsCalm(world);
    // A quarter is let in.
    const all = SECONDS * 200;
    expect(refusedTo(world) / all).toBeGreaterThan(0.7);
    expect(refusedTo(world) / all).toBeLessThan(0.8);
  });

  it('its unfinished tasks and the slots: twenty submits a second where ten fit', async () => {
    const shares = { ...defaultSettings.shares, unfinishedTasksMax: 300 };
    const world = await play((greedy) => greedy.greedy((w) => w.submitAs(GREEDY)), 20, new GreedyWorld({ shares }));
    await expectAsCalm(world);
    expect(refusedTo(world)).toBeGreaterThan(500);
  });

  it('its waits: one task waited for again and again', async () => {
    const ask: Greed = (greedy, second) =>
      greedy.greedy((w) => w.submitAs(GREEDY, { isSync: true, key: `key ${Math.floor(second / 20)}` }));
    await expectAsCalm(await play(ask, 10));
  });

  it('its receivers at work: three hundred that never answer', async () => {
    let count = 0;
    const world = await play((greedy) => {
      const webhook = `https://dead-${(count += 1) % 300}.example.com/hook`;
      greedy.receivers.script(webhook, { status: 200, afterMs: 3_600_000 });
      greedy.greedy((w) => w.submitAs(GREEDY, { webhook }));
    }, 5);
    await expectAsCalm(world);
    expect(world.receivers.calls.filter(({ url }) => url.startsWith('https://dead-')).length).toBeGreaterThan(20);
  });

  it('its endpoints: as many as it may have, none of which answers', async () => {
    const world = await play((greedy, second) => {
      const url = `https://dead-${second}.example.com/hook`;
      greedy.receivers.script(url, { status: 200, afterMs: 3_600_000 });
      greedy.greedy((w) => (second < 20 ? w.registerAs(GREEDY, url) : w.submitAs(GREEDY)));
    }, 5);
    await expectAsCalm(world);
    expect(world.greedyAnswers.get(201)).toBe(defaultSettings.shares.endpointsMax);
    expect(world.greedyAnswers.get(409)).toBe(90);
  });

  it('everything at once, ten calls a second', async () => {
    let count = 0;
    const world = await play((greedy) => {
      count += 1;
      const webhook = `https://dead-${count % 300}.example.com/hook`;
      greedy.receivers.script(webhook, { status: 200, afterMs: 3_600_000 });
      greedy.greedy((w) => w.submitAs(GREEDY, { webhook, isSync: count % 2 === 0 }));
    }, 10);
    await expectAsCalm(world);
  });
});

describe('an account beside one that waits', () => {
  it('with hundreds of models has its own submits accepted: names are counted per account', async () => {
    const world = new GreedyWorld({ gate: { ...defaultSettings.gate, limitStart: 1, limitMax: 1 } });
    await world.open();
    const longName = (count: number): string => `m${count}-${'x'.repeat(120 - String(count).length)}`;
    await world.pass(20_000, (step) =>
      world.greedy((w) => w.submitAs(GREEDY, { vendor: longName(0), model: longName(step), task: longName(1) })),
    );
    await Promise.all([world.quiet(), world.pass(1_000)]);
    expect(world.taken.refusals).toEqual([]);
    expect(refusedTo(world)).toBeGreaterThan(100);
  });

  it("is not refused for another's long backlog: the wait is that of its own queue", async () => {
    const gate = { ...defaultSettings.gate, limitStart: 1, limitMax: 1 };
    const world = new GreedyWorld({ gate, deadlineMs: 60_000 });
    await world.open();
    await world.pass(20_000, (step) => {
      if (step % 2 === 0) world.greedy((w) => w.submitAs(GREEDY));
    });
    await Promise.all([world.quiet(), world.pass(1_000)]);
    expect(world.taken.refusals).toEqual([]);
    expect(refusedTo(world)).toBeGreaterThan(0);
  });
});
