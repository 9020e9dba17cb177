// What can be adjusted about the simulated provider where Get3W documents nothing: rates of faults, webhooks, words for
// statuses, polls; and the check of a change. The random source is seeded, so each count is the same in every run.
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { eventually } from '../../support/eventually.ts';
import { simulatorClient } from '../../support/simulator-client.ts';
import { openWebhookInbox } from '../../support/webhook-inbox.ts';
import type { SettingsChange } from '../../../simulator/simulator-settings.ts';
import type { SimulatorClient } from '../../support/simulator-client.ts';
import type { WebhookInbox } from '../../support/webhook-inbox.ts';

const MODEL = 'google/nano-banana-pro/text-to-image';
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(settings: SettingsChange = {}): Promise<SimulatorClient & { url: string }> {
  const randomSource = new FixedRandomSource(1);
  const random = (): number => randomSource.random();
  const simulator = await startSimulator({ random, settings: { durationMs: 20, ...settings } });
  closing.push(simulator.close);
  return { ...simulatorClient(simulator.url), url: simulator.url };
}

async function openInbox(): Promise<WebhookInbox> {
  const inbox = await openWebhookInbox();
  closing.push(inbox.close);
  return inbox;
}

async function settingsOf(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${url}/_simulator/settings`)).json()) as Record<string, unknown>;
}

describe('a change of settings', () => {
  it('changes only what it names, and is answered with all settings', async () => {
    const get3w = await start();
    const before = await settingsOf(get3w.url);
    const response = await get3w.putSettings({ concurrency: 5, webhook: { delayMs: 7 } });
    expect(response.status).toBe(200);
    const after = { ...before, concurrency: 5, webhook: { ...(before['webhook'] as object), delayMs: 7 } };
    expect(await response.json()).toEqual(after);
    expect(await settingsOf(get3w.url)).toEqual(after);
  });

  it('replaces the rates of faults as one, so that an empty object clears them', async () => {
    const get3w = await start({ faults: { '5003': 0.2 } });
    await get3w.putSettings({ faults: { '429': 0.1 } });
    expect(await settingsOf(get3w.url)).toMatchObject({ faults: { '429': 0.1 } });
    await get3w.putSettings({ faults: {} });
    expect((await settingsOf(get3w.url))['faults']).toEqual({});
  });

  it.each([
    [{ speed: 1 }, /^speed is not a setting; there are: concurrency, durationMs/],
    [{ __proto__: null, constructor: 1 }, /^constructor is not a setting/],
    [{ concurrency: -1 }, /^concurrency must be a whole number/],
    [{ concurrency: 1.5 }, /^concurrency must be a whole number/],
    [{ durationMs: '20' }, /^durationMs must be a number from 0/],
    [{ durationMs: null }, /^durationMs must be a number from 0/],
    [{ faults: { '9999': 0.1 } }, /^faults\["9999"\] is unknown; there are: .*5003.*429.*reset/],
    [{ faults: { '5003': 1.2 } }, /^faults\["5003"\] must be a number from 0 to 1/],
    [{ faults: { '5003': 0.7, '429': 0.4 } }, /^faults adds up to 1.1/],
    [{ faults: [] }, /^faults must be an object/],
    [{ pollFaults: { '5003': 0.1 } }, /^pollFaults\["5003"\] is unknown/],
    [{ webhook: { lost: 2 } }, /^webhook.lost must be a number/],
    [{ webhook: { color: 2 } }, /^webhook.color is not a setting; there are: delayMs/],
    [{ webhook: { secret: '' } }, /^webhook.secret must be a non-empty string/],
    [{ statuses: { running: { 'Not a word': 1 } } }, /^statuses.running\["Not a word"\] is not a word/],
    [[], /^settings must be an object/],
    ['text', /^settings must be an object/],
  ])('to %j is refused with the reason, and changes nothing', async (change, reason) => {
    const get3w = await start();
    const before = await settingsOf(get3w.url);
    const response = await get3w.putSettings(change);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ code: 400, error: expect.stringMatching(reason) });
    expect(await settingsOf(get3w.url)).toEqual(before);
  });

  it('that is not JSON is refused', async () => {
    const get3w = await start();
    const response = await fetch(`${get3w.url}/_simulator/settings`, { method: 'PUT', body: '{' });
    expect(await response.json()).toEqual({ code: 400, error: 'settings must be a JSON object' });
  });

  it('with rates that add up to one by rounding is accepted', async () => {
    const get3w = await start();
    expect((await get3w.putSettings({ faults: { '5003': 0.7, '429': 0.2, '500': 0.1 } })).status).toBe(200);
  });

  it('is refused at the start too, when it comes as an option', async () => {
    await expect(startSimulator({ settings: { durationMs: -1 } })).rejects.toThrow(/^durationMs must be a number/);
  });

  it('does not fill up the balance that tasks have used', async () => {
    const get3w = await start({ balance: 10 });
    await get3w.accepted(MODEL);
    await get3w.putSettings({ durationMs: 1 });
    expect(await settingsOf(get3w.url)).toMatchObject({ balance: 9, durationMs: 1 });
  });

  it('is undone with everything else by a reset', async () => {
    const get3w = await start({ concurrency: 9, balance: 5 });
    const before = await settingsOf(get3w.url);
    await get3w.putSettings({ concurrency: 1, faults: { never: 1 } });
    const id = await get3w.accepted(MODEL, { requestId: 'job' });
    const empty = { accepted: 0, charged: 0, refunded: 0, running: 0, maxRunning: 0, tasks: {} };
    const response = await fetch(`${get3w.url}/_simulator/reset`, { method: 'POST' });
    expect(await response.json()).toEqual(empty);
    expect(await get3w.ledger()).toEqual(empty);
    expect(await settingsOf(get3w.url)).toEqual(before);
    const poll = await fetch(`${get3w.url}/v1/requests/${id}`, { headers: { authorization: 'Bearer sk_test' } });
    expect(poll.status).toBe(404);
  });
});

describe('rates of faults', () => {
  it('occur as often as configured, at most one fault per submit', async () => {
    const faults = { '5003': 0.2, '429': 0.1, '502': 0.05, reset: 0.05 };
    const get3w = await start({ faults, concurrency: null, durationMs: 1 });
    const seen = new Map<string, number>();
    for (let round = 0; round < 20; round += 1) {
      const words = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const response = await get3w.submit(MODEL, { sync: true }).catch(() => null);
          if (response === null) return 'reset';
          const text = await response.text();
          return response.status === 200
            ? String((JSON.parse(text) as { code: number }).code)
            : String(response.status);
        }),
      );
      for (const word of words) seen.set(word, (seen.get(word) ?? 0) + 1);
    }
    const share = (word: string): number => (seen.get(word) ?? 0) / 1_000;
    // Four standard deviations of a thousand draws; the draws come in the order in which the submits arrive.
    expect(Math.abs(share('5003') - 0.2)).toBeLessThan(0.051);
    expect(Math.abs(share('429') - 0.1)).toBeLessThan(0.038);
    expect(Math.abs(share('502') - 0.05)).toBeLessThan(0.028);
    expect(Math.abs(share('reset') - 0.05)).toBeLessThan(0.028);
    expect(share('0') + share('5003') + share('429') + share('502') + share('reset')).toBeCloseTo(1);
    const made = (seen.get('0') ?? 0) + (seen.get('5003') ?? 0);
    expect(await get3w.ledger()).toMatchObject({ accepted: made, refunded: seen.get('5003'), running: 0 });
  }, 20_000);

  it('can leave a task behind a gateway error', async () => {
    const get3w = await start({ faults: { '504': 1 }, gatewayTaskMade: 1 });
    expect((await get3w.submit(MODEL, { requestId: 'job' })).status).toBe(504);
    await eventually(() => get3w.ledger()).toMatchObject({ running: 0, tasks: { job: { accepted: 1, charged: 1 } } });
  });

  it('carry Retry-After on a 429 where it is set', async () => {
    const get3w = await start({ faults: { '429': 1 }, retryAfterSeconds: 3 });
    expect((await get3w.submit(MODEL)).headers.get('retry-after')).toBe('3');
  });

  it('of polls leave the task alone', async () => {
    const get3w = await start({ pollFaults: { '500': 1 } });
    const id = await get3w.accepted(MODEL);
    const poll = (): Promise<Response> =>
      fetch(`${get3w.url}/v1/requests/${id}`, { headers: { authorization: 'Bearer sk_test' } });
    expect((await poll()).status).toBe(500);
    await get3w.putSettings({ pollFaults: { '502': 1 } });
    expect((await poll()).status).toBe(502);
    await get3w.putSettings({ pollFaults: { reset: 1 } });
    await expect(poll()).rejects.toThrow(TypeError);
    await get3w.putSettings({ pollFaults: {} });
    expect(await get3w.untilEnded(id)).toMatchObject({ status: 'completed' });
  });
});

describe('settings of webhooks', () => {
  const endedAtMs = async (url: string, requestId: string): Promise<number> => {
    const response = await fetch(`${url}/_simulator/tasks?request_id=${requestId}`);
    const { tasks } = (await response.json()) as { tasks: { ended_at: string }[] };
    return Date.parse(tasks[0]?.ended_at ?? '');
  };

  it('delay them after the end', async () => {
    const [get3w, inbox] = [await start({ webhook: { delayMs: 150 } }), await openInbox()];
    await get3w.accepted(MODEL, { requestId: 'job', webhook: inbox.url });
    await eventually(() => inbox.received().length).toBe(1);
    const lateBy = (inbox.received()[0]?.receivedAtMs ?? 0) - (await endedAtMs(get3w.url, 'job'));
    expect(lateBy).toBeGreaterThanOrEqual(149);
  });

  it('make it late, doubled, or early', async () => {
    const [get3w, inbox] = [await start({ webhook: { late: 1, lateMs: 120 } }), await openInbox()];
    await get3w.accepted(MODEL, { requestId: 'late', webhook: `${inbox.url}/late` });
    await eventually(() => inbox.received('/late').length).toBe(1);
    const lateBy = (inbox.received('/late')[0]?.receivedAtMs ?? 0) - (await endedAtMs(get3w.url, 'late'));
    expect(lateBy).toBeGreaterThanOrEqual(119);

    await get3w.putSettings({ webhook: { late: 0, doubled: 1, doubledGapMs: 30 } });
    await get3w.accepted(MODEL, { webhook: `${inbox.url}/doubled` });
    await eventually(() => inbox.received('/doubled').length).toBe(2);

    await get3w.putSettings({ webhook: { doubled: 0, early: 1 } });
    await get3w.accepted(MODEL, { webhook: `${inbox.url}/early` });
    expect(inbox.received('/early')).toHaveLength(1);
  });

  it('lose it on its way', async () => {
    const [get3w, inbox] = [await start({ webhook: { lost: 1 } }), await openInbox()];
    const lost = await get3w.accepted(MODEL, { webhook: `${inbox.url}/lost` });
    expect(await get3w.untilEnded(lost)).toMatchObject({ status: 'completed' });
    await get3w.putSettings({ webhook: { lost: 0 } });
    await get3w.accepted(MODEL, { webhook: `${inbox.url}/kept` });
    await eventually(() => inbox.received('/kept').length).toBe(1);
    expect(inbox.received('/lost')).toEqual([]);
  });

  it('sign it with the secret, when there is one', async () => {
    const [get3w, inbox] = [await start({ webhook: { secret: 'whsec_test' } }), await openInbox()];
    await get3w.accepted(MODEL, { webhook: inbox.url });
    await eventually(() => inbox.received().length).toBe(1);
    const { headers, bodyText = '' } = inbox.received()[0] ?? {};
    const expected = createHmac('sha256', 'whsec_test').update(bodyText).digest('hex');
    expect(headers?.['x-get3w-signature']).toBe(expected);
  });
});

describe('settings of tasks', () => {
  it('use words for statuses that Get3W does not document', async () => {
    const get3w = await start({ statuses: { running: { queued: 1 }, failed: { timeout: 1 } }, faults: { never: 1 } });
    expect(await get3w.poll(await get3w.accepted(MODEL))).toMatchObject({ status: 'queued', code: null });
    await get3w.putSettings({ faults: { '5004': 1 } });
    const id = await get3w.accepted(MODEL);
    await eventually(async () => (await get3w.poll(id)).status).toBe('timeout');
    expect(await get3w.poll(id)).toMatchObject({ code: 5004, outputs: null });
  });
});
