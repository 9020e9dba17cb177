// What a client may send and how the relay refuses anything else: bodies, query parameters, encodings.
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor, doorKey } from '../../support/api-door.ts';
import type { DoorRequest } from '../../support/api-door.ts';

const SUBMIT = '/v1/acme/sketch/text-to-image';
const promptInput = { prompt: 'a cat' };

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

function submit(request: DoorRequest, query = '') {
  return door.call('POST', `${SUBMIT}${query}`, { body: promptInput, ...request });
}

function refused(details: unknown) {
  return { status: 400, body: { code: 400, error: 'Invalid parameters', details } };
}

async function storedInput(reply: { readonly body: unknown }): Promise<string | undefined> {
  return door.relay.store.loadInput((reply.body as { readonly id: string }).id);
}

describe('the body of a submit', () => {
  it.each([
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0x70, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
    [
      'an emoji that was cut in two',
      Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from('😀').subarray(0, 3), Buffer.from('"}')]),
    ],
    ['Latin-1', Buffer.from('{"prompt":"Café"}', 'latin1')],
  ])('is refused when it has %s, sent as text or not, and no task is made', async (_what, body) => {
    for (const type of ['application/json', 'application/octet-stream']) {
      const reply = await submit({ body, headers: { 'content-type': type } });
      expect(reply).toMatchObject(refused(expect.stringContaining('UTF-8')));
    }
    expect(door.relay.store.allTasks()).toEqual([]);
  });

  it.each(['gzip', 'br', 'deflate', 'identity, gzip'])('with the encoding %s is answered 415', async (encoding) => {
    const reply = await submit({
      body: gzipSync(JSON.stringify(promptInput)),
      headers: { 'content-encoding': encoding },
    });
    expect(reply).toMatchObject({
      status: 415,
      headers: { 'accept-encoding': 'identity' },
      body: { code: 415, error: 'Unsupported Media Type', details: expect.stringContaining('content-encoding') },
    });
  });

  it('with `identity` is accepted as it is', async () => {
    expect(await submit({ headers: { 'content-encoding': 'identity' } })).toMatchObject({ status: 200 });
  });

  it('may begin with a byte order mark, which is not passed on', async () => {
    const reply = await submit({ body: `\ufeff${JSON.stringify(promptInput)}` });
    expect(reply.status).toBe(200);
    expect(await storedInput(reply)).toBe(JSON.stringify(promptInput));
  });

  it.each([
    ['malformed JSON', '{"prompt": ', 'not valid JSON'],
    ['a list', '[]', 'a list'],
    ['a string', '"a lighthouse"', 'a string'],
    ['a number', '7', 'a number'],
    ['null', 'null', 'null'],
    ['no body', '', 'body is empty'],
    ['an empty object', '{}', 'no field'],
    ['one that is too deep', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, '64'],
  ])('is refused with the reason when it is %s, in Get3W’s words otherwise', async (_what, body, why) => {
    expect(await submit({ body })).toMatchObject(refused(expect.stringContaining(why)));
  });

  it.each([
    ['null', null],
    ['empty', ''],
    ['a list', ['a', 'b']],
    ['a number', 7],
  ])('is passed on when its prompt is %s, because models differ', async (_what, prompt) => {
    const body = JSON.stringify({ prompt });
    const reply = await submit({ body });
    expect(reply.status).toBe(200);
    expect(await storedInput(reply)).toBe(body);
  });

  it('is limited in bytes, whatever its characters', async () => {
    const sized = (bytes: number): string => {
      const frame = '{"prompt":""}'.length;
      const text = '€'.repeat(Math.floor((bytes - frame) / 3));
      return `{"prompt":"${text}${'x'.repeat(bytes - frame - 3 * Math.floor((bytes - frame) / 3))}"}`;
    };
    for (const [bytes, status] of [
      [4_999_999, 200],
      [5_000_000, 200],
      [5_000_001, 400],
    ] as const) {
      expect((await submit({ body: sized(bytes) })).status).toBe(status);
    }
  });
});

describe('the body of a call that only the relay has', () => {
  it('is refused with the reason, as a submit’s is', async () => {
    const create = (body: string) => door.call('POST', '/v1/webhook-endpoints', { body });
    expect(await create('{')).toMatchObject(refused(expect.stringContaining('not valid JSON')));
    expect(await create('[1]')).toMatchObject(refused(expect.stringContaining('a list')));
    expect(await create('{"uri":"https://a.example"}')).toMatchObject(refused(expect.stringContaining('uri')));
    expect(await create('{}')).toMatchObject(refused(expect.stringContaining('url')));
  });
});

