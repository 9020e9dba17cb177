// Webhooks out, from outside: signed, retried, seen, replayed. Every call that arrives is verified with its secret by
// the libraries that receivers use; the last test checks that none was refused.
import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignedInbox } from '../support/signed-inbox.ts';
import { WebhookClient } from '../support/webhook-client.ts';
import { startWebhookRelay } from '../support/webhook-relay.ts';
import type { PublicDelivery } from '../../core/http/public-webhook.ts';
import type { ErrorBody } from '../support/relay-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';
import type { SignedCall } from '../support/signed-inbox.ts';

let relay: RelayProcess;
let inbox: SignedInbox;
let client: WebhookClient;
/** Calls that are badly signed on purpose: those of self-tests. */
const selfTested = new Set<string>();

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

function submit(path: string, model = 'simulator/0/text-to-image'): Promise<string> {
  return client.submit(model, { query: `?webhook=${encodeURIComponent(`${inbox.url}${path}`)}` });
}

function idsAt(path: string): string[] {
  return inbox.received(path).map(({ id }) => id);
}

async function statusOf(taskId: string): Promise<string | undefined> {
  return (await client.delivery(taskId))?.status;
}

/** The task's end has reached a path; gives that call. */
async function arrived(path: string, taskId: string): Promise<SignedCall> {
  const isAbout = ({ id }: SignedCall): boolean => id.includes(taskId);
  await expect.poll(() => inbox.received(path).filter(isAbout).length, soon).toBeGreaterThan(0);
  return inbox.received(path).find(isAbout) as SignedCall;
}

describe('the ?webhook= of a submit', () => {
  it.each([
    ['simulator/0/text-to-image', 'completed', 0],
    ['simulator/1200/text-to-image', 'failed', 1200],
  ])(
    'is called once for the end of %s, with the task that Get3W would send and with an event',
    async (model, status, code) => {
      const path = `/hook/${status}`;
      const id = await submit(path, model);
      const call = await arrived(path, id);

      expect(call.id).toBe(`evt_${id}_1`);
      expect(call.body).toMatchObject({ id, model, status, code, type: `task.${status}`, data: { id, status, code } });
      expect(call.body['timestamp']).toBe(call.body['completed_at']);
      await expect.poll(() => statusOf(id), soon).toBe('delivered');
      expect(idsAt(path)).toEqual([`evt_${id}_1`]);
    },
  );

  it('is called for a cancelled task too', async () => {
    const id = await submit('/hook/cancelled', 'simulator/never/text-to-image');
    await client.call('DELETE', `/v1/requests/${id}`);
    expect((await arrived('/hook/cancelled', id)).body).toMatchObject({ type: 'task.cancelled', status: 'cancelled' });
  });

  it('is called for a second end after a failed task was put back, as an event of its own', async () => {
    const id = await submit('/hook/again', 'simulator/1405.0/text-to-image');
    await arrived('/hook/again', id);
    await client.call('POST', `/v1/requests/${id}/retry`);
    await expect.poll(() => idsAt('/hook/again'), soon).toEqual([`evt_${id}_1`, `evt_${id}_2`]);
    await expect
      .poll(async () => (await client.deliveries(id)).map(({ event_id }) => event_id), soon)
      .toEqual([`evt_${id}_2`, `evt_${id}_1`]);
  });

  it.each([
    'http://example.com/hook',
    'https://10.0.0.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://0x0a000001/',
    'https://[::ffff:10.0.0.1]/',
    'https://user:secret@example.com/',
    'https://db.internal/hook',
    'ftp://example.com/',
  ])('is refused at once when it is %s', async (url) => {
    const path = `/v1/simulator/0/text-to-image?webhook=${encodeURIComponent(url)}`;
    const reply = await client.call<ErrorBody>('POST', path, { body: { prompt: 'x' } });
    expect(reply).toMatchObject({ status: 400, body: { code: 400 } });
    expect(reply.body).toMatchObject({
      error: 'Invalid parameters',
      details: expect.stringMatching(/^webhook must be/),
    });
  });
});

