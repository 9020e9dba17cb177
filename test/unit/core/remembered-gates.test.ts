// What a process remembers of a gate: for whom, for how long, and of how many gates. That processes of the simulation do not
// share it is load-copies.test.ts's.
import { expect, it } from 'vitest';
import { rememberedGates } from '../../../core/adapters/remembered-gates.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';

/** A store that counts its reads; each gate that it answers has the read's number as its version. */
function countingStore() {
  const reads: (readonly [gateId: string, freshness: string])[] = [];
  const clock = { at: 10_000, now: () => clock.at };
  let failing: Error | undefined;
  const store = {
    loadGate: async (gateId: string, freshness: 'now' | 'a-moment-ago' = 'now'): Promise<Gate> => {
      reads.push([gateId, freshness]);
      const version = reads.length;
      await Promise.resolve();
      if (failing) throw failing;
      return { ...newGate(gateId, defaultSettings.gate, 0), version };
    },
  };
  const fail = (error: Error | undefined): void => {
    failing = error;
  };
  return { reads, clock, fail, gates: rememberedGates(store, clock) };
}

it('reads a gate of a moment ago once a second, eventually consistent', async () => {
  const { gates, reads, clock } = countingStore();
  const versions: number[] = [];
  for (const at of [10_000, 10_001, 10_999, 11_000, 11_001]) {
    clock.at = at;
    versions.push((await gates.loadGate('default', 'a-moment-ago')).version);
  }
  expect(versions).toEqual([1, 1, 1, 2, 2]);
  expect(reads).toEqual([
    ['default', 'a-moment-ago'],
    ['default', 'a-moment-ago'],
  ]);
});

it('reads it once for all that ask at the same time', async () => {
  const { gates, reads } = countingStore();
  await Promise.all(Array.from({ length: 20 }, () => gates.loadGate('default', 'a-moment-ago')));
  expect(reads).toHaveLength(1);
});

it('reads a gate as it is now each time, and remembers what it read', async () => {
  const { gates, reads } = countingStore();
  await gates.loadGate('default', 'a-moment-ago');
  expect((await gates.loadGate('default')).version).toBe(2);
  expect((await gates.loadGate('default', 'now')).version).toBe(3);
  expect((await gates.loadGate('default', 'a-moment-ago')).version).toBe(3);
  expect(reads.map(([, freshness]) => freshness)).toEqual(['a-moment-ago', 'now', 'now']);
});

it('does not remember that a gate could not be read', async () => {
  const { gates, fail } = countingStore();
  fail(new Error('no answer'));
  await expect(gates.loadGate('default', 'a-moment-ago')).rejects.toThrow('no answer');
  fail(undefined);
  expect((await gates.loadGate('default', 'a-moment-ago')).version).toBe(2);
});

it('recalls without a read what it read last, however long ago, and nothing else', async () => {
  const { gates, reads, clock } = countingStore();
  expect(gates.recallGate('default')).toBeUndefined();
  const reading = gates.loadGate('default');
  expect(gates.recallGate('default')).toBeUndefined();
  await reading;
  clock.at += 60_000;
  expect(gates.recallGate('default')?.version).toBe(1);
  expect(gates.recallGate('another')).toBeUndefined();
  expect(reads).toHaveLength(1);
});

it('remembers each gate by itself, and a few at most', async () => {
  const { gates, reads } = countingStore();
  for (const id of ['a', 'b']) expect((await gates.loadGate(id, 'a-moment-ago')).id).toBe(id);
  for (let index = 0; index < 8; index += 1) await gates.loadGate(`further-${index}`, 'a-moment-ago');
  await gates.loadGate('further-7', 'a-moment-ago');
  expect(reads).toHaveLength(10);
  await gates.loadGate('a', 'a-moment-ago');
  expect(reads).toHaveLength(11);
});
