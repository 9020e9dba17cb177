// What one run of the deliver function may do for one account, and what it leaves to the others: when it needs a place,
// when a call is cut off, and which places it gives back.
import { describe, expect, it } from 'vitest';
import { RunShares } from '../../../functions/deliver/run-share.ts';
import { newLane } from '../../../core/domain/webhook/lane.ts';
import { WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { CallResult } from '../../../core/domain/webhook/delivery.ts';
import type { DeliverPorts } from '../../../functions/deliver/deliver-ports.ts';
import type { Lane } from '../../../core/domain/webhook/lane.ts';
import type { RunShare } from '../../../functions/deliver/run-share.ts';
import type { WebhookCall } from '../../../core/ports/webhook-ports.ts';

const ACCOUNT_ID = 'acc_one';
const HOOK_URL = 'https://app.example/hook';
const PATIENCE_MS = 1_000;
const LEASE_MS = 35_000;
const trusted: Lane = { ...newLane('we_1', ACCOUNT_ID), isProven: true };
const stranger: Lane = newLane('we_2', ACCOUNT_ID);
const failing: Lane = { ...trusted, strikes: 1 };
const call = { url: HOOK_URL, headers: { 'webhook-id': 'evt_1' }, body: '{}', timeoutMs: 15_000 };

class Bench {
  readonly world = new WebhookWorld();
  readonly places = this.world.relay.places;
  readonly clock = this.world.relay.clock;
  /** The pools that the run has asked, in order. */
  readonly asked: string[] = [];
  readonly warnings: string[] = [];
  readonly ports: DeliverPorts = {
    ...this.world.ports,
    places: {
      take: (pool, placesMax, forMs) => {
        this.asked.push(pool);
        return this.places.take(pool, placesMax, forMs);
      },
      isFull: (pool, placesMax) => this.places.isFull(pool, placesMax),
      renew: (place, forMs) => this.places.renew(place, forMs),
      giveBack: (place) => this.places.giveBack(place),
    },
    log: { ...this.world.ports.log, warn: (message) => void this.warnings.push(message) },
  };

  share(ports: Partial<DeliverPorts> = {}): RunShare {
    return new RunShares({ ...this.ports, ...ports }).of(ACCOUNT_ID);
  }

  now(): number {
    return this.clock.now();
  }

  /** Other runs hold all places that the account may have. */
  async keepAllPlaces(): Promise<void> {
    for (const _ of [1, 2]) await this.places.take(`deliver#${ACCOUNT_ID}`, 2, LEASE_MS);
  }
}

describe('a run', () => {
  it('calls a receiver that is known to answer without a place, while its patience lasts', async () => {
    const bench = new Bench();
    const share = bench.share();
    expect(await share.mayCall(trusted, bench.now() + PATIENCE_MS - 1)).toBe(true);
    expect(bench.asked).toEqual([]);
    expect(await share.mayCall(trusted, bench.now() + PATIENCE_MS)).toBe(true);
    expect(bench.asked).toEqual([`deliver#${ACCOUNT_ID}`, 'deliver']);
  });

  it.each<[string, Lane]>([
    ['was never called', stranger],
    ['failed last', failing],
  ])('needs a place for a receiver that %s, and asks for it once', async (_what, lane) => {
    const bench = new Bench();
    const share = bench.share();
    for (const _ of [1, 2]) expect(await share.mayCall(lane, bench.now())).toBe(true);
    expect(bench.asked).toEqual([`deliver#${ACCOUNT_ID}`, 'deliver']);
    // With its place it may call for longer than its patience lasts.
    expect(await share.mayCall(lane, bench.now() + 10 * PATIENCE_MS)).toBe(true);
    expect(bench.asked).toHaveLength(2);
  });

  it('of an account that holds two places gets none, for failing receivers or for longer', async () => {
    const bench = new Bench();
    await bench.keepAllPlaces();
    const share = bench.share();
    expect(await share.mayCall(failing, bench.now())).toBe(false);
    expect(await share.mayCall(trusted, bench.now() + PATIENCE_MS)).toBe(false);
    expect(await share.mayCall(stranger, bench.now() + PATIENCE_MS)).toBe(false);
    expect(bench.asked).toEqual([`deliver#${ACCOUNT_ID}`]);
    expect(await share.mayCall(trusted, bench.now())).toBe(true);
  });

  it('of such an account has one additional place for those that were never called, for its patience', async () => {
    const bench = new Bench();
    await bench.keepAllPlaces();
    const [share, next] = [bench.share(), bench.share()];
    for (const _ of [1, 2]) expect(await share.mayCall(stranger, bench.now())).toBe(true);
    expect(await next.mayCall(stranger, bench.now())).toBe(false);
    const strangers = [`deliver-strangers#${ACCOUNT_ID}`, 'deliver-strangers'];
    const own = `deliver#${ACCOUNT_ID}`;
    expect(bench.asked).toEqual([own, ...strangers, own, strangers[0]]);
    expect(await bench.share().mayCall({ ...stranger, strikes: 1 }, bench.now())).toBe(false);
    await bench.clock.advance(PATIENCE_MS + 499);
    expect(bench.places.held('deliver-strangers')).toBe(1);
    await bench.clock.advance(1);
    expect(bench.places.held('deliver-strangers')).toBe(0);
    expect(await bench.share().mayCall(stranger, bench.now())).toBe(true);
  });

  it('shares that additional place with all accounts: there are as many as one account may have runs', async () => {
    const bench = new Bench();
    for (const id of ['two', 'three']) await bench.places.take('deliver-strangers', 2, LEASE_MS + id.length);
    await bench.keepAllPlaces();
    expect(await bench.share().mayCall(stranger, bench.now())).toBe(false);
  });

  it.each([
    ['four', 4, 1, false],
    ['three', 3, 1, true],
    ['five, and it has none yet,', 5, 0, true],
    ['six, and it has none yet,', 6, 0, false],
  ])('of an account with few of its own may continue while all accounts hold %s places', async (_n, all, own, may) => {
    const bench = new Bench();
    for (let held = 0; held < all; held += 1) await bench.places.take('deliver', 10, LEASE_MS);
    if (own > 0) await bench.places.take(`deliver#${ACCOUNT_ID}`, 2, LEASE_MS);
    expect(await bench.share().mayCall(failing, bench.now())).toBe(may);
  });
});

describe('the places of a run', () => {
  it('are given back at its end, those of each account', async () => {
    const bench = new Bench();
    const shares = new RunShares(bench.ports);
    expect(shares.of(ACCOUNT_ID)).toBe(shares.of(ACCOUNT_ID));
    for (const id of [ACCOUNT_ID, 'acc_two']) await shares.of(id).mayCall(failing, bench.now());
    expect(bench.places.held('deliver')).toBe(2);
    await shares.giveBack();
    const pools = ['deliver', `deliver#${ACCOUNT_ID}`, 'deliver#acc_two'];
    expect(pools.map((pool) => bench.places.held(pool))).toEqual([0, 0, 0]);
  });

  it('are free with their lease where it never comes to an end', async () => {
    const bench = new Bench();
    await bench.share().mayCall(failing, bench.now());
    await bench.clock.advance(LEASE_MS - 1);
    expect(bench.places.held('deliver')).toBe(1);
    await bench.clock.advance(1);
    expect(bench.places.held('deliver')).toBe(0);
  });

  it('that cannot be given back are no failure of the run, and are logged', async () => {
    const bench = new Bench();
    const giveBack = (): Promise<void> => Promise.reject(new Error('throttled'));
    const share = bench.share({ places: { ...bench.ports.places, giveBack } });
    await share.mayCall(failing, bench.now());
    await share.giveBack();
    expect(bench.warnings).toEqual(['A place of a run was kept']);
  });

  it('need not be given back where it had none, or could not ask', async () => {
    const bench = new Bench();
    await bench.share().giveBack();
    await bench.keepAllPlaces();
    const refused = bench.share();
    await refused.mayCall(failing, bench.now());
    await refused.giveBack();
    expect(bench.places.held(`deliver#${ACCOUNT_ID}`)).toBe(2);
    const take = (): Promise<never> => Promise.reject(new Error('throttled'));
    const broken = bench.share({ places: { ...bench.ports.places, take } });
    await expect(broken.mayCall(failing, bench.now())).rejects.toThrow('throttled');
    await broken.giveBack();
    expect(bench.warnings).toEqual([]);
  });
});

describe('a call of a run', () => {
  const slow = (afterMs: number) => ({ status: 200, afterMs });

  async function outcomeOf(bench: Bench, calling: Promise<CallResult>, forMs = 60_000): Promise<CallResult> {
    await bench.clock.advance(forMs);
    return calling;
  }

  it('is the caller’s own for a run that has its place: nothing cuts it off', async () => {
    const bench = new Bench();
    const share = bench.share();
    await share.mayCall(failing, bench.now());
    bench.world.receivers.script(HOOK_URL, slow(5_000));
    expect(await outcomeOf(bench, share.call(call))).toMatchObject({ kind: 'answered', durationMs: 5_000 });
    expect(bench.world.receivers.calls[0]?.cut).toBeUndefined();
  });

  it('that is answered while the run is patient takes no place', async () => {
    const bench = new Bench();
    bench.world.receivers.script(HOOK_URL, slow(PATIENCE_MS - 1));
    expect(await outcomeOf(bench, bench.share().call(call))).toMatchObject({ status: 200 });
    expect(bench.asked).toEqual([]);
    expect(bench.world.receivers.calls).toMatchObject([{ ...call, cut: { aborted: false } }]);
  });

  it('that takes longer goes on with a place of the account, which later calls have then too', async () => {
    const bench = new Bench();
    const share = bench.share();
    bench.world.receivers.script(HOOK_URL, slow(5_000));
    expect(await outcomeOf(bench, share.call(call))).toMatchObject({ status: 200, durationMs: 5_000 });
    expect(await share.mayCall(failing, bench.now())).toBe(true);
    expect(bench.asked).toEqual([`deliver#${ACCOUNT_ID}`, 'deliver']);
  });

  it('that takes longer is cut off where the account has no place left, and says so', async () => {
    const bench = new Bench();
    await bench.keepAllPlaces();
    bench.world.receivers.script(HOOK_URL, slow(5_000));
    expect(await outcomeOf(bench, bench.share().call(call))).toEqual({
      kind: 'failed',
      cause: 'timeout',
      detail: 'no answer within 1000 ms, while others of the account keep all its runs waiting',
      durationMs: PATIENCE_MS,
    });
  });

  it('is cut off too where no place can be asked for', async () => {
    const bench = new Bench();
    const take = (): Promise<never> => Promise.reject(new Error('throttled'));
    bench.world.receivers.script(HOOK_URL, slow(5_000));
    const calling = bench.share({ places: { ...bench.ports.places, take } }).call(call);
    expect(await outcomeOf(bench, calling)).toMatchObject({ cause: 'timeout', durationMs: PATIENCE_MS });
  });

  it('that begins when the patience is over is cut off at once, and one timer serves all calls', async () => {
    const bench = new Bench();
    await bench.keepAllPlaces();
    const sleeps: number[] = [];
    const clock = {
      now: () => bench.now(),
      sleep: (forMs: number) => {
        sleeps.push(forMs);
        return bench.clock.sleep(forMs);
      },
    };
    const share = bench.share({ clock });
    await bench.clock.advance(3 * PATIENCE_MS);
    bench.world.receivers.script(HOOK_URL, slow(5_000));
    const results = await outcomeOf(bench, Promise.all([share.call(call), share.call(call)]) as never, 0);
    expect(results).toMatchObject([{ durationMs: 0 }, { durationMs: 0 }]);
    expect(sleeps).toEqual([0]);
  });

  it.each<[string, CallResult]>([
    ['an answer that came at that moment', { kind: 'answered', status: 200, answer: '', durationMs: 1 }],
    ['another failure', { kind: 'failed', cause: 'connection', detail: 'ECONNRESET', durationMs: 1 }],
  ])('that is cut off keeps %s', async (_what, result) => {
    const bench = new Bench();
    await bench.keepAllPlaces();
    const cut = ({ cut: signal }: WebhookCall): Promise<CallResult> =>
      new Promise((resolve) => signal?.addEventListener('abort', () => resolve(result)));
    expect(await outcomeOf(bench, bench.share({ caller: { call: cut } }).call(call))).toEqual(result);
  });

  it('that times out by itself says why itself', async () => {
    const bench = new Bench();
    bench.world.receivers.script(HOOK_URL, slow(60_000));
    expect(await outcomeOf(bench, bench.share().call(call))).toMatchObject({ detail: 'no whole answer in time' });
  });
});
