// Old outcomes count half. An update that halves the tallies of hundreds of models at once is longer than DynamoDB takes, and
// a gate that cannot be written submits nothing ever again.
import { expect, it } from 'vitest';
import { makeDynamoStore } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import { counter } from '../../../core/domain/gate/gate.ts';
import { reviewGate } from '../../../core/domain/gate/gate-review.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { TableMeter } from '../../support/table/table-meter.ts';
import { TableModel } from '../../support/table/table-model.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

function modelName(index: number): string {
  return `vendor/model-${index}/text-to-image`;
}

/** A store whose gate has seen so many models, the later ones more often. */
async function seenBy(models: number, failures: number) {
  const time = { now: () => START, sleep: () => Promise.resolve() };
  const table = new TableModel({ time, random: Math.random, meter: new TableMeter(), lockMs: 0, isTimed: false });
  const randomSource = new FixedRandomSource(5);
  const client = table.client(() => 'test');
  const store = makeDynamoStore({
    client,
    tableName: 'relay',
    clock: time,
    randomSource,
    settings: defaultSettings.gate,
  });
  for (let from = 0; from < models; from += 100) {
    const before = await store.loadGate('default');
    const counters = { ...before.counters };
    for (let index = from; index < Math.min(models, from + 100); index += 1) {
      counters[counterName.modelOutcomes(modelName(index))] = 4 + 2 * index;
      if (failures > 0) counters[counterName.modelFailures(modelName(index))] = failures;
    }
    await store.commit({ changes: [], gate: { before, after: { ...before, counters } } });
  }
  return store;
}

function reviewed(gate: Gate, now: number): Gate {
  return reviewGate(gate, [], { settings: defaultSettings.gate, now, random: () => 0.5 });
}

it('halves the tallies of a few models exactly', async () => {
  const store = await seenBy(10, 0);
  const before = await store.loadGate('default');

  const after = reviewed(before, START + HOUR_MS);

  for (let index = 0; index < 10; index += 1) {
    expect(counter(after, counterName.modelOutcomes(modelName(index)))).toBe(2 + index);
  }
});

it('can be written whatever the number of models, and gets to those that have been seen most', async () => {
  const store = await seenBy(400, 0);
  const before = await store.loadGate('default');

  const after = reviewed(before, START + HOUR_MS);

  expect(await store.commit({ changes: [], gate: { before, after } })).toEqual({ kind: 'committed' });
  const most = counterName.modelOutcomes(modelName(399));
  expect(counter(await store.loadGate('default'), most)).toBe(Math.floor((4 + 2 * 399) / 2));
});

it('forgets the failures of four hundred models that are well by and by, each time in an update that can be written', async () => {
  const store = await seenBy(400, 2);
  let gate = await store.loadGate('default');
  let reviews = 0;
  for (; reviews < 30 && Object.keys(gate.counters).length > 100; reviews += 1) {
    const after = reviewed(gate, START + 1_000);
    expect(await store.commit({ changes: [], gate: { before: gate, after } })).toEqual({ kind: 'committed' });
    gate = await store.loadGate('default');
  }
  expect(reviews).toBeLessThan(30);
});
