// Connections that die in every way we know, for both callers: each call ends within its own time limit, a POST goes out
// once, and its result never claims more than was seen.
import { afterAll, describe, expect, it } from 'vitest';
import { makeGet3wProvider } from '../../../core/adapters/get3w-provider.ts';
import { makeWebhookCaller } from '../../../core/adapters/webhook-caller.ts';
import { deaths, startDyingServer } from '../../support/dying-server.ts';
import type { DyingServer } from '../../support/dying-server.ts';

const LIMIT_MS = 1_000;
/** A caller that hangs is named by this test, not by the runner's own time limit; a busy machine has time to spare. */
const ENDS_WITHIN_MS = 4_000;
const TASK = '{"id":"g3_1","status":"processing"}';

const steadyClock = { now: () => performance.now(), sleep: () => Promise.resolve() };

// Tests run side by side, because most of them wait for a time limit: servers are closed when all are done.
const servers: DyingServer[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function serve(wellAnswer: string): Promise<DyingServer> {
  const server = await startDyingServer(wellAnswer);
  servers.push(server);
  return server;
}

async function within<Value>(call: Promise<Value>): Promise<{ readonly value: Value; readonly tookMs: number }> {
  const startedAt = performance.now();
  const guard = Promise.withResolvers<never>();
  const timer = setTimeout(() => guard.reject(new Error('the call never ended')), ENDS_WITHIN_MS);
  const value = await Promise.race([call, guard.promise]).finally(() => clearTimeout(timer));
  return { value, tookMs: performance.now() - startedAt };
}

function providerOf({ port }: DyingServer, clock = steadyClock) {
  return makeGet3wProvider({
    baseUrl: `http://127.0.0.1:${port}`,
    secret: { read: async () => 'sk_1', reread: async () => 'sk_1' },
    timeoutMs: LIMIT_MS,
    clock,
  });
}

const submit = { model: 'acme/sketch/text-to-image', input: '{"prompt":"x"}', requestId: 'task_1' };

function callerOf(clock = steadyClock) {
  return makeWebhookCaller({ policy: { openSubnets: ['127.0.0.0/8'], isHttpOpen: true }, clock, userAgent: 'test' });
}

function webhookTo({ port }: DyingServer) {
  return {
    url: `http://127.0.0.1:${port}/hook`,
    headers: { 'webhook-id': 'evt_1' },
    body: '{"a":1}',
    timeoutMs: LIMIT_MS,
  };
}

/** What may be said of a connection that died so, by its transport code. */
const codeOf = {
  rst: 'reset',
  silence: 'timeout',
  fin: 'reset',
  'half-close': 'reset',
  '101 with Upgrade': 'unreadable',
  'bare 101': 'unreadable',
  'endless 1xx': 'timeout',
  garbage: 'unreadable',
  'answer without end': 'timeout',
  'slow header drip': 'timeout',
  'truncated answer': 'reset',
} as const;

const causeOf = { reset: 'connection', timeout: 'timeout', unreadable: 'connection' } as const;

describe.concurrent.each(deaths)('a connection that dies by %s', (death) => {
  it('leaves a POST to Get3W in doubt, within its time limit, sent once', async () => {
    const server = await serve(TASK);
    server.die(death);
    const { value, tookMs } = await within(providerOf(server).submit(submit));
    expect(value).toMatchObject({ kind: 'doubted', failure: { level: 'transport', code: codeOf[death] } });
    expect(tookMs).toBeLessThan(LIMIT_MS + 1_500);
    expect(server.requests).toHaveLength(1);
  });

  it('leaves a POST on a kept connection in doubt too: it may have been read', async () => {
    const server = await serve(TASK);
    const provider = providerOf(server);
    await provider.submit(submit);
    server.die(death);
    const { value } = await within(provider.submit(submit));
    expect(value).toMatchObject({ kind: 'doubted', failure: { level: 'transport', code: codeOf[death] } });
    expect(server.requests).toHaveLength(2);
    expect(server.connections).toBe(1);
  });

  it('gives a poll on a fresh connection no outcome, within its time limit', async () => {
    const server = await serve(TASK);
    server.die(death);
    const { value, tookMs } = await within(providerOf(server).poll('g3_1'));
    expect(value).toMatchObject({ kind: 'unknown', failure: { level: 'transport', code: codeOf[death] } });
    expect(tookMs).toBeLessThan(LIMIT_MS + 1_500);
  });

  it('makes a poll on a kept connection repeat once, on a fresh one', async () => {
    const server = await serve(TASK);
    const provider = providerOf(server);
    await provider.poll('g3_1');
    server.die(death, 1);
    const { value, tookMs } = await within(provider.poll('g3_1'));
    expect(value).toEqual({ kind: 'running' });
    expect(tookMs).toBeLessThan(LIMIT_MS + 1_500);
    expect(server.connections).toBe(2);
  });

  it('is one failed call of a webhook, within its time limit, read once', async () => {
    const server = await serve('ok');
    server.die(death);
    const { value, tookMs } = await within(callerOf().call(webhookTo(server)));
    expect(value).toMatchObject({ kind: 'failed', cause: causeOf[codeOf[death]] });
    expect(tookMs).toBeLessThan(LIMIT_MS + 1_500);
    expect(server.requests).toHaveLength(1);
  });

  it('is one failed call of a webhook on kept connections too, however many there are', async () => {
    const server = await serve('ok');
    const caller = callerOf();
    await Promise.all(Array.from({ length: 10 }, () => caller.call(webhookTo(server))));
    const before = server.requests.length;
    server.die(death);
    const { value } = await within(caller.call(webhookTo(server)));
    expect(value).toMatchObject({ kind: 'failed', cause: causeOf[codeOf[death]] });
    expect(server.requests.length - before).toBe(1);
  });
});

describe('a kept connection that idled, or lived through a freeze', () => {
  it.each(['rst', 'silence'] as const)('carries no POST, poll or webhook, whether it died by %s', async (death) => {
    const server = await serve(TASK);
    let now = 1_000_000;
    const clock = { ...steadyClock, now: () => now + performance.now() };
    const provider = providerOf(server, clock);
    const caller = callerOf(clock);
    await Promise.all([provider.submit(submit), caller.call(webhookTo(server))]);
    const frozen = server.open;
    if (death === 'rst') frozen.forEach((socket) => socket.resetAndDestroy());
    // The clock jumps as it does for a function that is thawed; the event loop has seen nothing of the deaths yet.
    now += 600_000;
    const made = await Promise.all([provider.submit(submit), provider.poll('g3_1'), caller.call(webhookTo(server))]);
    expect(made).toMatchObject([{ kind: 'accepted' }, { kind: 'running' }, { kind: 'answered', status: 200 }]);
    expect(server.connections).toBe(5);
  });

  it('is used again within its two seconds', async () => {
    const server = await serve(TASK);
    const provider = providerOf(server);
    for (let count = 0; count < 3; count += 1) await provider.submit(submit);
    expect(server.connections).toBe(1);
  });

  it('that the other side has closed by then is not used, though its end was not yet seen', async () => {
    const server = await serve(TASK);
    const provider = providerOf(server);
    const caller = callerOf();
    await provider.submit(submit);
    await caller.call(webhookTo(server));
    server.open.forEach((socket) => socket.destroy());
    const made = await Promise.all([provider.submit(submit), caller.call(webhookTo(server))]);
    expect(made).toMatchObject([{ kind: 'accepted' }, { kind: 'answered', status: 200 }]);
    expect(server.connections).toBe(4);
  });
});
