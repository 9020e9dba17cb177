// The simulator under the load of the relay's own promise: a thousand submits at once, with faults, and every count in
// agreement afterwards.
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../simulator/start-simulator.ts';
import { eventually } from '../support/eventually.ts';
import { simulatorClient } from '../support/simulator-client.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { openWebhookInbox } from '../support/webhook-inbox.ts';

describe('under load', () => {
  it('accepts a thousand submits at once, and its ledger agrees with what clients and webhooks saw', async () => {
    const inbox = await openWebhookInbox();
    onTestFinished(inbox.close);
    const faults = { '5003': 0.2, '429': 0.1, '500': 0.05, twice: 0.05 };
    const randomSource = new FixedRandomSource(1);
    const simulator = await startSimulator({
      random: () => randomSource.random(),
      settings: { concurrency: null, faults, durationMs: 50, durationSigma: 0.5 },
    });
    onTestFinished(simulator.close);
    const get3w = simulatorClient(simulator.url);
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const response = await get3w.submit('google/nano-banana-pro/text-to-image', {
          requestId: `job-${index}`,
          webhook: `${inbox.url}/${index}`,
        });
        await response.arrayBuffer();
        return response.status;
      }),
    );
    const count = (status: number): number => answers.filter((answer) => answer === status).length;
    expect(count(200) + count(429) + count(500)).toBe(1_000);
    expect(count(429)).toBeGreaterThan(60);
    expect(count(500)).toBeGreaterThan(20);

    await eventually(() => get3w.ledger()).toMatchObject({ running: 0 });
    const told = (): number => new Set(inbox.received().map(({ path }) => path)).size;
    await eventually(told).toBe(count(200));
    const ledger = await get3w.ledger();
    const failed = new Set(
      inbox.received().flatMap((hook) => (hook.bodyText.includes('"code":5003') ? hook.path : [])),
    );
    expect(ledger).toMatchObject({ accepted: count(200), charged: count(200), refunded: failed.size });
    expect(failed.size).toBeGreaterThan(130);
    expect(Object.values(ledger.tasks).every(({ accepted }) => accepted === 1)).toBe(true);
  }, 20_000);
});
