// The self-test of an endpoint: its report on a receiver that answers, and on one that cannot be reached.
import { beforeEach, describe, expect, it } from 'vitest';
import { signedHeaders } from '../../../core/domain/webhook/webhook-signature.ts';
import { ApiDoor } from '../../support/api-door.ts';
import { NOW } from '../../support/sample-task.ts';
import type { ReceivedCall, ReceiverAct } from '../../support/memory/scripted-receivers.ts';

const HOOK_URL = 'https://app.example/hook';

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

interface Report {
  readonly endpoint_id: string;
  readonly webhook_id: string;
  readonly passed: boolean;
  readonly wrongly_taken: readonly string[];
  readonly wrongly_refused: readonly string[];
  readonly not_answered: readonly string[];
  readonly deliveries: readonly {
    readonly name: string;
    readonly taken: boolean | null;
    readonly advice: string | null;
  }[];
}

async function test(act: ReceiverAct | ((call: ReceivedCall) => ReceiverAct)): Promise<Report> {
  door.receivers.script(HOOK_URL, typeof act === 'function' ? act : () => act);
  const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: HOOK_URL } });
  const { id } = made.body as { id: string };
  return (await door.call('POST', `/v1/webhook-endpoints/${id}/test`)).body as Report;
}

describe('the self-test of an endpoint', () => {
  it.each([
    ['connect', /could not be reached: nothing accepts connections/],
    ['dns', /could not be reached: its name/],
    ['tls', /could not be reached: the TLS/],
    ['address', /could not be reached: its address/],
    ['timeout', /did not answer within 8 s/],
    ['connection', /broke the connection/],
  ] as const)(
    'says why it was not answered when the call fails with %s, and that nothing is proven',
    async (cause, advice) => {
      const report = await test({ breaks: cause });
      expect(report).toMatchObject({
        passed: false,
        wrongly_taken: [],
        wrongly_refused: [],
        not_answered: ['good', 'bad-signature', 'old', 'doubled'],
      });
      for (const delivery of report.deliveries) {
        expect(delivery.taken).toBeNull();
        expect(delivery.advice).toMatch(advice);
      }
    },
  );

  it('names what a receiver that accepts everything should have refused', async () => {
    const report = await test(200);
    expect(report).toMatchObject({
      passed: false,
      wrongly_taken: ['bad-signature', 'old'],
      wrongly_refused: [],
      not_answered: [],
    });
    expect(report.deliveries.map(({ advice }) => advice === null)).toEqual([true, false, false, true]);
  });

  it('passes a receiver that takes what is good and refuses what is not, and shows each call', async () => {
    const isGood = (call: ReceivedCall): boolean => !call.id.endsWith('signature') && !call.id.endsWith('old');
    const report = await test((call) => ({ status: isGood(call) ? 204 : 401, afterMs: 0 }));
    const [id, webhookId] = [report.endpoint_id, report.webhook_id];
    expect(id).toMatch(/^we_/);
    expect(webhookId).toMatch(/^evt_test_/);
    const call = { cause: null, duration_ms: 0, advice: null };
    const taken = { ...call, expected: 'taken', taken: true, http_status: 204 };
    const refused = { ...call, expected: 'refused', taken: false, http_status: 401 };
    expect(report).toEqual({
      endpoint_id: id,
      url: HOOK_URL,
      webhook_id: webhookId,
      passed: true,
      wrongly_taken: [],
      wrongly_refused: [],
      not_answered: [],
      deliveries: [
        { name: 'good', ...taken },
        { name: 'bad-signature', ...refused },
        { name: 'old', ...refused },
        { name: 'doubled', ...taken },
      ],
    });
  });

  it('shows a receiver that refuses everything what it should have taken, and what to do', async () => {
    const report = await test(500);
    expect(report).toMatchObject({
      passed: false,
      wrongly_taken: [],
      wrongly_refused: ['good', 'doubled'],
      not_answered: [],
    });
    const [good, signature, old, doubled] = report.deliveries.map(({ advice }) => advice);
    expect(good).toContain('Answer 2xx within the time limit');
    expect([signature, old]).toEqual([null, null]);
    expect(doubled).toContain('Answer 2xx to a webhook-id that you have already');
  });

  it('shows a receiver that checks nothing what to verify', async () => {
    const [, signature, old] = (await test(200)).deliveries.map(({ advice }) => advice);
    expect(signature).toContain('Verify the signature over the raw body');
    expect(old).toContain('Refuse timestamps more than five minutes off');
  });

  it('shows for a call without an answer where it broke', async () => {
    const { deliveries } = await test({ breaks: 'tls' });
    const broken = { http_status: null, cause: 'tls', taken: null };
    expect(deliveries).toMatchObject(Array(4).fill(broken));
  });
});

