import { describe, expect, it } from 'vitest';
import { recoverEndpoint } from '../../../functions/api/recover-endpoint.ts';
import { endpointDeliveries } from '../../../functions/api/delivery-calls.ts';
import { ACCOUNT, WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { WebhookApiPorts } from '../../../functions/api/webhook-ports.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';

interface Progress {
  readonly done: boolean;
  readonly examined: number;
  readonly recovered: number;
  readonly skipped: number;
  readonly next_cursor: string | null;
}

const account = { id: ACCOUNT } as Account;

const portsOf = (world: WebhookWorld): WebhookApiPorts =>
  Object.assign({}, world.relay, { webhooks: world.relay.store, caller: world.receivers });

const step = async (world: WebhookWorld, endpoint: WebhookEndpoint, body: object): Promise<Progress> => {
  const answer = await recoverEndpoint(portsOf(world), account, endpoint.id, JSON.stringify(body));
  return answer.body as Progress;
};

describe('the recovery of an endpoint', () => {
  it('goes through a long log in steps of five hundred events, says how far it got, and brings each once', async () => {
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

  it('brings what was given up and what still waits, and leaves alone what was taken and what came before', async () => {
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
