// The deliver stage in a world where everything goes wrong that can: store calls that fail before or after they took
// effect, runs that die at any await, doorbells lost and doubled, receivers that fail and hang. First faults on, then
// off; whatever happened, in the end every event has reached every receiver that should get it, and nothing is left
// over.
import { describe, expect, it } from 'vitest';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { webhookAccountId, WebhookWorld } from '../support/memory/webhook-world.ts';
import type { Delivery } from '../../core/domain/webhook/delivery.ts';
import type { DeliverPorts } from '../../functions/deliver/deliver-ports.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';

const SEEDS = 100;
const HOUR_MS = 3_600_000;

interface Odds {
  /** Of each call: that it fails without effect, that it fails although it took effect, that the run dies there. */
  readonly fails: number;
  readonly answerLost: number;
  readonly dies: number;
  /** How long a call takes at most, there and back each. */
  readonly latencyMs: number;
}

/** The ports of one run of the function, which may die at any of its calls and then does nothing more. */
function faultyPorts(world: FaultyWorld, odds: Odds): DeliverPorts {
  const { ports, dice } = world;
  let isDead = false;
  const never = new Promise<never>(() => undefined);
  const wrap = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (whole, name) => {
        const method: unknown = Reflect.get(whole, name);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]): Promise<unknown> => {
          if (isDead) return never;
          // Calls take their time, or no two runs would ever come between each other's steps.
          if (odds.latencyMs > 0) await ports.clock.sleep(dice.random() * odds.latencyMs);
          const drawn = dice.random();
          if (drawn < odds.fails) throw new Error(`${String(name)} failed`);
          const answer = await (method as (...all: unknown[]) => Promise<unknown>).apply(whole, given);
          if (odds.latencyMs > 0) await ports.clock.sleep(dice.random() * odds.latencyMs);
          if (drawn < odds.fails + odds.answerLost) throw new Error('answer lost');
          isDead ||= drawn < odds.fails + odds.answerLost + odds.dies;
          if (isDead && name === 'saveDelivery' && answer)
            world.relay.store.leaveBehind(...(given as [Delivery, Delivery]));
          return isDead ? never : answer;
        };
      },
    });
  return { ...ports, store: wrap(ports.store), caller: wrap(ports.caller), clock: ports.clock };
}

class FaultyWorld extends WebhookWorld {
  readonly dice: FixedRandomSource;
  odds: Odds | undefined;
  doorbellsLost = 0;

  /** @param callsMax with as many as there are runs, receivers that are known to answer are called past their lanes. */
  constructor(seed: number, callsMax: number) {
    super({ scheduleMs: Array.from({ length: 12 }, (_, index) => index * 2_000), callsMax });
    this.dice = new FixedRandomSource(seed);
  }

  override serve(): void {
    const { doorbells } = this.relay;
    if (this.odds === undefined) return super.serve();
    for (const message of doorbells.take('deliver')) {
      const drawn = this.dice.random();
      // Lost, doubled, or as it should be.
      const copies = drawn < this.doorbellsLost ? 0 : drawn < 0.4 ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) void doorbells.send([{ ...message, delayMs: 0 }]);
      super.serve(faultyPorts(this, this.odds));
    }
  }
}