describe('the webhooks of a self-test', () => {
  function timestampOf({ headers }: ReceivedCall): number {
    return Number(headers['webhook-timestamp']);
  }

  /** Whether a call is signed with a secret, as receivers verify it. */
  function isSigned(call: ReceivedCall, secret: string): boolean {
    const content = { id: call.id, timestampSeconds: timestampOf(call), body: call.body };
    return call.headers['webhook-signature'] === signedHeaders([secret], content)['webhook-signature'];
  }

  async function callsTo(fields: object = {}) {
    const body = { url: HOOK_URL, headers: { 'x-tenant': 'a' }, ...fields };
    const made = (await door.call('POST', '/v1/webhook-endpoints', { body })).body as { id: string; secret: string };
    await door.call('POST', `/v1/webhook-endpoints/${made.id}/test`);
    const [good, ...others] = door.receivers.calls;
    const named = (end: string) => others.find(({ id }) => id.endsWith(end));
    const found = { good, signature: named('_bad-signature'), old: named('_old'), doubled: named(good?.id ?? '-') };
    const { signature, old, doubled } = found;
    if (!good || !signature || !old || !doubled) throw new Error('a call of the self-test is missing');
    return { secret: made.secret, good, signature, old, doubled };
  }

  it('are good, badly signed, ten minutes old, and the good one again', async () => {
    const { secret, good, signature, old, doubled } = await callsTo();
    const all = [good, signature, old, doubled];
    expect(all.map((call) => isSigned(call, secret))).toEqual([true, false, true, true]);
    const seconds = NOW / 1_000;
    expect(all.map(timestampOf)).toEqual([seconds, seconds, seconds - 600, seconds]);
    expect([signature.id, old.id, doubled.id]).toEqual([`${good.id}_bad-signature`, `${good.id}_old`, good.id]);
    expect(signature.headers['webhook-signature']).toMatch(/^v1,/);
  });

  it('have the headers of the endpoint, a mark, and eight seconds for their answer', async () => {
    const { good, signature, old, doubled } = await callsTo();
    for (const call of [good, signature, old, doubled]) {
      expect(call).toMatchObject({ timeoutMs: 8_000, headers: { 'webhook-test': 'true', 'x-tenant': 'a' } });
    }
  });

  it('begin with the good one: the others are sent once it has arrived', async () => {
    door.receivers.script(HOOK_URL, (_call, count) => ({ status: 200, afterMs: count === 1 ? 1_000 : 0 }));
    const testing = callsTo();
    await door.relay.clock.advance(999);
    expect(door.receivers.calls).toHaveLength(1);
    await door.relay.clock.advance(1);
    await testing;
    expect(door.receivers.calls).toHaveLength(4);
  });

  it('carry a task that is none, in the shape that the endpoint asked for', async () => {
    const { good } = await callsTo();
    const iso = new Date(NOW).toISOString();
    const task = {
      id: good.id.replace('evt_', ''),
      model: 'relay/webhook/test',
      status: 'completed',
      code: 0,
      outputs: null,
      error: null,
      created_at: iso,
      completed_at: iso,
      test: true,
    };
    expect(JSON.parse(good.body)).toEqual({ type: 'endpoint.test', timestamp: iso, data: task });
  });

  it('are a bare task for an endpoint that wants it so', async () => {
    const { good } = await callsTo({ shape: 'get3w' });
    expect(JSON.parse(good.body)).toMatchObject({ model: 'relay/webhook/test', test: true });
    expect(JSON.parse(good.body)).not.toHaveProperty('data');
  });

  it('are no events of the account', async () => {
    await callsTo();
    expect((await door.call('GET', '/v1/events')).body).toMatchObject({ data: [] });
    expect(door.relay.store.allDeliveries()).toEqual([]);
  });
});
