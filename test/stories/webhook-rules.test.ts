// The rules of webhooks that need a receiver of their own, from outside: redirects, pauses, rates, untrusted TLS, lists,
// and the account's own secret. webhooks.test.ts tests what every webhook has in common.
import { createServer } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../support/self-signed.ts';
import { startWebhookRelay } from '../support/webhook-relay.ts';
import type { AddressInfo } from 'node:net';
import type { RelayProcess } from '../support/relay-process.ts';
import type { SignedInbox } from '../support/signed-inbox.ts';
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

const soon = { timeout: 20_000, interval: 50 };

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function hook(url: string): { query: string } {
  return { query: `?webhook=${encodeURIComponent(url)}` };
}

function submit(path: string): Promise<string> {
  return client.submit('simulator/0/a', hook(`${inbox.url}${path}`));
}

function idsAt(path: string): string[] {
  return inbox.received(path).map(({ id }) => id);
}

describe('a receiver', () => {
  it('that redirects is not followed, and gets the same webhook again', async () => {
    const follows = async (status: number): Promise<void> => {
      const path = `/moved/${status}`;
      inbox.at(path, [{ status, headers: { location: `${inbox.url}/elsewhere` } }, 200]);
      const id = await submit(path);
      await expect.poll(() => idsAt(path), soon).toEqual([`evt_${id}_1`, `evt_${id}_1`]);
      await expect.poll(async () => (await client.delivery(id))?.status, soon).toBe('delivered');
      expect((await client.delivery(id))?.attempts[0]).toMatchObject({ http_status: status, cause: 'status' });
    };
    await Promise.all([301, 302, 307, 308].map(follows));
    expect(idsAt('/elsewhere')).toEqual([]);
  });

  it('that answers 429, 502, 503 or 504 is paused as a whole, and loses nothing', async () => {
    const paths = [429, 502, 503, 504].map(
      (status) => inbox.at(`/paused/${status}`, [status, 200]) && `/paused/${status}`,
    );
    const endpoints = await Promise.all(paths.map((path) => client.endpoint(inbox, path)));
    const ids = [await client.submit('simulator/0/a')];
    for (const { id } of endpoints) {
      await expect.poll(async () => (await client.showEndpoint(id)).paused_until, soon).not.toBeNull();
    }
    ids.push(...(await Promise.all(many(3).map(() => client.submit('simulator/0/a')))));
    for (const [index, path] of paths.entries()) {
      await expect.poll(() => new Set(idsAt(path)).size, soon).toBe(4);
      const [refused, ...later] = inbox.received(path).map(({ receivedAtMs }) => receivedAtMs);
      // A pause begins with a second here; with the deployed five it would mean the same.
      for (const at of later) expect(at - (refused ?? 0), path).toBeGreaterThanOrEqual(1_000);
      const { id } = endpoints[index] ?? { id: '' };
      const taken = async () => (await client.endpointDeliveries(id, '?status=delivered')).data.length;
      await expect.poll(taken, soon).toBe(4);
      expect([...new Set(idsAt(path))].sort()).toEqual(ids.map((task) => `evt_${task}_1`).sort());
      await expect
        .poll(() => client.showEndpoint(id), soon)
        .toMatchObject({ disabled: false, failing_since: null, paused_until: null });
    }
    await client.removeEndpoints();
  });

  it('with an untrusted certificate is not called, and the cause is tls', async () => {
    let calls = 0;
    const server = createServer(selfSigned, (_request, response) => {
      calls += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.address() as AddressInfo;
    const id = await client.submit('simulator/0/a', hook(`https://127.0.0.1:${port}/hook`));
    await expect
      .poll(async () => (await client.delivery(id))?.attempts[0], soon)
      .toMatchObject({ http_status: null, cause: 'tls', answer: null });
    expect(calls).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('an endpoint', () => {
  it('is never called faster than its rate', async () => {
    await client.endpoint(inbox, '/slowly', { rate_limit: 2 });
    await Promise.all(many(8).map(() => client.submit('simulator/0/a')));
    await expect.poll(() => idsAt('/slowly').length, soon).toBe(8);
    const times = inbox.received('/slowly').map(({ receivedAtMs }) => receivedAtMs);
    // Half a second lies between two; a tenth of a second for this machine's own delays.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(7 * 500 - 100);
    expect(times.filter((at) => at - (times[0] ?? 0) < 900)).toHaveLength(2);
    await client.removeEndpoints();
  });

  it('lists its deliveries by status, newest first, page by page', async () => {
    const endpoint = await client.endpoint(inbox, '/listed');
    let isShut = false;
    inbox.at('/listed', () => (isShut ? 500 : 200));
    const taken: string[] = [];
    for (const _ of many(3)) {
      const id = await client.submit('simulator/0/a');
      await client.ended(id);
      taken.unshift(id);
    }
    const list = (query: string) => client.endpointDeliveries(endpoint.id, query);
    await expect.poll(async () => (await list('?status=delivered')).data.length, soon).toBe(3);
    isShut = true;
    const failing = await client.submit('simulator/0/a');
    await expect.poll(async () => (await list('?status=pending')).data[0]?.attempt_count, soon).toBeGreaterThan(0);

    expect((await list('?status=pending')).data.map(({ request_id }) => request_id)).toEqual([failing]);
    const first = await list('?status=delivered&limit=2');
    const second = await list(`?status=delivered&limit=2&cursor=${first.next_cursor ?? ''}`);
    expect([...first.data, ...second.data].map(({ request_id }) => request_id)).toEqual(taken);
    expect(second.next_cursor).toBeNull();
    expect((await list('')).data).toHaveLength(4);
    await client.removeEndpoints();
    // What waited for an endpoint that is gone waits no longer.
    await expect
      .poll(() => client.deliveries(failing), soon)
      .toMatchObject([{ status: 'exhausted', reason: 'endpoint_deleted' }]);
  });
});

describe('the secret of an account', () => {
  it('is rotated with an overlap, in which both secrets verify', async () => {
    const rotated = await client.call<{ secret: string; public_key: null; previous_valid_until: string }>(
      'POST',
      '/v1/webhook-secret/rotate',
    );
    expect(rotated.body.secret).toMatch(/^whsec_/);
    const leftMs = Date.parse(rotated.body.previous_valid_until) - Date.now();
    expect(leftMs).toBeGreaterThan(86_000_000);
    expect(leftMs).toBeLessThanOrEqual(86_400_000);
    inbox.trust('/account/new', rotated.body.secret);
    for (const path of ['/account/old', '/account/new']) {
      await submit(path);
      // The secrets of a lane are read again within two seconds.
      await expect.poll(() => inbox.received(path).length, soon).toBe(1);
    }
    const calls = inbox.received().filter(({ path }) => path.startsWith('/account/'));
    expect(calls.map(({ isVerified }) => isVerified)).toEqual([true, true]);
    for (const { headers } of calls) expect(String(headers['webhook-signature']).split(' ')).toHaveLength(2);
  });
});

describe('every webhook of these rules', () => {
  it('was accepted by standardwebhooks and svix', () => {
    const all = inbox.received();
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ isVerified }) => !isVerified).map(({ path }) => path)).toEqual([]);
  });
});
