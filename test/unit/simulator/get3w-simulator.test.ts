// The simulator's share of Get3W's documented contract, over HTTP: submit, poll, sync, outputs, refusals and their
// order, and what it does with input that is none. Scripts, faults and restarts have files of their own.
import { request } from 'node:http';
import { inflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import { eventually } from '../../support/eventually.ts';
import { simulatorClient } from '../../support/simulator-client.ts';
import { openWebhookInbox } from '../../support/webhook-inbox.ts';
import type { StartSimulatorOptions } from '../../../simulator/start-simulator.ts';
import type { SimulatorClient, TaskAnswer } from '../../support/simulator-client.ts';

const MODEL = 'google/nano-banana-pro/text-to-image';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(options: StartSimulatorOptions = {}): Promise<SimulatorClient & { url: string }> {
  const simulator = await startSimulator({ ...options, settings: { durationMs: 20, ...options.settings } });
  closing.push(simulator.close);
  return { ...simulatorClient(simulator.url), url: simulator.url };
}

async function refusal(response: Response): Promise<unknown> {
  return [response.status, await response.json()];
}

describe('a task', () => {
  it('is accepted with an id, the status created and an estimate in seconds', async () => {
    const get3w = await start({ settings: { durationMs: 52_000 } });
    const response = await get3w.submit(MODEL);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id: expect.stringMatching(uuid),
      status: 'created',
      estimated_duration: 52,
    });
  });

  it('is estimated at a second or more, multiplied by the factor', async () => {
    const get3w = await start();
    expect(await (await get3w.submit(MODEL)).json()).toMatchObject({ estimated_duration: 1 });
    await get3w.putSettings({ durationMs: 3_000, estimateFactor: 5 });
    expect(await (await get3w.submit(MODEL)).json()).toMatchObject({ estimated_duration: 15 });
  });

  it('shows every field of the documented object once it is completed', async () => {
    const get3w = await start();
    const before = Date.now();
    const task = await get3w.untilEnded(await get3w.accepted(MODEL));
    expect(task).toEqual({
      id: task.id,
      model: MODEL,
      status: 'completed',
      code: 0,
      outputs: [`${get3w.url}/outputs/${task.id}.png`],
      error: null,
      created_at: new Date(task.created_at).toISOString(),
    });
    expect(Date.parse(task.created_at)).toBeGreaterThanOrEqual(before);
  });

  it('is answered finished with sync=true, completed or failed', async () => {
    const get3w = await start();
    const done = (await (await get3w.submit(MODEL, { sync: true })).json()) as TaskAnswer;
    expect(done).toMatchObject({ status: 'completed', model: MODEL, outputs: [expect.stringContaining(done.id)] });
    const failed = await get3w.submit('simulator/1200/text-to-image', { sync: true });
    expect(failed.status).toBe(200);
    expect(await failed.json()).toMatchObject({ status: 'failed', code: 1200, outputs: null });
  });

  it('continues, and is paid, when the gateway ends a sync call with 504 and HTML', async () => {
    const get3w = await start({ settings: { durationMs: 60_000, syncTimeoutMs: 30 } });
    const response = await get3w.submit(MODEL, { sync: true });
    expect([response.status, response.headers.get('content-type')]).toEqual([504, 'text/html; charset=utf-8']);
    expect(await get3w.ledger()).toMatchObject({ accepted: 1, charged: 1, running: 1 });
  });

  it('is posted to its webhook once, as the poll shows it', async () => {
    const inbox = await openWebhookInbox();
    closing.push(inbox.close);
    const get3w = await start();
    const id = await get3w.accepted(MODEL, { webhook: `${inbox.url}/hook?token=a%2Fb` });
    await eventually(() => inbox.received().length).toBe(1);
    const [webhook] = inbox.received('/hook?token=a%2Fb');
    expect(webhook?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(webhook?.headers).not.toHaveProperty('x-get3w-signature');
    expect(JSON.parse(webhook?.bodyText ?? '')).toEqual(await get3w.poll(id));
  });

  it('is posted once only, even to a receiver that refuses it', async () => {
    const inbox = await openWebhookInbox(500);
    closing.push(inbox.close);
    const get3w = await start();
    await get3w.accepted(MODEL, { webhook: inbox.url, requestId: 'refused' });
    const calls = async (): Promise<unknown> => {
      const response = await fetch(`${get3w.url}/_simulator/tasks?request_id=refused`);
      return ((await response.json()) as { tasks: { calls: unknown }[] }).tasks[0]?.calls;
    };
    await eventually(calls).toEqual([{ status: 500, at: expect.any(String) }]);
    expect(inbox.received()).toHaveLength(1);
  });
});