describe('a registered endpoint', () => {
  it('gets its secret once, events of its choice in its shape with its headers, and a v1a signature if it wants', async () => {
    const plain = await client.endpoint(inbox, '/plain', { signatures: ['v1', 'v1a'], description: 'all of it' });
    await client.endpoint(inbox, '/bare', {
      shape: 'get3w',
      events: ['task.failed'],
      headers: { Authorization: 'Bearer theirs' },
    });
    expect(plain.secret).toMatch(/^whsec_/);
    const shown = await client.showEndpoint(plain.id);
    expect(shown).toEqual(Object.fromEntries(Object.entries(plain).filter(([name]) => name !== 'secret')));

    const [good, bad] = [await client.submit('simulator/0/a'), await client.submit('simulator/1403/a')];
    const event = await arrived('/plain', good);
    await arrived('/plain', bad);
    const task = await arrived('/bare', bad);
    expect(event.body).toMatchObject({ type: 'task.completed', data: { id: good, outputs: [expect.any(String)] } });
    expect(task.body).toMatchObject({ id: bad, status: 'failed', code: 1403 });
    expect(task.body).not.toHaveProperty('type');
    expect(task.headers['authorization']).toBe('Bearer theirs');
    expect(task.headers['user-agent']).toMatch(/^get3w-relay\//);
    expect(idsAt('/bare').filter((id) => id.includes(good))).toEqual([]);
    expect(isSignedBy(plain.public_key ?? '', event)).toBe(true);
    await client.removeEndpoints();
  });

  it('is signed for by the old secret and the new one while they overlap, and by the new one alone without', async () => {
    const made = await client.endpoint(inbox, '/rotated');
    const rotate = async (body: object) =>
      (await client.call<{ secret: string }>('POST', `/v1/webhook-endpoints/${made.id}/rotate-secret`, { body })).body;
    const { secret: second } = await rotate({});
    const signatures = async (): Promise<number> => {
      const call = await arrived('/rotated', await client.submit('simulator/0/a'));
      return String(call.headers['webhook-signature']).split(' ').length;
    };
    expect(await signatures()).toBe(2);
    inbox.trust('/rotated', second);
    expect(await signatures()).toBe(2);
    const { secret: third } = await rotate({ overlap_seconds: 0 });
    inbox.trust('/rotated', third);
    await expect.poll(signatures, soon).toBe(1);
    await client.removeEndpoints();
  });

  it('is one of ten, is changed and deleted by its owner alone, and is checked field by field', async () => {
    const made = await Promise.all(many(10).map((index) => client.endpoint(inbox, `/many/${index}`)));
    const path = `/v1/webhook-endpoints/${made[0]?.id ?? ''}`;
    const refusals: [string, string, object | undefined, number][] = [
      ['POST', '/v1/webhook-endpoints', { url: `${inbox.url}/eleventh` }, 409],
      ['POST', '/v1/webhook-endpoints', {}, 400],
      ['POST', '/v1/webhook-endpoints', { url: 'https://127.0.0.1.nip.io', colour: 'red' }, 400],
      ['POST', '/v1/webhook-endpoints', { url: 'https://10.1.2.3/hook' }, 400],
      ['PATCH', path, { url: 'https://[fd00::1]/' }, 400],
      ['PATCH', path, { events: ['task.exploded'] }, 400],
      ['PATCH', path, { rate_limit: -1 }, 400],
      ['PATCH', path, { shape: 'bridge' }, 400],
      ['PATCH', path, { signatures: ['v1a'] }, 400],
      ['PATCH', path, { headers: { 'webhook-signature': 'v1,forged' } }, 400],
      ['PATCH', path, { headers: { 'x-a': 'b\r\nhost: c' } }, 400],
      ['GET', `/v1/webhook-endpoints/${made[0]?.id ?? ''}/deliveries?status=lost`, undefined, 400],
      ['GET', '/v1/webhook-endpoints/we_unknown', undefined, 404],
      ['POST', `${path}/recover`, { since: 'yesterday' }, 400],
      ['PUT', path, {}, 405],
    ];
    for (const [method, where, body, status] of refusals) {
      const reply = await client.call<ErrorBody>(method, where, { ...(body && { body }) });
      expect(reply.body, `${method} ${where} ${JSON.stringify(body)}`).toEqual({
        code: status,
        error: expect.any(String),
        // A 409 says what there is one too many of.
        ...((status === 400 || status === 409) && { details: expect.any(String) }),
      });
      expect(reply.status).toBe(status);
    }
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect((await client.call(method, path, { key: relay.keys.limited })).status, method).toBe(404);
    }
    const patched = await client.patch(made[0]?.id ?? '', {
      events: ['task.failed'],
      rate_limit: 5,
      description: 'five',
    });
    expect(patched.body).toMatchObject({ events: ['task.failed'], rate_limit: 5, description: 'five' });
    expect((await client.patch(made[0]?.id ?? '', { events: null, rate_limit: null })).body).toMatchObject({
      events: null,
      rate_limit: null,
      description: 'five',
    });
    await client.removeEndpoints();
    expect((await client.call('GET', path)).status).toBe(404);
  });
});

