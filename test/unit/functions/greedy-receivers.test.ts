// One account whose receivers never answer, and another that wants its webhooks: ten runs of deliver for both, and a
// queue that hands out in order. Before runs were shared by account, the other's p99 was 131 s with ten messages a run,
// and with one it got a single webhook within ten minutes.
import { describe, expect, it } from 'vitest';
import { PooledWebhookWorld } from '../../support/memory/pooled-webhook-world.ts';

const RUNS = 10;
const RECEIVERS = 300;
const MINUTES = 20;
const ANSWER_MS = 50;
/** The first webhook stands behind 900 messages of the other account: 90 for each run, which spends some 57 ms on each in its slow store. */
const WORST_MS = 5_500;

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
}

interface Scene {
  readonly batchMessages: number;
  readonly trouble: 'none' | 'never answer' | 'answered once';
  /** Whether every webhook of the quiet account goes to a receiver that was never called before. */
  readonly isNewEachTime?: boolean;
}

class Neighbours extends PooledWebhookWorld {
  readonly endedAt = new Map<string, number>();
  #hooks = 0;

  /** A task of the quiet account ends; its receiver answers after 50 ms. */
  async quiet(isNew: boolean): Promise<void> {
    if (isNew) this.#hooks += 1;
    const webhookUrl = `https://quiet-${this.#hooks}.example/hook`;
    this.receivers.script(webhookUrl, { status: 200, afterMs: ANSWER_MS });
    const { id } = await this.end({ accountId: 'acc_quiet', webhookUrl });
    this.endedAt.set(`evt_${id}_1`, this.relay.clock.now());
  }

  async trouble(kind: Scene['trouble']): Promise<void> {
    if (kind === 'none') return;
    const urls = Array.from({ length: RECEIVERS }, (_, index) => `https://dead-${index}.example/hook`);
    const never = { status: 200, afterMs: 3_600_000 };
    for (const url of urls) this.receivers.script(url, ...(kind === 'never answer' ? [never] : [200, never]));
    for (let round = 0; round < 3; round += 1) {
      for (const webhookUrl of urls) await this.end({ accountId: 'acc_greedy', webhookUrl });
      if (round === 0 && kind === 'answered once') await this.pass(60_000);
    }
  }

  /** From the end of each task of the quiet account to its receiver's answer; every one was called, and once. */
  quietMs(): readonly number[] {
    const calls = this.receivers.calls.filter(({ id }) => this.endedAt.has(id));
    expect(calls.length).toBe(this.endedAt.size);
    return calls.map(({ id, at }) => at + ANSWER_MS - (this.endedAt.get(id) ?? Number.NaN));
  }
}

/** Twenty minutes with a task of the quiet account every five seconds. */
async function watch({ batchMessages, trouble, isNewEachTime = false }: Scene) {
  const world = new Neighbours(RUNS, batchMessages);
  await world.quiet(true);
  await world.pass(5_000);
  await world.trouble(trouble);
  const sentBefore = world.relay.doorbells.sent.length;
  for (let count = 0; count < MINUTES * 12; count += 1) {
    await world.quiet(isNewEachTime);
    await world.pass(5_000, { stepMs: 500 });
  }
  const tookMs = world.quietMs();
  const doorbellsSent = world.relay.doorbells.sent.length - sentBefore;
  return { p99Ms: percentile(tookMs, 0.99), worstMs: Math.max(...tookMs), doorbellsSent, world };
}

describe('300 receivers of one account that never answer', () => {
  it.each([10, 1])('leave the webhooks of another account as fast as they were, %i messages a run', async (batch) => {
    const calm = await watch({ batchMessages: batch, trouble: 'none' });
    const greedy = await watch({ batchMessages: batch, trouble: 'never answer' });
    expect(greedy.p99Ms).toBeLessThanOrEqual(3 * calm.p99Ms);
    expect(greedy.worstMs).toBeLessThan(WORST_MS);
    // Each receiver is postponed longer each time: some twenty-five doorbells in twenty minutes, none for those that
    // wait already.
    expect(greedy.doorbellsSent).toBeLessThan(30 * RECEIVERS);
  });

  it('do so too when each of them has answered once before', async () => {
    const calm = await watch({ batchMessages: 10, trouble: 'none' });
    const greedy = await watch({ batchMessages: 10, trouble: 'answered once' });
    expect(greedy.p99Ms).toBeLessThanOrEqual(3 * calm.p99Ms);
    expect(greedy.worstMs).toBeLessThan(WORST_MS);
  });

  it('leave room for receivers of another account that were never called', async () => {
    const calm = await watch({ batchMessages: 10, trouble: 'none', isNewEachTime: true });
    const greedy = await watch({ batchMessages: 10, trouble: 'never answer', isNewEachTime: true });
    expect(greedy.p99Ms).toBeLessThanOrEqual(3 * calm.p99Ms);
  });
});
