// The processes of a load world: what one keeps in memory is not the next one's, and is lost with it.
import { expect, it } from 'vitest';
import { LoadCopies } from '../../simulation/load-copies.ts';

function copiesOf() {
  const time = { at: 0, now: () => time.at };
  let made = 0;
  return { time, copies: new LoadCopies(time, () => ({ id: (made += 1), seen: 0 })) };
}

it('begins a process for each run at once, and gives the next run the one that has been idle for longest', async () => {
  const { copies } = copiesOf();
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const served: number[] = [];
  const run = (until?: Promise<void>): Promise<void> =>
    copies.run(async ({ id }) => {
      served.push(id);
      await until;
    });
  const running = ends.map(({ promise }) => run(promise));
  ends[1]?.resolve();
  await running[1];
  ends[0]?.resolve();
  await running[0];
  await run();
  await run();
  expect(served).toEqual([1, 2, 2, 1]);
  expect(copies.begun).toBe(2);
});

it('keeps the memory of a process between its runs, also of one that failed', async () => {
  const { copies } = copiesOf();
  await expect(
    copies.run(async (copy) => {
      copy.seen += 1;
      throw new Error('failed');
    }),
  ).rejects.toThrow('failed');
  expect(await copies.run(async ({ seen }) => seen)).toBe(1);
});

it('ends a process that has been idle for minutes, and its memory with it', async () => {
  const { copies, time } = copiesOf();
  await copies.run(async (copy) => (copy.seen += 1));
  time.at = 299_999;
  expect(await copies.run(async ({ seen }) => seen)).toBe(1);
  time.at += 300_000;
  expect(await copies.run(async ({ seen }) => seen)).toBe(0);
});

it('never gives out a process whose run does not end: it was killed', async () => {
  const { copies } = copiesOf();
  void copies.run(() => new Promise<never>(() => undefined));
  expect(await copies.run(async ({ id }) => id)).toBe(2);
  expect(await copies.run(async ({ id }) => id)).toBe(2);
});
