// Rounds whose tasks are as large as a task can be, over the model of the table: as many are granted as one transaction
// holds, and the next round grants the next.
import { expect, it } from 'vitest';
import { inFlight } from '../../../core/domain/gate/gate.ts';
import { wellModel } from '../../../core/domain/gate/circuit.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { HOUR_MS } from '../../../core/domain/time-ms.ts';
import { allocateSlots } from '../../../core/flows/allocate-slots.ts';
import { relayOverTable } from '../../support/relay-over-table.ts';
import { NOW, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { RelayOverTable } from '../../support/relay-over-table.ts';
import type { Attempt, Task } from '../../../core/domain/task/task.ts';

const GATE = 'default';
const SLOTS = 400;
const gate = { ...defaultSettings.gate, limitStart: SLOTS, limitMax: SLOTS };

/** Forty attempts with the longest text of an error, as 429 allows them. */
function longHistory(): Pick<Task, 'attempts' | 'attemptCount' | 'failures'> {
  const failure = { level: 'http', code: 429, text: 'x'.repeat(1_000) } as const;
  const attempts = Array.from({ length: 40 }, (_, index): Attempt => ({
    number: index + 1,
    state: 'closed',
    startedAt: NOW,
    callbackDigest: 'd'.repeat(32),
    circuitProbe: false,
    accountProbe: false,
    rank: 1,
    endedAt: NOW,
    outcome: 'refused',
    failure,
    polls: 0,
  }));
  return { attempts, attemptCount: attempts.length, failures: { 'http-429': attempts.length } };
}

function idOf(index: number): string {
  return `01890a5d-ac96-774b-bcce-${String(index).padStart(12, '0')}`;
}

async function wait(store: RelayOverTable['store'], index: number, parts: Partial<Task>): Promise<void> {
  const task = sampleTask({ id: idOf(index), createdAt: NOW + index });
  await store.createTask({ task, input: '{}' });
  const due = { at: NOW + HOUR_MS, by: 'sweep' } as const;
  const ticket = { kind: 'fresh', order: NOW + index, version: task.version + 1 } as const;
  const after: Task = { ...task, ...parts, status: 'waiting', version: task.version + 1, ticket, due };
  expect(await store.commit({ changes: [{ before: task, after }] })).toEqual({ kind: 'committed' });
}

it('tasks of dozens of KB are granted as many at once as one transaction holds, all of them in one call', async () => {
  const { ports, store } = relayOverTable(gate);
  for (let index = 0; index < 150; index += 1) await wait(store, index, longHistory());

  await allocateSlots(ports, GATE, {});

  expect(inFlight(await store.loadGate(GATE))).toBe(150);
}, 60_000);

it('a round with failing models beside it fits into a transaction too', async () => {
  const { ports, store } = relayOverTable(gate);
  await store.saveModel(GATE, 'other/model/task', wellModel(NOW), { ...wellModel(NOW), outcomes: 9, failures: 9 });
  for (let index = 0; index < 120; index += 1) await wait(store, index, { accountId: `acc_${index % 60}` });

  await allocateSlots(ports, GATE, {});

  expect(inFlight(await store.loadGate(GATE))).toBe(120);
}, 60_000);

it('a round that takes slots back out of pools fits into a transaction too', async () => {
  const { ports, store } = relayOverTable({ ...gate, limitStart: 190, limitMax: 190 });
  const tasks = 180;
  const { limit } = await store.loadGate(GATE);
  for (let pool = 0; pool < 8; pool += 1) {
    const before = sampleTask({ id: `01890a5d-ac96-774b-aaaa-${String(pool).padStart(12, '0')}`, createdAt: NOW });
    await store.createTask({ task: before, input: '{}' });
    const after: Task = { ...before, version: before.version + 1, slot: sampleSlot() };
    const fill = { pool, slots: 12, movesSeen: 0 };
    const claim = { gateId: GATE, ownSlotsMax: 190, limitSlots: limit.slots, fill };
    expect(await store.commit({ changes: [{ before, after }], claim })).toEqual({ kind: 'committed' });
  }
  for (let index = 0; index < tasks; index += 1) await wait(store, index, {});

  await allocateSlots(ports, GATE, {});

  const granted = await store.loadTasks(Array.from({ length: 100 }, (_, index) => idOf(index)));
  expect(granted.filter(({ slot }) => slot)).toHaveLength(100);
}, 60_000);
