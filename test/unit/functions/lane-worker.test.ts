// How a run works the lane that it holds: how long, how many calls at once, for which of its deliveries, and in which
// state it leaves the lane. Whole courses with failing receivers are deliver-flow.test.ts's.
import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { disableEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { Delivery } from '../../../core/domain/webhook/delivery.ts';
import type { DeliverPorts } from '../../../functions/deliver/deliver-ports.ts';
import type { DeliverySettings } from '../../../core/domain/webhook/delivery-policy.ts';
import type { Lane } from '../../../core/domain/webhook/lane.ts';
import type { WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';

const DAY_MS = 86_400_000;

class LaneScene {
  readonly world: WebhookWorld;
  readonly endpoint: WebhookEndpoint;
  /** When each run has taken the lane. */
  readonly claimedAt: number[] = [];
  readonly warnings: string[] = [];
  #made = 0;

  private constructor(world: WebhookWorld, endpoint: WebhookEndpoint) {
    this.world = world;
    this.endpoint = endpoint;
  }

  static async open(settings: Partial<DeliverySettings> = {}, parts: Partial<WebhookEndpoint> = {}) {
    const world = new WebhookWorld(settings);
    return new LaneScene(world, await world.endpoint(parts));
  }

  get store() {
    return this.world.relay.store;
  }

  get ports(): DeliverPorts {
    const { store } = this.world.relay.withStore({
      claimLane: (claim) => {
        this.claimedAt.push(this.world.relay.clock.now());
        return this.store.claimLane(claim);
      },
    });
    return { ...this.world.ports, store, log: { ...this.world.ports.log, warn: (text) => this.warnings.push(text) } };
  }

  /** A delivery that is due in the lane, with its event unless it is one that is kept no longer. */
  async queue(parts: Partial<Delivery> = {}, isKept = true): Promise<Delivery> {
    this.#made += 1;
    const at = this.world.relay.clock.now() - 1_000 + this.#made;
    const logged = isKept ? await this.#loggedEvent() : undefined;
    const event =
      logged?.event ?? ({ id: 'evt_gone', type: 'task.failed', accountId: webhookAccountId, at, data: {} } as const);
    const laneId = this.endpoint.id;
    const made = newDelivery({ logged: logged ?? { event, position: at }, laneId, now: at, expiresAt: at + DAY_MS });
    const delivery = { ...made, ...parts };
    await this.store.addDelivery(delivery);
    await this.store.enqueue(delivery);
    return delivery;
  }

  /** Of a task that ended and whose doorbell is lost. */
  async #loggedEvent() {
    const { id } = await this.world.end();
    this.world.relay.doorbells.take('deliver');
    const logged = this.store.allEvents().at(-1);
    if (!logged) throw new Error('no event was written');
    await applyEvent(this.world.relay, id, { type: 'end-handed-on', end: 1 });
    return logged;
  }

  async lane(change: Partial<Lane>): Promise<void> {
    const laneId = this.endpoint.id;
    await this.store.claimLane({ laneId, accountId: webhookAccountId, holderId: 'before', leaseMs: 0 });
    await this.store.changeLane(laneId, (lane) => ({ ...lane, ...change }));
  }

  /** A doorbell for the lane, and all that follows until `forMs` later. */
  async visit(forMs: number, ports: DeliverPorts = this.ports): Promise<void> {
    const doorbell = { kind: 'lane', laneId: this.endpoint.id, accountId: webhookAccountId } as const;
    await this.world.relay.doorbells.send([{ queue: 'deliver', doorbell, delayMs: 0, group: webhookAccountId }]);
    this.world.serve(ports);
    const { clock } = this.world.relay;
    await clock.advance(0);
    for (let left = forMs; left > 0; left -= 50) {
      await clock.advance(Math.min(50, left));
      this.world.serve(ports);
      await clock.advance(0);
    }
  }

  get calls() {
    return this.world.receivers.calls;
  }

  async deliveries(...made: readonly Delivery[]): Promise<readonly Delivery[]> {
    return this.store.loadDeliveries(made);
  }
}

describe('a run that holds a lane', () => {
  it('begins calls as long as its time lasts, and leaves the others to the next run', async () => {
    const scene = await LaneScene.open({ callsMax: 1, laneWorkMs: 1_000 });
    for (let count = 0; count < 5; count += 1) await scene.queue();
    const start = scene.world.relay.clock.now();
    scene.world.receivers.script(scene.endpoint.url, { status: 200, afterMs: 500 });
    await scene.visit(10_000);
    // The third call would begin when its time is up.
    expect(scene.claimedAt.map((at) => at - start)).toEqual([0, 1_000, 2_000]);
    expect(scene.calls.map(({ at }) => at - start)).toEqual([0, 500, 1_000, 1_500, 2_000]);
  });

  it('has as many calls under way as there may be, a quarter of them retries, and one at least', async () => {
    for (const [callsMax, retries] of [
      [8, 2],
      [3, 1],
    ] as const) {
      const scene = await LaneScene.open({ callsMax });
      const failed: string[] = [];
      for (let count = 0; count < 10; count += 1) {
        await scene.queue();
        failed.push((await scene.queue({ attemptsOfRound: 1, attemptCount: 1 })).event.id);
      }
      scene.world.receivers.script(scene.endpoint.url, { status: 200, afterMs: 1_000 });
      await scene.visit(0);
      expect(scene.calls).toHaveLength(callsMax);
      expect(scene.calls.filter(({ id }) => failed.includes(id))).toHaveLength(retries);
    }
  });

  it('sees within two seconds that its endpoint was disabled', async () => {
    const scene = await LaneScene.open({ callsMax: 1 });
    const { url } = scene.endpoint;
    for (let count = 0; count < 8; count += 1) await scene.queue();
    scene.world.receivers.script(url, { status: 200, afterMs: 900 });
    await scene.visit(2_000);
    expect(scene.calls).toHaveLength(3);
    await scene.store.saveEndpoint(disableEndpoint(scene.endpoint, 'owner', scene.world.relay.clock.now()));
    await scene.visit(6_000);
    expect(scene.claimedAt.length).toBeGreaterThan(0);
    expect(scene.calls.length).toBeLessThanOrEqual(5);
  });

  it('sees again and again what its endpoint has become', async () => {
    const scene = await LaneScene.open({ callsMax: 1 });
    const moved = 'https://moved.example/';
    for (let count = 0; count < 8; count += 1) await scene.queue();
    for (const url of [scene.endpoint.url, `${moved}1`, `${moved}2`]) {
      scene.world.receivers.script(url, { status: 200, afterMs: 900 });
    }
    await scene.visit(100);
    for (const version of [2, 3]) {
      await scene.store.saveEndpoint({ ...scene.endpoint, url: `${moved}${version - 1}`, version });
      await scene.visit(2_900);
    }
    expect(scene.calls.map(({ url }) => url)).toContain(`${moved}1`);
    expect(scene.calls.at(-1)?.url).toBe(`${moved}2`);
    // By one run, whose time is eight seconds.
    expect(new Set(scene.claimedAt).size).toBeLessThanOrEqual(4);
  });

  it('gives up a delivery whose event is kept no longer, without a call', async () => {
    const scene = await LaneScene.open();
    const gone = await scene.queue({}, false);
    const kept = await scene.queue();
    await scene.visit(1_000);
    expect(await scene.deliveries(gone, kept)).toMatchObject([
      { status: 'exhausted', reason: 'too-old', attemptCount: 0 },
      { status: 'delivered' },
    ]);
    expect(scene.calls.map(({ id }) => id)).toEqual([kept.event.id]);
  });

  it('gives up what waits for an endpoint that was deleted, and what is too old', async () => {
    const scene = await LaneScene.open();
    const old = await scene.queue({ expiresAt: scene.world.relay.clock.now() - 1 });
    const timely = await scene.queue({ expiresAt: scene.world.relay.clock.now() });
    await scene.visit(1_000);
    expect(await scene.deliveries(old, timely)).toMatchObject([
      { status: 'exhausted', reason: 'too-old' },
      { status: 'delivered' },
    ]);
    const waiting = await scene.queue();
    await scene.store.deleteEndpoint(webhookAccountId, scene.endpoint.id);
    await scene.visit(1_000);
    expect(await scene.deliveries(waiting)).toMatchObject([{ status: 'exhausted', reason: 'endpoint-deleted' }]);
    expect(scene.calls).toHaveLength(1);
  });

  it('leaves the lane of an endpoint that answered 410 until tomorrow', async () => {
    const scene = await LaneScene.open({ callsMax: 1 });
    for (let count = 0; count < 3; count += 1) await scene.queue();
    scene.world.receivers.script(scene.endpoint.url, 410);
    await scene.visit(60_000);
    expect(scene.calls).toHaveLength(1);
    // Its event for the owner is the only doorbell that went out.
    expect(scene.world.relay.doorbells.sent.slice(1).filter(({ doorbell }) => doorbell.kind === 'lane')).toHaveLength(
      1,
    );
    expect(scene.claimedAt).toHaveLength(1);
  });

  it('begins nothing more when the relay itself has failed for a call, and leaves the lane to its lease', async () => {
    const scene = await LaneScene.open({ callsMax: 1 });
    for (let count = 0; count < 3; count += 1) await scene.queue();
    const saveDelivery = () => Promise.reject(new Error('throttled'));
    const { store } = scene.world.relay.withStore({ saveDelivery });
    await scene.visit(5_000, { ...scene.ports, store });
    expect(scene.calls).toHaveLength(1);
    expect(scene.world.failed.map(({ error }) => error)).toEqual([new Error('throttled')]);
    expect(await scene.store.loadRestingLane(scene.endpoint.id)).toBeUndefined();
  });

  it('says so when its lease was over before it was done', async () => {
    const scene = await LaneScene.open();
    await scene.queue({ nextAttemptAt: scene.world.relay.clock.now() + 5_000 });
    const { store } = scene.world.relay.withStore({ releaseLane: async () => ({ kind: 'lost' }) });
    const sent = scene.world.relay.doorbells.sent.length;
    await scene.visit(100, { ...scene.ports, store });
    expect(scene.warnings).toEqual(['A lane was held longer than its lease']);
    // The lane's present holder plans its next visit.
    expect(scene.world.relay.doorbells.sent).toHaveLength(sent + 1);
  });
});

describe('a lane whose endpoint has a rate', () => {
  it('keeps its run while the next call may begin soon', async () => {
    const scene = await LaneScene.open({}, { ratePerSecond: 2 });
    for (let count = 0; count < 4; count += 1) await scene.queue();
    await scene.visit(4_000);
    expect(scene.calls).toHaveLength(4);
    expect(scene.claimedAt).toHaveLength(1);
  });

  it('is left where the next call may begin only when the time of the run is up', async () => {
    const scene = await LaneScene.open({ laneWorkMs: 1_000 }, { ratePerSecond: 0.5 });
    for (let count = 0; count < 2; count += 1) await scene.queue();
    await scene.visit(500);
    expect(scene.calls).toHaveLength(1);
    const { id: laneId } = scene.endpoint;
    const claim = await scene.store.claimLane({ laneId, accountId: webhookAccountId, holderId: 'another', leaseMs: 1 });
    expect(claim.kind).toBe('claimed-by-us');
    await scene.visit(5_000);
    expect(scene.calls).toHaveLength(2);
  });
});

describe('a lane whose account has no run left', () => {
  async function crowded(lane: Partial<Lane>): Promise<LaneScene> {
    const scene = await LaneScene.open();
    await scene.lane(lane);
    await scene.queue();
    for (const _ of [1, 2]) await scene.world.relay.places.take(`deliver#${webhookAccountId}`, 2, 600_000);
    await scene.visit(100);
    return scene;
  }

  it('is postponed, if its receiver is not known to answer, and counted', async () => {
    const scene = await crowded({ isProven: true, strikes: 1 });
    expect(scene.calls).toEqual([]);
    const lane = await scene.store.loadLane(scene.endpoint.id);
    expect(lane).toMatchObject({ deferrals: 1, strikes: 1 });
    expect(lane?.pausedUntil).toBeGreaterThan(scene.world.relay.clock.now());
    expect(scene.world.relay.lines).toContainEqual({
      values: { LanesDeferred: 1 },
      properties: { laneId: scene.endpoint.id, accountId: webhookAccountId },
    });
    await scene.world.relay.clock.advance(600_000);
    await scene.visit(100);
    expect(scene.calls).toHaveLength(1);
    expect(await scene.store.loadLane(scene.endpoint.id)).not.toHaveProperty('deferrals');
  });

  it('is called at once, if its receiver is known to answer', async () => {
    const scene = await crowded({ isProven: true });
    expect(scene.calls).toHaveLength(1);
    expect(scene.world.relay.sumOf('LanesDeferred')).toBe(0);
  });

  it('is not postponed where only the time of its run was up, and the next run continues', async () => {
    const scene = await LaneScene.open({ callsMax: 1, laneWorkMs: 400 });
    await scene.lane({ isProven: true });
    for (let count = 0; count < 4; count += 1) await scene.queue();
    for (const _ of [1, 2]) await scene.world.relay.places.take(`deliver#${webhookAccountId}`, 2, 600_000);
    scene.world.receivers.script(scene.endpoint.url, { status: 200, afterMs: 300 });
    await scene.visit(5_000);
    expect(scene.calls).toHaveLength(4);
    expect(scene.claimedAt).toHaveLength(2);
    expect(scene.world.relay.sumOf('LanesDeferred')).toBe(0);
  });
});