/** ed25519 with the key that the endpoint's owner got, as a receiver without any library would do it. */
function isSignedBy(publicKey: string, call: SignedCall): boolean {
  const der = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(publicKey.slice('whpk_'.length), 'base64'),
  ]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const content = Buffer.from(`${call.id}.${String(call.headers['webhook-timestamp'])}.${call.bodyText}`);
  const signatures = String(call.headers['webhook-signature']).split(' ');
  return signatures.some(
    (one) => one.startsWith('v1a,') && verify(null, content, key, Buffer.from(one.slice(4), 'base64')),
  );
}

describe('a receiver that fails', () => {
  it('is called again with the same id and body, every attempt on record', async () => {
    inbox.at('/flaky', [500, { status: 404, body: 'x'.repeat(20_000) }, 301, 204]);
    const id = await submit('/flaky');
    await expect.poll(() => statusOf(id), soon).toBe('delivered');

    const calls = inbox.received('/flaky');
    expect(new Set(calls.map((call) => `${call.id} ${call.bodyText}`)).size).toBe(1);
    const delivery = await client.delivery(id);
    expect(delivery).toMatchObject({
      attempt_count: 4,
      replays: 0,
      next_attempt_at: null,
      receiver: `${inbox.url}/flaky`,
    });
    expect(delivery?.attempts.map(({ attempt, http_status, cause }) => [attempt, http_status, cause])).toEqual([
      [1, 500, 'status'],
      [2, 404, 'status'],
      [3, 301, 'status'],
      [4, 204, null],
    ]);
    expect(delivery?.attempts[0]?.answer).toBe('thank you');
    expect(delivery?.attempts[1]?.answer?.length).toBeLessThanOrEqual(4_096);
    for (const { duration_ms } of delivery?.attempts ?? []) expect(duration_ms).toBeLessThan(15_000);
  });

  it('that cannot be reached has its cause on record', async () => {
    const shut = await SignedInbox.open(relay.webhookSecret);
    await shut.close();
    const id = await client.submit('simulator/0/a', { query: `?webhook=${encodeURIComponent(`${shut.url}/hook`)}` });
    await expect
      .poll(async () => (await client.delivery(id))?.attempts[0], soon)
      .toMatchObject({
        http_status: null,
        cause: 'connect',
        error: 'connect: ECONNREFUSED',
      });
  });

  it('with 410 is disabled at once, the other endpoints are notified, and it can be enabled again', async () => {
    const gone = await client.endpoint(inbox, '/gone');
    await client.endpoint(inbox, '/owner', { events: ['endpoint.disabled'] });
    inbox.at('/gone', [410, 200]);
    const id = await client.submit('simulator/0/a');
    await expect
      .poll(() => inbox.received('/owner').map(({ body }) => body), soon)
      .toMatchObject([
        { type: 'endpoint.disabled', data: { endpoint_id: gone.id, reason: 'gone', url: `${inbox.url}/gone` } },
      ]);
    expect(await client.showEndpoint(gone.id)).toMatchObject({ disabled: true, disabled_reason: 'gone' });
    expect(await client.delivery(id)).toMatchObject({ status: 'exhausted', reason: 'gone' });

    await client.endpoint(inbox, '/witness', { events: ['task.completed'] });
    const missed = await client.submit('simulator/0/a');
    // Receivers are chosen together, some time after the task has ended: what came to one was not meant for the other.
    await arrived('/witness', missed);
    expect((await client.patch(gone.id, { disabled: false })).body).toMatchObject({
      disabled: false,
      disabled_reason: null,
    });
    const next = await client.submit('simulator/0/a');
    await arrived('/gone', next);
    expect(idsAt('/gone')).toEqual([`evt_${id}_1`, `evt_${next}_1`]);
    await client.removeEndpoints();
  });

  it('with 429 and Retry-After is left alone until then, its other webhooks too, and loses none', async () => {
    inbox.at('/busy', [{ status: 429, headers: { 'retry-after': '2' } }, 200]);
    const first = await submit('/busy');
    const refused = await arrived('/busy', first);
    const others = await Promise.all(many(3).map(() => submit('/busy')));
    await expect.poll(() => new Set(idsAt('/busy')).size, soon).toBe(4);
    for (const { receivedAtMs } of inbox.received('/busy').slice(1)) {
      expect(receivedAtMs - refused.receivedAtMs).toBeGreaterThanOrEqual(2_000);
    }
    for (const id of [first, ...others]) await expect.poll(() => statusOf(id), soon).toBe('delivered');
  });
});

