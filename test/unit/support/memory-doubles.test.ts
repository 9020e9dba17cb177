// The doubles that other tests build on: time that only a test moves, random numbers that repeat, rows in order.
import { describe, expect, it } from 'vitest';
import { systemRandomSource } from '../../../core/adapters/system-random-source.ts';
import { systemClock } from '../../../core/adapters/system-clock.ts';
import { deepFreeze } from '../../support/memory/deep-freeze.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { MemoryDoorbells } from '../../support/memory/memory-doorbells.ts';
import { SortedRows } from '../../support/memory/sorted-rows.ts';
import { SteppedClock } from '../../support/memory/stepped-clock.ts';

const uuidV7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a stepped clock', () => {
  it('wakes sleepers in the order of their times, each at its own time', async () => {
    const clock = new SteppedClock(1_000);
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ...delaysMs: number[]) => {
      for (const delayMs of delaysMs) {
        await clock.sleep(delayMs);
        woken.push([name, clock.now()]);
      }
    };
    void sleeper('late', 500);
    void sleeper('often', 100, 100, 100);
    void sleeper('same', 500);

    await clock.advance(600);

    expect(woken).toEqual([
      ['often', 1_100],
      ['often', 1_200],
      ['often', 1_300],
      ['late', 1_500],
      ['same', 1_500],
    ]);
    expect(clock.now()).toBe(1_600);
  });

  it('jumps without waking any sleeper too early or too late', async () => {
    const clock = new SteppedClock(1_000);
    let isAwake = false;
    void clock.sleep(100).then(() => (isAwake = true));

    clock.jump(-900);
    await clock.advance(99);
    expect([clock.now(), isAwake]).toEqual([199, false]);
    await clock.advance(1);
    expect(isAwake).toBe(true);
  });
});

describe('the fixed random source', () => {
  it('repeats itself for the same seed, and only for the same', () => {
    const drawn = (seed: number) => {
      const randomSource = new FixedRandomSource(seed);
      return [randomSource.random(), randomSource.id(), randomSource.secret(), randomSource.random()];
    };

    expect(drawn(5)).toEqual(drawn(5));
    expect(drawn(5)).not.toEqual(drawn(6));
  });

  it('is uniform enough for what it decides', () => {
    const randomSource = new FixedRandomSource(1);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 100_000; index += 1) {
      const tenth = Math.floor(randomSource.random() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }

    expect(Math.min(...tenths)).toBeGreaterThan(9_600);
    expect(Math.max(...tenths)).toBeLessThan(10_400);
  });

  it('makes ids that sort as they were made, also within one millisecond and when the clock goes back', () => {
    const clock = new SteppedClock();
    const randomSource = new FixedRandomSource(1, clock);
    const ids = Array.from({ length: 10_000 }, (_, index) => {
      if (index === 5_000) clock.jump(-60_000);
      if (index === 6_000) clock.jump(120_000);
      return randomSource.id();
    });

    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => uuidV7Pattern.test(id))).toBe(true);
  });
});

describe('the machine’s own random numbers and time', () => {
  it('make ids in order, and secrets that cannot be guessed', () => {
    const ids = Array.from({ length: 1_000 }, () => systemRandomSource.id());
    const secrets = Array.from({ length: 1_000 }, () => systemRandomSource.secret());

    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => uuidV7Pattern.test(id))).toBe(true);
    expect(new Set(secrets).size).toBe(1_000);
    // 27 letters of base64url are 162 bits.
    expect(secrets.every((secret) => /^[\w-]{27,}$/.test(secret))).toBe(true);
    expect(systemRandomSource.random()).toBeLessThan(1);
  });

  it('sleeps at least as long as requested, and not at all for a time that has passed', async () => {
    const start = systemClock.now();
    await systemClock.sleep(20);
    await systemClock.sleep(-1_000);

    expect(systemClock.now() - start).toBeGreaterThanOrEqual(19);
  });
});

describe('rows in order', () => {
  it('equal a sorted list, whatever is added and removed', () => {
    const randomSource = new FixedRandomSource(3);
    const rows = new SortedRows<number>();
    const model = new Map<string, number>();
    for (let round = 0; round < 3_000; round += 1) {
      const key = String(Math.floor(randomSource.random() * 200)).padStart(3, '0');
      if (randomSource.random() < 0.6) {
        rows.set(key, round);
        model.set(key, round);
      } else {
        rows.delete(key);
        model.delete(key);
      }
    }
    const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

    expect(rows.head(1_000)).toEqual(sorted);
    expect([...rows.backwards()]).toEqual(sorted.toReversed());
    const below = [...model].filter(([key]) => key < '100').length;
    expect([...rows.backwards('100')]).toHaveLength(below);
  });
});

describe('memory doorbells', () => {
  it('keep a doorbell until it is ready, and lose those that the test names', async () => {
    const clock = new SteppedClock(0);
    const doorbells = new MemoryDoorbells(clock);
    const message = { queue: 'dispatch', doorbell: { kind: 'gate', gateId: 'main' }, delayMs: 1_500 } as const;
    doorbells.failNext(1);

    expect(await doorbells.send([message, message])).toEqual({ failed: 1 });
    clock.stepTo(1_999);
    expect(doorbells.take('dispatch')).toEqual([]);
    expect(doorbells.waiting('dispatch')).toHaveLength(1);
    clock.stepTo(2_000);
    expect(doorbells.take('settle')).toEqual([]);
    expect(doorbells.take('dispatch')).toEqual([{ ...message, readyAt: 2_000 }]);
    expect(doorbells.waiting()).toEqual([]);
  });
});

describe('a frozen value', () => {
  it('cannot be changed at any depth', () => {
    const value = deepFreeze({ a: [{ b: 1 }] });

    expect(() => ((value.a[0] as { b: number }).b = 2)).toThrow(TypeError);
    expect(() => value.a.push({ b: 3 })).toThrow(TypeError);
  });
});
