// Webhooks out when something breaks: a receiver that hangs, and a relay that is killed between a task's end and its
// webhook. Apart from webhooks.test.ts because these take real time.
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignedInbox } from '../support/signed-inbox.ts';
import { startWebhookRelay } from '../support/webhook-relay.ts';
import type { AddressInfo } from 'node:net';
import type { RelayProcess } from '../support/relay-process.ts';
import type { SignedCall } from '../support/signed-inbox.ts';
import type { WebhookClient } from '../support/webhook-client.ts';

let relay: RelayProcess;
let inbox: SignedInbox;
let client: WebhookClient;

beforeAll(async () => {
  ({ relay, inbox, client } = await startWebhookRelay());
});
afterAll(async () => {
  await relay.stop();
  await inbox.close();
});

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function hook(path: string): string {
  return `?webhook=${encodeURIComponent(`${inbox.url}${path}`)}`;
}

/** Answers 200 at once, and then a byte a second without end. */
async function startDripping(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 1_000);
    response.on('close', () => clearInterval(drip));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, close };
}

describe('a receiver that hangs', () => {
  it('is given up on after 15 s, and delays no other meanwhile', { timeout: 60_000 }, async () => {
    const hanging = await SignedInbox.open(relay.webhookSecret);
    hanging.at('/hook', ['never']);
    const stuck = await client.endpoint(hanging, '/hook');
    const dripping = await startDripping();
    const endless = (
      await client.call<{ id: string }>('POST', '/v1/webhook-endpoints', { body: { url: dripping.url } })
    ).body;
    await client.endpoint(inbox, '/quick');
    const first = await client.submit('acme/painter/text-to-image');
    await expect.poll(() => hanging.received('/hook').length, { timeout: 10_000 }).toBeGreaterThan(0);
    for (const _ of many(20)) await client.submit('acme/painter/text-to-image');

    const quick = (): readonly SignedCall[] => inbox.received('/quick');
    await expect.poll(() => new Set(quick().map(({ id }) => id)).size, { timeout: 40_000 }).toBe(21);
    const lagsMs = quick().map(({ receivedAtMs, body }) => receivedAtMs - Date.parse(String(body['timestamp'])));
    // One run of the function hangs for 15 s; on a busy machine the others take their time, but never that long.
    expect(Math.max(...lagsMs)).toBeLessThan(10_000);
    // A 200 whose body does not end is not a receipt either.
    for (const id of [stuck.id, endless.id]) {
      const attempt = async () =>
        (await client.deliveries(first)).find(({ endpoint_id }) => endpoint_id === id)?.attempts[0];
      await expect.poll(attempt, { timeout: 25_000 }).toMatchObject({ http_status: null, cause: 'timeout' });
      expect((await attempt())?.duration_ms).toBeGreaterThanOrEqual(15_000);
      expect((await attempt())?.duration_ms).toBeLessThan(17_000);
    }
    await hanging.close();
    dripping.close();
    await client.removeEndpoints();
  });
});

describe('a relay that is killed', () => {
  it('still delivers what ended before, once it runs again', { timeout: 90_000 }, async () => {
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
