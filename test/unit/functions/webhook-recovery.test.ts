import { describe, expect, it } from 'vitest';
import { recoverOwnEndpoint } from '../../../functions/api/recover-endpoint.ts';
import { endpointDeliveries } from '../../../functions/api/delivery-calls.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { WebhookApiPorts } from '../../../functions/api/webhook-ports.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';

interface Progress {
  readonly done: boolean;
  readonly examined: number;
  readonly recovered: number;
  readonly skipped: number;
  readonly under_way: number;
  readonly next_cursor: string | null;
}

const account = { id: webhookAccountId } as Account;

function portsOf(world: WebhookWorld): WebhookApiPorts {
  return Object.assign({}, world.relay, { webhooks: world.relay.store, caller: world.receivers });
}

async function step(world: WebhookWorld, endpoint: WebhookEndpoint, body: object): Promise<Progress> {
  const answer = await recoverOwnEndpoint(portsOf(world), account, endpoint.id, JSON.stringify(body));
  return answer.body as Progress;
}

describe('the recovery of an endpoint', () => {
  it('goes through a long log in steps of five hundred events, reports how far it got, and sends each once', async () => {
    const world = new WebhookWorld();
    const since = new Date(world.relay.clock.now()).toISOString();
    const ids: string[] = [];
    for (let ended = 0; ended < 1_100; ended += 1) ids.push((await world.end()).id);
    await world.settle();
    // Registered when all that was over.
    const endpoint = await world.endpoint();

    const steps: Progress[] = [];
    for (let cursor: string | null | undefined; cursor !== null; cursor = steps.at(-1)?.next_cursor ?? null) {
      steps.push(await step(world, endpoint, { since, ...(cursor !== undefined && { cursor }) }));
    }
    expect(steps.map(({ done, examined, recovered }) => [done, examined, recovered])).toEqual([
      [false, 500, 500],
      [false, 500, 500],
      [true, 100, 100],
    ]);
    await world.settle();
    expect([...world.receivers.idsAt(endpoint.url)].sort()).toEqual(ids.map((id) => `evt_${id}_1`).sort());
    expect(await step(world, endpoint, { since })).toMatchObject({ recovered: 0, skipped: 500 });
  });

  it('sends what was given up and what still waits, but not what was accepted or came before', async () => {
    const world = new WebhookWorld({ scheduleMs: [0, 5_000] });
    const endpoint = await world.endpoint();
    const early = await world.end();
    await world.settle();
    await world.relay.clock.advance(60_000);
    const since = new Date(world.relay.clock.now()).toISOString();
    const taken = await world.end();
    await world.settle();
    world.receivers.script(endpoint.url, 500);
    const exhausted = await world.end();
    await world.pass(10_000);
    const waiting = await world.end();
    await world.settle();
    world.receivers.script(endpoint.url, 200);
    const before = world.receivers.idsAt(endpoint.url).length;

    expect(await step(world, endpoint, { since })).toMatchObject({ done: true, recovered: 2 });
    await world.settle();
    const brought = world.receivers.idsAt(endpoint.url).slice(before);
    expect([...brought].sort()).toEqual([exhausted, waiting].map(({ id }) => `evt_${id}_1`).sort());
    const { body } = await endpointDeliveries(portsOf(world), account, endpoint.id, {});
    const { data } = body as { readonly data: readonly { request_id: string; status: string; replays: number }[] };
    const replays = Object.fromEntries(data.map((one) => [one.request_id, [one.status, one.replays]]));
    expect(replays).toMatchObject({
      [early.id]: ['delivered', 0],
      [taken.id]: ['delivered', 0],
      [exhausted.id]: ['delivered', 1],
      [waiting.id]: ['delivered', 1],
    });
  });
});