describe('an output', () => {
  const pixelsOf = async (response: Response): Promise<{ width: number; height: number; distinct: number }> => {
    const png = Buffer.from(await response.arrayBuffer());
    expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const dataBytes = png.readUInt32BE(33);
    expect(png.toString('latin1', 37, 41)).toBe('IDAT');
    const rows = inflateSync(png.subarray(41, 41 + dataBytes));
    expect(rows).toHaveLength((width * 3 + 1) * height);
    return { width, height, distinct: new Set(rows).size };
  };

  it('is a real picture of the requested shape, the same at every read and different for another task', async () => {
    const get3w = await start();
    const body = { prompt: 'a lighthouse', aspect_ratio: '16:9' };
    const [wide, square] = await Promise.all([
      get3w.accepted(MODEL, { body }).then(get3w.untilEnded),
      get3w.accepted(MODEL).then(get3w.untilEnded),
    ]);
    const response = await fetch(wide.outputs?.[0] ?? '');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(await pixelsOf(response.clone())).toMatchObject({ width: 320, height: 180 });
    const squarePicture = await fetch(square.outputs?.[0] ?? '');
    const { width, height, distinct } = await pixelsOf(squarePicture.clone());
    expect([width, height]).toEqual([320, 320]);
    expect(distinct).toBeGreaterThan(8);
    const again = await fetch(wide.outputs?.[0] ?? '');
    expect(Buffer.from(await again.arrayBuffer())).toEqual(Buffer.from(await response.arrayBuffer()));
  });

  it('has its address under the public URL where one is set', async () => {
    const get3w = await start({ publicUrl: 'https://get3w.example' });
    const task = await get3w.untilEnded(await get3w.accepted(MODEL));
    expect(task.outputs).toEqual([`https://get3w.example/outputs/${task.id}.png`]);
  });

  it('expires with 410', async () => {
    const get3w = await start({ settings: { outputsTtlMs: 0 } });
    const task = await get3w.untilEnded(await get3w.accepted(MODEL));
    expect((await fetch(task.outputs?.[0] ?? '')).status).toBe(410);
    await get3w.putSettings({ outputsTtlMs: 60_000 });
    expect((await fetch(task.outputs?.[0] ?? '')).status).toBe(200);
  });

  it('is refused with 503 as often as it is set to be', async () => {
    const get3w = await start({ settings: { outputsRefused: 1 } });
    const task = await get3w.untilEnded(await get3w.accepted(MODEL));
    expect((await fetch(task.outputs?.[0] ?? '')).status).toBe(503);
    await get3w.putSettings({ outputsRefused: 0 });
    expect((await fetch(task.outputs?.[0] ?? '')).status).toBe(200);
  });

  it('is not found for tasks that failed, run, or never were', async () => {
    const get3w = await start();
    const failed = await get3w.untilEnded(await get3w.accepted('simulator/1200/text-to-image'));
    const running = await get3w.accepted('simulator/never/text-to-image');
    for (const id of [failed.id, running, 'nothing']) {
      const response = await fetch(`${get3w.url}/outputs/${id}.png`);
      expect(await refusal(response)).toEqual([404, { code: 404, error: 'Not found' }]);
    }
  });
});