async function run(seed: number): Promise<{ problems: string[]; calls: number }> {
  // Half of the worlds have one receiver alone, which is what a call past the lane takes.
  const isSingle = seed % 2 === 0;
  const world = new FaultyWorld(seed, isSingle ? 10 : 4);
  const endpoints: WebhookEndpoint[] = [];
  for (let count = 0; count < (isSingle ? 0 : 3); count += 1)
    endpoints.push(await world.endpoint(count === 1 ? { ratePerSecond: 0.5 } : {}));
  const hook = 'https://app.example.com/hook';
  const urls = [hook, ...endpoints.map(({ url }) => url)];
  let isTroubled = true;
  const called = new Set<string>();
  for (const url of urls) {
    world.receivers.script(url, ({ id }) => {
      const isFirst = !called.has(`${url} ${id}`);
      called.add(`${url} ${id}`);
      const drawn = isTroubled ? world.dice.random() : 1;
      if (drawn < 0.2) return 500;
      if (drawn < 0.25) return 503;
      if (drawn < 0.3) return { status: 200, afterMs: 20_000 };
      // Also in better times a first call may fail: its retry must not be left behind.
      const status = isFirst && world.dice.random() < 0.3 ? 500 : 200;
      return { status, afterMs: Math.floor(world.dice.random() * 300) };
    });
  }
  // Worlds differ in what goes wrong: with everything at once, nothing gets far enough for the rarer things to happen.
  const draw = (...odds: readonly number[]): number => odds[Math.floor(world.dice.random() * odds.length)] ?? 0;
  world.odds = {
    fails: draw(0, 0.002, 0.01),
    answerLost: draw(0, 0.002, 0.01),
    dies: draw(0, 0.0005, 0.005),
    latencyMs: draw(0, 20, 300),
  };
  world.doorbellsLost = draw(0, 0.1, 0.3);
  const ids: string[] = [];
  for (let count = 0; count < 25; count += 1) {
    const task = await world.end({ webhookUrl: hook });
    ids.push(`evt_${task.id}_1`);
    await world.pass(Math.floor(world.dice.random() * 6_000), { stepMs: 500 });
  }
  await world.pass(Math.floor(world.dice.random() * 60_000), { stepMs: 500 });
  // Nothing fails any more, but calls still take their time: the last events come while others are just letting go.
  world.odds = { fails: 0, answerLost: 0, dies: 0, latencyMs: 300 };
  world.doorbellsLost = 0;
  isTroubled = false;
  await world.pass(HOUR_MS / 2, { stepMs: 5_000 });
  const problems: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    for (let count = 0; count < 2; count += 1) {
      const task = await world.end({ webhookUrl: hook });
      ids.push(`evt_${task.id}_1`);
      await world.pass(Math.floor(world.dice.random() * 800), { stepMs: 50 });
    }
    await world.pass(100_000, { stepMs: 1_000 });
    const left = world.relay.store.allDeliveries().filter(({ status }) => status === 'pending');
    problems.push(...left.map(({ id }) => `${id} is left behind in round ${round}`));
  }
  world.odds = undefined;
  await world.pass(HOUR_MS / 2, { stepMs: 5_000 });
  problems.push(...(await audit(world, urls, ids)));
  return { problems, calls: world.receivers.calls.length };
}

async function audit(world: FaultyWorld, urls: readonly string[], ids: readonly string[]): Promise<string[]> {
  const { store, clock } = world.relay;
  const problems: string[] = [];
  for (const url of urls) {
    const had = new Set(world.receivers.idsAt(url));
    problems.push(...ids.filter((id) => !had.has(id)).map((id) => `${url} never had ${id}`));
  }
  for (const delivery of store.allDeliveries()) {
    if (delivery.status !== 'delivered') problems.push(`${delivery.id} is ${delivery.status} ${delivery.reason ?? ''}`);
    for (const kind of ['first', 'retry'] as const) {
      const left = await store.laneEntries(delivery.laneId, 10, kind);
      problems.push(...left.map(({ deliveryId }) => `${deliveryId} still stands in its lane`));
    }
  }
  const due = await Promise.all(
    Array.from({ length: store.shards }, (_, shard) => store.overdue(shard, clock.now() * 2, 50)),
  );
  problems.push(...due.flat().map(({ kind, id }) => `${kind} ${id} is still due`));
  if ((await store.oldestUndelivered()) !== undefined) problems.push('something counts as undelivered');
  const perAccount = store
    .allEvents()
    .filter(({ event }) => event.accountId === webhookAccountId && event.type !== 'delivery.exhausted');
  if (perAccount.length !== ids.length) problems.push(`${perAccount.length} events of ${ids.length} ends`);
  return problems;
}

describe('webhooks in a world of faults', () => {
  it(`reach every receiver in the end, whatever dies in between, in ${SEEDS} worlds`, async () => {
    let calls = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const result = await run(seed);
      expect(result.problems, `seed ${seed}`).toEqual([]);
      calls += result.calls;
    }
    // Faults make doubles; a world without any would have called a hundred times each.
    expect(calls).toBeGreaterThan((SEEDS / 2) * (100 + 37));
  });
});