describe('a recovery', () => {
  const since = (world: WebhookWorld): string => new Date(world.relay.clock.now()).toISOString();

  it('leaves alone what is already being delivered, and sends nothing twice when repeated', async () => {
    const world = new WebhookWorld({ scheduleMs: [0, 5_000] });
    const endpoint = await world.endpoint();
    const from = since(world);
    world.receivers.script(endpoint.url, 500);
    const ids = [(await world.end()).id, (await world.end()).id, (await world.end()).id];
    await world.pass(10_000);
    world.receivers.script(endpoint.url, 200);
    const before = world.receivers.calls.length;

    expect(await step(world, endpoint, { since: from })).toMatchObject({ recovered: 3, under_way: 0 });
    expect(await step(world, endpoint, { since: from })).toMatchObject({ recovered: 0, under_way: 3 });
    await world.settle();
    expect(await step(world, endpoint, { since: from })).toMatchObject({
      // Beside the three, the events that each was given up, which the endpoint itself does not get.
      examined: 6,
      recovered: 0,
      under_way: 0,
      skipped: 6,
    });
    await world.settle();
    expect([...world.receivers.idsAt(endpoint.url).slice(before)].sort()).toEqual(
      ids.map((id) => `evt_${id}_1`).sort(),
    );
    for (const id of ids) expect(await world.delivery(id)).toMatchObject({ status: 'delivered', replays: 1 });
  });

  it('leaves an event to its fan-out, which brings it as a first attempt', async () => {
    const world = new WebhookWorld();
    const endpoint = await world.endpoint();
    await world.relay.clock.advance(120_000);
    const from = since(world);
    const task = await world.end();
    expect(await step(world, endpoint, { since: from })).toMatchObject({ examined: 1, recovered: 0, under_way: 1 });
    await world.settle();
    expect(world.receivers.idsAt(endpoint.url)).toEqual([`evt_${task.id}_1`]);
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered', replays: 0 });
  });

  it('brings an event itself when the endpoint was changed so late that its fan-out may not know', async () => {
    const world = new WebhookWorld();
    const task = await world.end();
    const endpoint = await world.endpoint();
    const from = new Date(world.relay.clock.now() - 1_000).toISOString();
    expect(await step(world, endpoint, { since: from })).toMatchObject({ recovered: 1, under_way: 0 });
    await world.settle();
    expect(world.receivers.idsAt(endpoint.url)).toEqual([`evt_${task.id}_1`]);
  });

  it('does not send again what its lane has delivered in the meantime', async () => {
    const world = new WebhookWorld({ scheduleMs: [0, 60_000] });
    const endpoint = await world.endpoint();
    const from = since(world);
    world.receivers.script(endpoint.url, 500, 200);
    const task = await world.end();
    await world.settle();
    const waiting = await world.delivery(task.id);
    await step(world, endpoint, { since: from });
    await world.settle();
    // Read before its second attempt, written after it.
    const { store } = world.relay;
    let reads = 0;
    const ports = Object.assign(portsOf(world), {
      webhooks: world.relay.withStore({
        loadDeliveries: (keys) => ((reads += 1) === 1 ? Promise.resolve([waiting]) : store.loadDeliveries(keys)),
      }).store,
    });
    const { body } = await recoverOwnEndpoint(ports, account, endpoint.id, JSON.stringify({ since: from }));
    expect(body).toMatchObject({ examined: 1, recovered: 0, skipped: 1 });
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered', replays: 1 });
  });

  it('runs once at a time for an endpoint, and again when one was cut off', async () => {
    const world = new WebhookWorld({ scheduleMs: [0] });
    const [endpoint, other] = [await world.endpoint(), await world.endpoint()];
    const from = since(world);
    world.receivers.script(endpoint.url, 500);
    await world.end();
    await world.settle();
    const { store, clock } = world.relay;
    let letGo = (): void => undefined;
    const ports = Object.assign(portsOf(world), {
      webhooks: world.relay.withStore({
        readEvents: async (...asked) => {
          await new Promise<void>((resolve) => (letGo = resolve));
          return store.readEvents(...asked);
        },
      }).store,
    });
    const first = recoverOwnEndpoint(ports, account, endpoint.id, JSON.stringify({ since: from }));
    await clock.advance(0);
    await expect(step(world, endpoint, { since: from })).rejects.toMatchObject({
      status: 409,
      details: 'a recovery of this endpoint is under way',
      headers: { 'retry-after': '35' },
    });
    expect(await step(world, other, { since: from })).toMatchObject({ recovered: 0 });
    // Its function was stopped: the lease runs out.
    await clock.advance(34_999);
    await expect(step(world, endpoint, { since: from })).rejects.toMatchObject({ status: 409 });
    await clock.advance(1);
    expect(await step(world, endpoint, { since: from })).toMatchObject({ recovered: 1 });
    // And when it is done, the next may begin at once.
    expect(await step(world, endpoint, { since: from })).toMatchObject({ recovered: 0, under_way: 1 });
    letGo();
    await clock.advance(0);
    letGo();
    expect((await first).body).toMatchObject({ recovered: 0, under_way: 1 });
    const { updatedAt } = (await store.loadEndpoint(webhookAccountId, endpoint.id)) ?? {};
    expect(updatedAt).toBe(endpoint.updatedAt);
  });

  it('that is cut off leaves no lane with entries and without a visit', async () => {
    const world = new WebhookWorld({ scheduleMs: [0] });
    const endpoint = await world.endpoint();
    const from = since(world);
    world.receivers.script(endpoint.url, 500);
    await world.end();
    await world.settle();
    world.receivers.script(endpoint.url, 200);
    const before = world.receivers.calls.length;
    const cut = (): Promise<never> => new Promise(() => undefined);
    const { store } = world.relay;
    let saves = 0;
    const ports = Object.assign(portsOf(world), {
      webhooks: world.relay.withStore({
        saveDelivery: async (...asked) => {
          const isSaved = await store.saveDelivery(...asked);
          saves += 1;
          return isSaved ? cut() : isSaved;
        },
      }).store,
    });
    void recoverOwnEndpoint(ports, account, endpoint.id, JSON.stringify({ since: from }));
    await world.pass(180_000);
    expect(saves).toBe(1);
    expect(world.receivers.calls.length).toBe(before + 1);
  });
});
