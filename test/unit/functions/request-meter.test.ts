// Requests a second of an account, counted in memory by several copies of the function at once.
import { describe, expect, it } from 'vitest';
import { RequestMeter } from '../../../functions/api/request-meter.ts';
import { HttpFailure } from '../../../core/http/http-failure.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';

const base: Account = { id: 'acc_one', name: 'one', weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };

/** Copies of the function over one store, and how often they wrote to it. */
function opened(copies: number) {
  const relay = new MemoryRelay();
  let writes = 0;
  const accounts = {
    useRequests: (accountId: string, usedMs: number): Promise<number> => {
      writes += 1;
      return relay.store.useRequests(accountId, usedMs);
    },
  };
  const meters = Array.from({ length: copies }, () => new RequestMeter(Object.assign({}, relay, { accounts })));
  /** One request by the copy that is next; the account is read from the store as authentication does. */
  const ask = async (accountId: string, turn: number): Promise<HttpFailure | undefined> => {
    const account = await relay.store.loadAccount(accountId);
    if (!account) throw new Error(accountId);
    try {
      await meters[turn % copies]?.admit(account);
      return undefined;
    } catch (error) {
      if (error instanceof HttpFailure) return error;
      throw error;
    }
  };
  /** Asks evenly; how many were let in, and the last refusal. */
  const askFor = async (accountId: string, perSecond: number, forSeconds: number) => {
    let [admitted, refusal]: [number, HttpFailure | undefined] = [0, undefined];
    for (let turn = 0; turn < perSecond * forSeconds; turn += 1) {
      const refused = await ask(accountId, turn);
      if (refused) refusal = refused;
      else admitted += 1;
      relay.clock.stepTo(relay.clock.now() + 1_000 / perSecond);
    }
    return { admitted, refusal };
  };
  return { relay, ask, askFor, writes: () => writes };
}

describe('the requests of an account', () => {
  it.each([1, 4, 10])('are accepted at its rate within a fifth, counted by %i copies', async (copies) => {
    for (const [rate, offered] of [
      [50, 150],
      [50, 60],
      [7, 100],
      [400, 1_000],
    ] as const) {
      const { relay, askFor } = opened(copies);
      await relay.store.putAccount({ ...base, requestsPerSecond: rate });
      const { admitted } = await askFor(base.id, offered, 20);
      expect(admitted / (20 * rate), `${rate} of ${offered}`).toBeGreaterThan(0.8);
      expect(admitted / (20 * rate), `${rate} of ${offered}`).toBeLessThan(1.2);
    }
  });

  it('cost no write while there are few of them, and one in five at the most', async () => {
    const { relay, askFor, writes } = opened(4);
    await relay.store.putAccount(base);
    expect(await askFor(base.id, 10, 60)).toEqual({ admitted: 600, refusal: undefined });
    expect(writes()).toBe(0);
    const { admitted } = await askFor(base.id, 200, 20);
    expect(writes()).toBeLessThanOrEqual(admitted / 5);
  });

  it('beyond its rate are refused in words of Get3W, with the reason and when to try again', async () => {
    const { relay, askFor } = opened(1);
    await relay.store.putAccount(base);
    const { refusal } = await askFor(base.id, 500, 4);
    expect(refusal?.body).toEqual({
      code: 429,
      error: expect.stringMatching(/./) as string,
      details: 'the account may make 50 requests a second',
    });
    expect(refusal?.headers).toMatchObject({ 'retry-after': '1' });
    expect(relay.sumOf('RequestsRefused')).toBeGreaterThan(0);
  });

  it('of an operator, and those of another account, are accepted whatever one account sends', async () => {
    const { relay, ask, askFor } = opened(2);
    await relay.store.putAccount(base);
    await relay.store.putAccount({ ...base, id: 'acc_two' });
    await relay.store.putAccount({ ...base, id: 'acc_operator', isOperator: true });
    const { refusal } = await askFor(base.id, 300, 5);
    expect(refusal).toBeDefined();
    expect(await ask('acc_two', 0)).toBeUndefined();
    expect((await askFor('acc_operator', 300, 5)).admitted).toBe(1_500);
  });

  it('are accepted when they cannot be counted', async () => {
    const relay = new MemoryRelay();
    const broken = { useRequests: () => Promise.reject(new Error('no answer')) };
    const meter = new RequestMeter(Object.assign({}, relay, { accounts: broken }));
    for (let count = 0; count < 200; count += 1) await meter.admit(base);
    expect(relay.sumOf('RequestsRefused')).toBe(0);
  });
});