describe('what was given up, was accepted or was missed', () => {
  it(
    'is exhausted after ten attempts, its owner is notified, and a replay delivers it',
    { timeout: 120_000 },
    async () => {
      const broken = await client.endpoint(inbox, '/broken', { events: ['task.completed'] });
      await client.endpoint(inbox, '/told', { events: ['delivery.exhausted'] });
      let isMended = false;
      inbox.at('/broken', () => (isMended ? 200 : 500));
      const id = await client.submit('simulator/0/a');
      const told = () =>
        inbox
          .received('/told')
          .filter(({ body }) => body.data?.['endpoint_id'] === broken.id)
          .map(({ body }) => body);
      await expect
        .poll(told, { timeout: 100_000 })
        .toMatchObject([{ type: 'delivery.exhausted', data: { request_id: id, reason: 'attempts', attempts: 10 } }]);
      const exhausted = (await client.endpointDeliveries(broken.id, '?status=exhausted')).data;
      expect(exhausted).toMatchObject([{ request_id: id, status: 'exhausted', reason: 'attempts', attempt_count: 10 }]);
      expect(idsAt('/broken')).toEqual(Array.from({ length: 10 }, () => `evt_${id}_1`));

      isMended = true;
      const path = `/v1/webhook-endpoints/${broken.id}/deliveries/${exhausted[0]?.id ?? ''}/replay`;
      for (const replay of [1, 2]) {
        expect((await client.call<PublicDelivery>('POST', path)).body).toMatchObject({
          status: 'pending',
          replays: replay,
        });
        const isBack = async () => (await client.endpointDeliveries(broken.id)).data[0];
        await expect.poll(isBack, soon).toMatchObject({ status: 'delivered', attempt_count: 10 + replay });
      }
      const [delivery] = (await client.endpointDeliveries(broken.id)).data;
      expect(delivery?.attempts.slice(-2).map(({ attempt, replay }) => [attempt, replay])).toEqual([
        [11, 1],
        [12, 2],
      ]);
      await client.removeEndpoints();
    },
  );

  it('is sent again by a replay of a ?webhook= as well, each with a number of its own', async () => {
    const id = await submit('/replayed');
    await expect.poll(() => statusOf(id), soon).toBe('delivered');
    const path = `/v1/requests/${id}/deliveries/${(await client.delivery(id))?.id ?? ''}/replay`;
    expect((await client.call('POST', `${path.replace(/dlv_./, 'dlv_f')}`)).status).toBe(404);
    expect((await client.call('POST', path, { key: relay.keys.limited })).status).toBe(404);
    expect((await client.call('POST', path)).status).toBe(200);
    await expect.poll(() => idsAt('/replayed'), soon).toEqual([`evt_${id}_1`, `evt_${id}_1`]);
  });

  it('is sent by recover, in bounded steps with progress, even from while the receiver was down', async () => {
    const since = new Date().toISOString();
    const endpoint = await client.endpoint(inbox, '/recovered', { events: ['task.completed', 'task.failed'] });
    const taken = await client.submit('simulator/0/a');
    await arrived('/recovered', taken);
    await client.patch(endpoint.id, { disabled: true });
    const missed = await Promise.all(many(5).map((index) => client.submit(`simulator/${index % 2 ? 1405 : 0}/a`)));
    for (const id of missed) await client.ended(id);
    const recover = (body: object) => client.call('POST', `/v1/webhook-endpoints/${endpoint.id}/recover`, { body });
    expect((await recover({ since })).status).toBe(409);
    await client.patch(endpoint.id, { disabled: false });

    const reply = await recover({ since });
    expect(reply).toMatchObject({ status: 200, body: { done: true, recovered: 5, next_cursor: null } });
    await expect
      .poll(() => [...idsAt('/recovered')].sort(), soon)
      .toEqual([taken, ...missed].map((id) => `evt_${id}_1`).sort());
    expect((await recover({ since })).body).toMatchObject({ recovered: 0 });
    await client.removeEndpoints();
  });
});

