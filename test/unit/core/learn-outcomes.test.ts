// What the ends of attempts write about their models: nothing without failures, and never an error that stops the task.
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { HOUR_MS, MINUTE_MS } from '../../../core/domain/time-ms.ts';
import { forgetWellModels, learnOutcomes } from '../../../core/flows/learn-outcomes.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleAttempt, sampleTask } from '../../support/sample-task.ts';
import type { TaskChange } from '../../../core/domain/task/derived-counts.ts';

const GATE = 'default';
const { outcomesMin } = defaultSettings.gate.circuit;
const { model } = sampleTask();
const running = sampleAttempt({ state: 'running', acceptedAt: NOW });
const failure = { level: 'task', code: 5003, text: 'Service Unavailable' } as const;

/** The end of one attempt. */
function ended(outcome: 'completed' | 'failed', isCircuitProbe: boolean = false): TaskChange {
  const before = sampleTask({
    status: 'running',
    attempts: [{ ...running, circuitProbe: isCircuitProbe }],
    attemptCount: 1,
  });
  const closed = { ...running, circuitProbe: isCircuitProbe, state: 'closed', outcome, endedAt: NOW + 5 } as const;
  return { before, after: { ...before, attempts: [{ ...closed, ...(outcome === 'failed' && { failure }) }] } };
}

async function known(relay: MemoryRelay) {
  return (await relay.store.listModels(GATE, 10)).models.get(model);
}

/** Failures at the same moment, and the time in which they are retried. */
async function learnAtOnce(relay: MemoryRelay, count: number): Promise<void> {
  const learning = Promise.all(Array.from({ length: count }, () => learnOutcomes(relay, [ended('failed')])));
  await relay.clock.advance(1_000);
  await learning;
}

describe('the end of an attempt', () => {
  it('writes nothing about a model without failures', async () => {
    const relay = new MemoryRelay();
    const saves: string[] = [];
    const spying = relay.withStore({
      saveModel: async (_gateId, name) => {
        saves.push(name);
        return true;
      },
    });
    await learnOutcomes(spying, [ended('completed')]);
    await learnOutcomes(spying, [{ after: sampleTask() }]);
    expect(saves).toEqual([]);
  });

  it('opens the circuit of a model that only fails, also where many learn at once', async () => {
    const relay = new MemoryRelay();
    // At one moment each learns from what it read, and all but one of them read again.
    for (let count = 0; count < outcomesMin; count += 5) await learnAtOnce(relay, 5);
    expect((await known(relay))?.circuit).toMatchObject({ probes: 0 });
  });

  it('closes it again when its probes succeed, and leaves no trace', async () => {
    const relay = new MemoryRelay();
    for (let count = 0; count < outcomesMin; count += 1) await learnOutcomes(relay, [ended('failed')]);
    await relay.clock.advance(MINUTE_MS);
    for (let count = 0; count < 7; count += 1) await learnOutcomes(relay, [ended('completed', true)]);
    expect(await known(relay)).toBeUndefined();
  });

  it('goes its way where its outcome cannot be tallied', async () => {
    const relay = new MemoryRelay();
    const lost = relay.withStore({ saveModel: async () => false });
    const down = relay.withStore({
      loadModels: async () => {
        throw new Error('the table does not answer');
      },
    });
    const losing = learnOutcomes(lost, [ended('failed')]);
    await relay.clock.advance(1_000);
    await expect(losing).resolves.toBeUndefined();
    await expect(learnOutcomes(down, [ended('failed')])).resolves.toBeUndefined();
  });
});

describe('a model whose failures are long past', () => {
  it('is forgotten, and one that failed lately is not', async () => {
    const relay = new MemoryRelay();
    await learnOutcomes(relay, [ended('failed')]);
    await forgetWellModels(relay, GATE, (await relay.store.listModels(GATE, 10)).models);
    expect(await known(relay)).toMatchObject({ outcomes: 1, failures: 1 });
    await relay.clock.advance(HOUR_MS);
    await forgetWellModels(relay, GATE, (await relay.store.listModels(GATE, 10)).models);
    expect(await known(relay)).toBeUndefined();
  });
});
