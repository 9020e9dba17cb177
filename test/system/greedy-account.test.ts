// One greedy account on a running relay: at ten calls a second by one key, of all kinds that accounts share, another key
// submits, reads and is called back as if it were alone. Shares one by one, in virtual time, are test/simulation's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptInput, RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { isLikeAws, startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const SECONDS = 20;
const GREEDY_CALLS_A_SECOND = 10;
const QUIET_CALL_MS_MAX = 5_000;
/** Two failures first: it lasts some seconds, and holds its slot for little of them. */
const SLOW_MODEL = 'simulator/5003.5003.0/text-to-image';

let relay: RelayProcess;
let inbox: SignedInbox;
let greedy: string;
let quiet: string;

beforeAll(async () => {
  relay = await startRelay();
  inbox = await SignedInbox.open(relay.webhookSecret);
  [greedy, quiet] = await Promise.all([newKey('greedy'), newKey('quiet')]);
});
afterAll(async () => {
  await relay.stop();
  await inbox.close();
});

interface Called {
  readonly status: number;
  readonly tookMs: number;
  readonly body: unknown;
}

/** One call without a repeat, even if the gateway answers: its refusals count too. */
async function callOnce(key: string, method: string, path: string, body?: object): Promise<Called> {
  const startedAt = performance.now();
  const response = await fetch(`${relay.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, tookMs: performance.now() - startedAt, body: JSON.parse(text) as unknown };
}

/** A key of an account as it is without limits of its own, no operator's. */
async function newKey(name: string): Promise<string> {
  const commands = relayCommands(relay.commandLineTarget);
  await commands.json(['accounts', 'create', name]);
  return (await commands.json<{ key: string }>(['keys', 'create', name])).key;
}

/** Begins calls at a rate, without waiting for the answers in between; resolves when all have begun. */
async function atRate<Value>(perSecond: number, call: (count: number) => Promise<Value>): Promise<Promise<Value>[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const calls: Promise<Value>[] = [];
  const timer = setInterval(() => {
    calls.push(call(calls.length));
    if (calls.length < SECONDS * perSecond) return;
    clearInterval(timer);
    resolve();
  }, 1_000 / perSecond);
  await promise;
  return calls;
}

function greedyCall(key: string, count: number): Promise<Called> {
  const silent = inbox.at('/silent', ['never']);
  switch (count % 5) {
    case 0:
      return callOnce(key, 'POST', `/v1/acme/painter/text-to-image?webhook=${encodeURIComponent(silent)}`, promptInput);
    case 1:
      return callOnce(key, 'POST', `/v1/${SLOW_MODEL}?sync=true`, promptInput);
    case 2:
      return callOnce(key, 'GET', '/v1/requests?limit=100');
    case 3:
      return callOnce(key, 'POST', '/v1/webhook-endpoints', { url: silent });
    default:
      return callOnce(key, 'GET', '/v1/events?limit=100');
  }
}

/**
 * With ten executions for all functions the gateway may have none for a call, and answers 503 itself, upon which a
 * client calls again (docs/errors.md); how long that takes counts. Without AWS's limits nothing is called again.
 */
async function callQuietly(key: string, method: string, path: string, body?: object): Promise<Called> {
  if (!isLikeAws) return callOnce(key, method, path, body);
  const startedAt = performance.now();
  const reply = await new RelayClient(relay.url, key).call(method, path, { body });
  return { ...reply, tookMs: performance.now() - startedAt };
}

/** A task with a webhook, and a poll of it. */
async function quietRound(key: string, webhook: string): Promise<readonly Called[]> {
  const submitted = await callQuietly(key, 'POST', `/v1/acme/sketch/text-to-image?webhook=${webhook}`, promptInput);
  const { id } = submitted.body as { id: string };
  return [submitted, await callQuietly(key, 'GET', `/v1/requests/${id}`)];
}

describe('an account beside one that calls ten times a second, with receivers that never answer', () => {
  it('meets no refusal and no call over five seconds, and is called back for each of its tasks', async () => {
    const webhook = encodeURIComponent(inbox.at('/quiet'));
    // Functions that have not run yet start anew, which on a busy machine takes seconds and has nothing to do with
    // greed.
    await Promise.all(Array.from({ length: 8 }, () => callQuietly(quiet, 'GET', '/v1/requests')));
    let refusals = 0;
    const [rounds] = await Promise.all([
      atRate(1, () => quietRound(quiet, webhook)),
      atRate(GREEDY_CALLS_A_SECOND, async (count) => {
        // Those that wait for their task are not waited for here, and break with the relay at the end.
        const answer = await greedyCall(greedy, count).catch(() => undefined);
        if (answer?.status === 409) refusals += 1;
      }),
    ]);
    const calls = (await Promise.all(rounds)).flat();
    expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
    expect(Math.max(...calls.map(({ tookMs }) => tookMs))).toBeLessThan(QUIET_CALL_MS_MAX);
    await expect.poll(() => inbox.received('/quiet').length, { timeout: 10_000 }).toBe(SECONDS);
    // It was greedy: beyond its share of endpoints it was refused, and what it has was called.
    expect(refusals).toBeGreaterThan(0);
    expect(inbox.received('/silent').length).toBeGreaterThan(0);
  });
});