describe('a query parameter', () => {
  it.each(['true', 'True', 'TRUE', '1'])('sync=%s means to wait', async (value) => {
    const [reply] = await Promise.all([submit({}, `?sync=${value}`), door.relay.clock.advance(60_000)]);
    expect(reply.body).toMatchObject({ model: 'acme/sketch/text-to-image', attempts: [] });
  });

  it.each(['false', 'False', '0'])('sync=%s means not to wait', async (value) => {
    expect(await submit({}, `?sync=${value}`)).toMatchObject({ status: 200, body: { status: 'created' } });
  });

  it.each([
    ['?sync=yes', 'sync'],
    ['?sync=', 'sync'],
    ['?sync', 'sync'],
    ['?sync=true&sync=false', 'sync is given twice'],
    ['?priority=1e1', 'priority'],
    ['?priority=0x10', 'priority'],
    ['?priority=%2B5', 'priority'],
    ['?priority=5.0', 'priority'],
    ['?priority= 5', 'priority'],
    ['?priority=3601', 'priority'],
    ['?webhook=', 'webhook'],
    ['?webhok=https://a.example', 'webhok'],
    ['?webhook=https://a.example/x?order=7&item=8', 'URL-encoded'],
  ])('%s of a submit is refused with its name', async (query, name) => {
    expect(await submit({}, query)).toMatchObject(refused(expect.stringContaining(name)));
    expect(door.relay.store.allTasks()).toEqual([]);
  });

  it.each([
    ['/v1/requests?limit=1e1', 'limit'],
    ['/v1/requests?limit=', 'limit'],
    ['/v1/requests?limit=0', 'limit'],
    ['/v1/requests?limit=101', 'limit'],
    ['/v1/requests?limit=5&limit=6', 'limit is given twice'],
    ['/v1/requests?model=', 'model'],
    ['/v1/requests?page=2', 'page'],
    ['/v1/requests?status=done', 'status'],
    ['/v1/requests?code=abc', 'code'],
    ['/v1/requests/0192a5f8-0000-7000-8000-000000000000?fields=id', 'fields'],
    ['/v1/events?since=2026-01-01', 'since'],
    ['/v1/events?after=yesterday', 'after'],
    ['/v1/webhook-endpoints?page=2', 'page'],
    ['/v1/gate?verbose=1', 'verbose'],
    ['/v1/monitoring/metrics?name=TasksAccepted&period=6e1', 'period'],
    ['/v1/monitoring/metrics?name=TasksAccepted&from=1', 'from'],
    ['/v1/monitoring/metrics?name=TasksAccepted&stat=Sum', 'stat'],
    ['/v1/monitoring/metrics?name=TasksAccepted&name=TasksEnded', 'name is given twice'],
    ['/v1/monitoring/alarms?state=ALARM', 'state'],
  ])('GET %s is refused with its name', async (target, name) => {
    const reply = await door.call('GET', target, { key: doorKey('operator') });
    expect(reply).toMatchObject(refused(expect.stringContaining(name)));
  });

  it.each(['1', '100'])('limit=%s is accepted: digits within the limits', async (limit) => {
    expect(await door.call('GET', `/v1/requests?limit=${limit}`)).toMatchObject({ status: 200 });
  });

  it.each([
    '/v1/events?after=2026-01-01T00:00:00+01:00',
    '/v1/monitoring/metrics?name=TasksAccepted&from=2026-01-01T00:00:00+01:00',
  ])('GET %s explains that an unencoded plus lost the time zone', async (target) => {
    const reply = await door.call('GET', target, { key: doorKey('operator') });
    expect(reply).toMatchObject(refused(expect.stringContaining('%2B')));
  });

  it('that is unknown is named by its beginning, cut between code points', async () => {
    for (let before = 60; before <= 64; before += 1) {
      const reply = await submit({}, `?${'x'.repeat(before)}${encodeURIComponent('😀😀')}=1`);
      expect(reply).toMatchObject(refused(expect.stringContaining('x'.repeat(60))));
      expect(reply.text).not.toMatch(/\\ud[89a-f]/);
    }
  });

  it('is checked after the key and the path, in Get3W’s order', async () => {
    expect((await door.call('POST', `${SUBMIT}?nonsense=1`, { key: null, body: '{' })).status).toBe(401);
    expect((await door.call('POST', '/v1/requests/a/b?nonsense=1', { body: '{' })).status).toBe(404);
  });
});
