import { describe, expect, it } from 'vitest';
import { disableEndpoint, judgeHeader, wantsEvent } from '../../../core/domain/webhook/webhook-endpoint.ts';
import { webhookBody } from '../../../core/domain/webhook/webhook-body.ts';
import {
  currentSecret,
  newSecret,
  rotateSecrets,
  secretsInForce,
} from '../../../core/domain/webhook/webhook-secrets.ts';
import { eventTypes } from '../../../core/domain/webhook/outbox-event.ts';
import type { OutboxEvent } from '../../../core/domain/webhook/outbox-event.ts';
import type { WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR_MS = 3_600_000;

let serial = 0;

function randomText(): string {
  return `random ${(serial += 1)}`;
}

const endpoint: WebhookEndpoint = {
  id: 'we_1',
  accountId: 'acc_1',
  url: 'https://example.com/hook',
  headers: {},
  shape: 'event',
  secrets: [],
  createdAt: NOON,
  updatedAt: NOON,
  version: 1,
};
const task = { id: 'task-1', model: 'a/b/c', status: 'completed', code: 0, outputs: ['https://o'], error: null };
const completed: OutboxEvent = {
  id: 'evt_1',
  type: 'task.completed',
  accountId: 'acc_1',
  at: NOON,
  taskId: 'task-1',
  data: task,
};
const disabled: OutboxEvent = { id: 'evt_2', type: 'endpoint.disabled', accountId: 'acc_1', at: NOON, data: { a: 1 } };

describe('the filter of an endpoint', () => {
  it('accepts every event that its shape can carry, unless it names its events', () => {
    const wants = (over: Partial<WebhookEndpoint>, event: OutboxEvent) => wantsEvent({ ...endpoint, ...over }, event);
    expect(wants({}, completed)).toBe(true);
    expect(wants({}, disabled)).toBe(true);
    expect(wants({ shape: 'get3w' }, completed)).toBe(true);
    expect(wants({ shape: 'get3w' }, disabled)).toBe(false);
    expect(wants({ shape: 'get3w', events: ['endpoint.disabled'] }, disabled)).toBe(true);
    expect(wants({ events: ['task.failed'] }, completed)).toBe(false);
    expect(wants({ events: [...eventTypes] }, completed)).toBe(true);
  });
});

describe('the body of a webhook', () => {
  it('is type, timestamp and data in the shape of Standard Webhooks', () => {
    expect(JSON.parse(webhookBody(completed, 'event'))).toEqual({
      type: 'task.completed',
      timestamp: '2026-01-01T12:00:00.000Z',
      data: task,
    });
  });

  it("is the bare task in Get3W's own shape", () => {
    expect(JSON.parse(webhookBody(completed, 'get3w'))).toEqual(task);
  });

  it('is both in one for the ?webhook= of a submit', () => {
    const body = JSON.parse(webhookBody(completed, 'bridge')) as object;
    expect(body).toEqual({ ...task, type: 'task.completed', timestamp: '2026-01-01T12:00:00.000Z', data: task });
  });

  it('keeps its envelope in every shape when it is not about a task', () => {
    for (const shape of ['event', 'get3w', 'bridge'] as const) {
      expect(JSON.parse(webhookBody(disabled, shape))).toMatchObject({ type: 'endpoint.disabled', data: { a: 1 } });
    }
  });

  it('has the same bytes every time', () => {
    expect(webhookBody(completed, 'bridge')).toBe(webhookBody(structuredClone(completed), 'bridge'));
  });
});

describe('the headers of an endpoint', () => {
  it.each(['authorization', 'X-Api-Key', 'x-tenant'])('may be %s', (name) => {
    expect(judgeHeader(name, 'Bearer abc def')).toBeUndefined();
  });

  it.each([
    ...['webhook-signature', 'Webhook-Id', 'svix-id', 'host', 'Content-Length', 'content-type', 'Transfer-Encoding'],
    ...[
      '__proto__',
      'set-cookie',
      'Cookie',
      'forwarded',
      'Date',
      'via',
      'x-forwarded-for',
      'X-Real-IP',
      'referer',
      'range',
    ],
    ...[
      'x-http-method-override',
      'x-original-url',
      'sec-fetch-mode',
      'if-none-match',
      'max-forwards',
      'http2-settings',
    ],
    ...['connection', 'upgrade', 'expect', 'proxy-authorization', 'user-agent', '', 'a b', 'a:b', 'ü', 'x'.repeat(65)],
  ])('may not be %s', (name) => {
    expect(judgeHeader(name, 'value')).toBeTypeOf('string');
  });

  it.each(['', ' a', 'a ', 'a\r\nb: c', 'a\nb', 'a\u0000b', 'ä'])('may not have the value %j', (value) => {
    expect(judgeHeader('x-key', value)).toBeTypeOf('string');
  });
});

describe('a disabled endpoint', () => {
  it('says since when and why', () => {
    expect(disableEndpoint(endpoint, 'gone', NOON + 5)).toMatchObject({
      disabled: { since: NOON + 5, reason: 'gone' },
      version: 2,
      updatedAt: NOON + 5,
    });
  });
});

describe('the secrets of a receiver', () => {
  const first = newSecret('v1', randomText, NOON);

  it('overlap when they are rotated, and the old one expires', () => {
    const fresh = newSecret('v1', randomText, NOON + HOUR_MS);
    const rotated = rotateSecrets([first], fresh, { now: NOON + HOUR_MS, overlapMs: 24 * HOUR_MS }) ?? [];
    expect(rotated).toEqual([fresh, { ...first, retiresAt: NOON + 25 * HOUR_MS }]);
    expect(secretsInForce(rotated, NOON + 25 * HOUR_MS - 1)).toHaveLength(2);
    expect(secretsInForce(rotated, NOON + 25 * HOUR_MS)).toEqual([fresh]);
    expect(currentSecret(rotated, 'v1')).toBe(fresh);
  });

  it('stop at once when the overlap is zero, earlier ones too', () => {
    const second = newSecret('v1', randomText, NOON);
    const third = newSecret('v1', randomText, NOON);
    const overlapping = rotateSecrets([first], second, { now: NOON, overlapMs: HOUR_MS }) ?? [];
    expect(rotateSecrets(overlapping, third, { now: NOON, overlapMs: 0 })).toEqual([third]);
  });

  it('are rotated by scheme: a new v1 leaves the v1a alone', () => {
    const asymmetric = newSecret('v1a', randomText, NOON);
    const fresh = newSecret('v1', randomText, NOON);
    const rotated = rotateSecrets([first, asymmetric], fresh, { now: NOON, overlapMs: 0 });
    expect(rotated).toEqual([fresh, asymmetric]);
  });

  it('refuse to pile up: a fourth that would sign at the same time has to wait', () => {
    let secrets: readonly ReturnType<typeof newSecret>[] = [first];
    const rotate = () => rotateSecrets(secrets, newSecret('v1', randomText, NOON), { now: NOON, overlapMs: HOUR_MS });
    for (let count = 0; count < 2; count += 1) secrets = rotate() ?? secrets;
    expect(secrets).toHaveLength(3);
    expect(rotate()).toBeUndefined();
  });

  it('are different every time', () => {
    const made = Array.from({ length: 20 }, () => newSecret('v1', randomText, NOON).secret);
    expect(new Set(made).size).toBe(20);
  });
});