describe('the log of events', () => {
  it('gives a reader everything once and in order, even while it is written', { timeout: 60_000 }, async () => {
    let cursor = new Date().toISOString();
    const submitted = Promise.all(many(40).map(() => client.submit('acme/painter/text-to-image')));
    const read: string[] = [];
    const times: string[] = [];
    const readOn = async (): Promise<number> => {
      const page = await client.events(cursor, 7);
      read.push(...page.data.map(({ id }) => id));
      times.push(...page.data.map(({ timestamp }) => timestamp));
      cursor = page.next_cursor;
      return new Set(read).size;
    };
    await expect.poll(readOn, { timeout: 50_000, interval: 20 }).toBe(40);
    const ids = await submitted;
    expect(await readOn()).toBe(40);
    expect([...read].sort()).toEqual(ids.map((id) => `evt_${id}_1`).sort());
    expect((await client.events(cursor)).data).toEqual([]);
    expect((await client.call<ErrorBody>('GET', '/v1/events?after=nonsense')).status).toBe(400);
    const stranger = new WebhookClient(relay.url, relay.keys.limited);
    expect((await stranger.events('')).data).toEqual([]);
  });
});

describe('the self-test of an endpoint', () => {
  const test = async (endpointId: string) =>
    (await client.call<Report>('POST', `/v1/webhook-endpoints/${endpointId}/test`)).body;
  interface Report {
    readonly passed: boolean;
    readonly wrongly_taken: readonly string[];
    readonly wrongly_refused: readonly string[];
    readonly deliveries: readonly { name: string; taken: boolean; expected: string; http_status: number }[];
  }

  it('finds what a careless receiver accepted that it should have refused', async () => {
    const careless = await client.endpoint(inbox, '/careless');
    selfTested.add('/careless');
    expect(await test(careless.id)).toMatchObject({
      passed: false,
      wrongly_taken: ['bad-signature', 'old'],
      wrongly_refused: [],
    });
    const calls = inbox.received('/careless');
    expect(calls).toHaveLength(4);
    for (const call of calls) {
      expect(call.headers['webhook-test']).toBe('true');
      expect(call.body).toMatchObject({ type: 'endpoint.test', data: { test: true } });
    }
    expect(calls.filter(({ isVerified }) => isVerified)).toHaveLength(2);
    await client.removeEndpoints();
  });

  it('passes a receiver that verifies, and finds one that refuses what it has already accepted', async () => {
    const careful = await client.endpoint(inbox, '/careful', { shape: 'get3w' });
    const touchy = await client.endpoint(inbox, '/touchy');
    for (const path of ['/careful', '/touchy']) selfTested.add(path);
    inbox.at('/careful', (call) => (call.isVerified ? 200 : 400));
    const seen = new Set<string>();
    inbox.at('/touchy', (call) => {
      if (!call.isVerified) return 400;
      const isNew = !seen.has(call.id);
      seen.add(call.id);
      return isNew ? 200 : 409;
    });
    expect(await test(careful.id)).toMatchObject({ passed: true, wrongly_taken: [], wrongly_refused: [] });
    expect(await test(touchy.id)).toMatchObject({ passed: false, wrongly_taken: [], wrongly_refused: ['doubled'] });
    await client.removeEndpoints();
  });
});

describe('every webhook of this run', () => {
  it('was accepted by standardwebhooks and svix with the secret of its receiver', () => {
    const all = inbox.received().filter(({ path }) => !selfTested.has(path));
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter(({ isVerified }) => !isVerified).map(({ path, id }) => `${path} ${id}`)).toEqual([]);
  });
});