describe('a refusal', () => {
  it.each([
    [null, 'Missing Authorization header'],
    ['sk_test', 'Invalid Authorization format, expected: Bearer <api_key>'],
    ['Basic sk_test', 'Invalid Authorization format, expected: Bearer <api_key>'],
    ['Bearer sk_a sk_b', 'Invalid Authorization format, expected: Bearer <api_key>'],
    ['Bearer pk_test', 'Invalid or revoked API key'],
  ])('for the Authorization header %j is 401 %s', async (authorization, error) => {
    const get3w = await start();
    expect(await refusal(await get3w.submit(MODEL, { authorization }))).toEqual([401, { code: 401, error }]);
  });

  it('meets every key except the named ones, when some are named', async () => {
    const get3w = await start({ apiKeys: ['sk_one', 'sk_two'] });
    expect((await get3w.submit(MODEL, { authorization: 'Bearer sk_two' })).status).toBe(200);
    expect(await refusal(await get3w.submit(MODEL))).toEqual([401, { code: 401, error: 'Invalid or revoked API key' }]);
  });

  it('of a poll needs a key too, and of an unknown task is 404', async () => {
    const get3w = await start();
    expect((await fetch(`${get3w.url}/v1/requests/unknown`)).status).toBe(401);
    const headers = { authorization: 'Bearer sk_test' };
    expect(await refusal(await fetch(`${get3w.url}/v1/requests/unknown`, { headers }))).toEqual([
      404,
      { code: 404, error: 'Not found' },
    ]);
  });

  it.each(['no JSON', '', '[]', 'null', '"text"', '{}', '{"prompt":""}', '{"prompt":"  "}', '{"prompt":7}'])(
    'of the body %j is 400 Invalid parameters',
    async (body) => {
      const get3w = await start();
      const response = await get3w.submit(MODEL, { body });
      expect(await refusal(response)).toEqual([400, { code: 400, error: 'Invalid parameters' }]);
    },
  );

  it('meets a webhook that is not a web address', async () => {
    const get3w = await start();
    for (const webhook of ['nowhere', 'ftp://example.com/', '']) {
      expect((await get3w.submit(MODEL, { webhook })).status).toBe(400);
    }
  });

  it('of a body above ten megabytes is 413 in JSON', async () => {
    const get3w = await start();
    const response = await get3w.submit(MODEL, { body: { prompt: 'x'.repeat(10 * 1024 * 1024) } });
    expect(await refusal(response)).toEqual([413, { code: 413, error: 'Request body too large' }]);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/v2/requests/1'],
    ['GET', '/v1/google/model/task'],
    ['DELETE', '/v1/requests/1'],
    ['POST', '/v1/requests/1'],
    ['POST', '/v1/google/model'],
    ['POST', '/v1/google/model/task/more'],
    ['POST', '/v1/google//task'],
    ['POST', '/v1/%E0%A4%A/model/task'],
    ['POST', '//v1/google/model/task'],
    ['GET', '/_simulator/unknown'],
  ])('of %s %s is 404 Not found', async (method, path) => {
    const get3w = await start();
    const response = await fetch(`${get3w.url}${path}`, { method, headers: { authorization: 'Bearer sk_test' } });
    expect(await refusal(response)).toEqual([404, { code: 404, error: 'Not found' }]);
  });

  it('of a wrong method under /_simulator is 405 and names the right ones', async () => {
    const get3w = await start();
    const response = await fetch(`${get3w.url}/_simulator/settings`, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, PUT']);
  });

  it.each([
    ['a name that was made to lead here', { host: 'evil.example' }],
    ['a page of another origin', { host: '127.0.0.1', origin: 'https://evil.example' }],
  ])('of everything under /_simulator is 403 for %s, and changes nothing', async (_what, headers) => {
    const get3w = await start();
    const status = await new Promise((resolve, reject) => {
      const outgoing = request(`${get3w.url}/_simulator/settings`, { method: 'PUT', headers }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      });
      outgoing.on('error', reject).end('{"balance":0}');
    });
    expect(status).toBe(403);
    expect((await get3w.submit(MODEL)).status).toBe(200);
  });

  it('is 403 at a balance of zero, until the account is topped up', async () => {
    const get3w = await start({ settings: { balance: 2 } });
    await get3w.accepted(MODEL);
    await get3w.accepted(MODEL);
    const refused = await get3w.submit(MODEL);
    expect(await refusal(refused)).toEqual([403, { code: 403, error: 'Insufficient balance' }]);
    await get3w.putSettings({ balance: 1 });
    await get3w.accepted(MODEL);
    await get3w.putSettings({ balance: null });
    await get3w.accepted(MODEL);
    expect(await get3w.ledger()).toMatchObject({ accepted: 4, charged: 4 });
  });

  it('by balance is lifted by the refund of a 5xxx and not by a 1xxx, which is paid', async () => {
    const get3w = await start({ settings: { balance: 1 } });
    await get3w.untilEnded(await get3w.accepted('simulator/5003/text-to-image'));
    await get3w.untilEnded(await get3w.accepted('simulator/1200/text-to-image'));
    expect((await get3w.submit(MODEL)).status).toBe(403);
    expect(await get3w.ledger()).toMatchObject({ accepted: 2, charged: 2, refunded: 1 });
  });

  it('is 429 while as many tasks run as are allowed, with Retry-After only where it is set', async () => {
    const get3w = await start({ settings: { concurrency: 2 } });
    await get3w.accepted('simulator/never/text-to-image');
    await get3w.accepted('simulator/never/text-to-image');
    const refused = await get3w.submit(MODEL);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(await refusal(refused)).toEqual([429, { code: 429, error: 'Rate limit exceeded' }]);
    await get3w.putSettings({ retryAfterSeconds: 7 });
    expect((await get3w.submit(MODEL)).headers.get('retry-after')).toBe('7');
    expect(await get3w.ledger()).toMatchObject({ accepted: 2, running: 2, maxRunning: 2 });
  });

  it('by 429 ends with the tasks that fill the limit, and the most that ever ran stays in the ledger', async () => {
    const get3w = await start({ settings: { concurrency: 2, durationMs: 400 } });
    await Promise.all([get3w.accepted(MODEL).then(get3w.untilEnded), get3w.accepted(MODEL).then(get3w.untilEnded)]);
    await get3w.untilEnded(await get3w.accepted(MODEL));
    expect(await get3w.ledger()).toMatchObject({ accepted: 3, running: 0, maxRunning: 2 });
  });

  it('comes in the order 401, 404, 400, 403, 429', async () => {
    const get3w = await start({ settings: { balance: 0, concurrency: 0 } });
    const unknown = 'simulator/nonsense/task';
    expect((await get3w.submit(unknown, { authorization: null, body: '' })).status).toBe(401);
    expect((await get3w.submit(unknown, { body: '' })).status).toBe(404);
    expect((await get3w.submit(MODEL, { body: '' })).status).toBe(400);
    expect((await get3w.submit(MODEL)).status).toBe(403);
    await get3w.putSettings({ balance: 1 });
    expect((await get3w.submit(MODEL)).status).toBe(429);
    await get3w.putSettings({ concurrency: 1 });
    expect((await get3w.submit(MODEL)).status).toBe(200);
  });
});
