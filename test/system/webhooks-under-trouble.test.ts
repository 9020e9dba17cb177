// Webhooks out when something breaks: a receiver that hangs, and a relay that is killed between a task's end and its
// webhook. Apart from webhooks.test.ts because these take real time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import { WebhookClient } from '../support/webhook-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';
import type { SignedCall } from '../support/signed-inbox.ts';

let relay: RelayProcess;
let inbox: SignedInbox;
let client: WebhookClient;

beforeAll(async () => {
  relay = await startRelay();
  inbox = await SignedInbox.open(relay.webhookSecret);
  client = new WebhookClient(relay.url, relay.apiKey);
});
afterAll(async () => {
  await relay.stop();
  await inbox.close();
});

const many = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const hook = (path: string): string => `?webhook=${encodeURIComponent(`${inbox.url}${path}`)}`;

describe('a receiver that hangs', () => {
  it('is given up on after 15 s, and delays no other meanwhile', { timeout: 60_000 }, async () => {
    const hanging = await SignedInbox.open(relay.webhookSecret);
    hanging.at('/hook', ['never']);
    const stuck = await client.endpoint(hanging, '/hook');
    await client.endpoint(inbox, '/quick');
    const first = await client.submit('acme/painter/text-to-image');
    await expect.poll(() => hanging.received('/hook').length, { timeout: 10_000 }).toBeGreaterThan(0);
    for (const _ of many(20)) await client.submit('acme/painter/text-to-image');

    const quick = (): readonly SignedCall[] => inbox.received('/quick');
    await expect.poll(() => new Set(quick().map(({ id }) => id)).size, { timeout: 40_000 }).toBe(21);
    const lagsMs = quick().map(({ receivedAtMs, body }) => receivedAtMs - Date.parse(String(body['timestamp'])));
    // One run of the function hangs for 15 s; on a busy machine the others take their time, but never that long.
    expect(Math.max(...lagsMs)).toBeLessThan(10_000);
    const stuckDelivery = async () =>
      (await client.deliveries(first)).find(({ endpoint_id }) => endpoint_id === stuck.id)?.attempts[0];
    await expect.poll(stuckDelivery, { timeout: 25_000 }).toMatchObject({ http_status: null, cause: 'timeout' });
    expect((await stuckDelivery())?.duration_ms).toBeGreaterThanOrEqual(15_000);
    expect((await stuckDelivery())?.duration_ms).toBeLessThan(17_000);
    await hanging.close();
    await client.removeEndpoints();
  });
});

describe('a relay that is killed', () => {
  it('still delivers what ended before, once it is back', { timeout: 90_000 }, async () => {
    inbox.at('/killed', [503]);
    const ids = await Promise.all(
      many(5).map(() => client.submit('acme/painter/text-to-image', { query: hook('/killed') })),
    );
    for (const id of ids) await client.ended(id);
    await relay.kill9();
    inbox.at('/killed', [200]);
    relay = await relay.restart();

    const delivered = async (): Promise<number> => {
      const found = await Promise.all(ids.map((id) => client.delivery(id)));
      return found.filter((delivery) => delivery?.status === 'delivered').length;
    };
    await expect.poll(delivered, { timeout: 80_000 }).toBe(5);
    const taken = inbox.received('/killed');
    expect(taken.every(({ isVerified }) => isVerified)).toBe(true);
  });
});
