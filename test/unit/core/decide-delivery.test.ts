import { describe, expect, it } from 'vitest';
import { decideDelivery, retryDelayMs } from '../../../core/domain/webhook/decide-delivery.ts';
import { roundMs } from '../../../core/domain/webhook/delivery-policy.ts';
import { defaultDeliverySettings as settings } from '../../../core/domain/webhook/delivery-policy.ts';
import { deliveryIdFloor, deliveryIdOf, laneIdOfUrl, newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { limits } from '../../../core/domain/limits.ts';
import type { DeliveryContext, DeliveryEvent } from '../../../core/domain/webhook/decide-delivery.ts';
import type { CallResult, Delivery } from '../../../core/domain/webhook/delivery.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const event = {
  id: 'evt_1',
  type: 'task.completed',
  accountId: 'acc_1',
  at: NOON,
  data: {},
  taskId: 'task-1',
} as const;

function context(now: number, random = 0): DeliveryContext {
  return { now, random: () => random, settings };
}

function fresh(): Delivery {
  return newDelivery({
    logged: { event, position: NOON },
    laneId: 'we_1',
    now: NOON,
    expiresAt: NOON + roundMs(settings),
  });
}

function answered(status: number, retryAfterMs?: number): CallResult {
  return {
    kind: 'answered',
    status,
    retryAfterMs,
    answer: `answer ${status}`,
    durationMs: 12,
  };
}

const timedOut: CallResult = {
  kind: 'failed',
  cause: 'timeout',
  detail: 'no answer within 15000 ms',
  durationMs: 15_000,
};

function attempted(delivery: Delivery, result: CallResult): DeliveryEvent {
  return {
    type: 'attempted',
    attempt: delivery.attemptCount + 1,
    startedAt: delivery.nextAttemptAt ?? NOON,
    result,
  };
}

function decided(delivery: Delivery, happened: DeliveryEvent, now: number, random = 0): Delivery {
  const decision = decideDelivery(delivery, happened, context(now, random));
  if (decision.kind === 'refused') throw new Error(decision.reason);
  return decision.delivery;
}

function afterResult(delivery: Delivery, result: CallResult): Delivery {
  return decided(delivery, attempted(delivery, result), delivery.nextAttemptAt ?? NOON);
}

describe('a delivery', () => {
  it.each([200, 201, 202, 204, 299])('is over with an answer of %i', (status) => {
    const delivered = afterResult(fresh(), answered(status));
    expect(delivered).toMatchObject({ status: 'delivered', deliveredAt: NOON, attemptCount: 1, version: 2 });
    expect(delivered.nextAttemptAt).toBeUndefined();
    expect(delivered.attempts).toEqual([
      { number: 1, replay: 0, startedAt: NOON, durationMs: 12, status, answer: `answer ${status}` },
    ]);
  });

  it.each([100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 502, 503, 504])(
    'is retried after an answer of %i, redirects included',
    (status) => {
      const next = afterResult(fresh(), answered(status));
      expect(next).toMatchObject({ status: 'pending', nextAttemptAt: NOON + 5_000 });
      expect(next.attempts[0]).toMatchObject({ status, cause: 'status' });
    },
  );

  it('is retried after a time-out, and records where the call broke', () => {
    const next = afterResult(fresh(), timedOut);
    expect(next).toMatchObject({ status: 'pending', nextAttemptAt: NOON + 5_000 });
    expect(next.attempts[0]).toEqual({
      number: 1,
      replay: 0,
      startedAt: NOON,
      durationMs: 15_000,
      cause: 'timeout',
      detail: 'no answer within 15000 ms',
    });
  });

  it('follows the schedule of Standard Webhooks for ten attempts and is then exhausted', () => {
    let delivery = fresh();
    const waits: number[] = [];
    while (delivery.status === 'pending') {
      const at = delivery.nextAttemptAt ?? 0;
      waits.push((at - (delivery.attempts.at(-1)?.startedAt ?? NOON)) / 1_000);
      delivery = afterResult(delivery, answered(500));
    }
    expect(waits).toEqual([0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(delivery).toMatchObject({ status: 'exhausted', reason: 'attempts', attemptCount: 10 });
  });

  it('is given up at once by a 410', () => {
    expect(afterResult(fresh(), answered(410))).toMatchObject({ status: 'exhausted', reason: 'gone', attemptCount: 1 });
  });

  it('is given up when pauses have stretched its round beyond its end', () => {
    const delivery = { ...fresh(), expiresAt: NOON + 4_000 };
    expect(afterResult(delivery, answered(503))).toMatchObject({ status: 'exhausted', reason: 'too-old' });
  });

  it('refuses the record of an attempt that was recorded already', () => {
    const delivery = fresh();
    const record = attempted(delivery, answered(500));
    const next = decided(delivery, record, NOON);
    expect(decideDelivery(next, record, context(NOON))).toEqual({ kind: 'refused', reason: 'stale-attempt' });
  });

  it('refuses a late record once it is over', () => {
    const delivered = afterResult(fresh(), answered(200));
    const late = attempted(delivered, answered(200));
    expect(decideDelivery(delivered, late, context(NOON))).toEqual({ kind: 'refused', reason: 'not-pending' });
    const givenUp = { type: 'given-up', reason: 'endpoint-deleted' } as const;
    expect(decideDelivery(delivered, givenUp, context(NOON))).toEqual({ kind: 'refused', reason: 'not-pending' });
  });

  it('is listed with the reason when no call will follow', () => {
    const over = decided(fresh(), { type: 'given-up', reason: 'endpoint-deleted' }, NOON);
    expect(over).toMatchObject({ status: 'exhausted', reason: 'endpoint-deleted' });
  });

  it('keeps twenty attempts, with the whole answer of the newest only', () => {
    let delivery = fresh();
    const long: CallResult = { kind: 'answered', status: 500, answer: 'x'.repeat(4_096), durationMs: 1 };
    for (let count = 0; count < 25; count += 1) {
      delivery = { ...delivery, attemptsOfRound: 0 };
      delivery = afterResult(delivery, long);
    }
    expect(delivery.attemptCount).toBe(25);
    expect(delivery.attempts.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 6));
    expect(delivery.attempts.at(-1)?.answer).toHaveLength(4_096);
    expect(delivery.attempts.at(-2)?.answer).toHaveLength(limits.olderAnswerCharsMax);
  });
});

describe('a replay', () => {
  it('begins a round of its own, due now, however the delivery ended', () => {
    for (const status of [200, 410, 500]) {
      const before = afterResult(fresh(), answered(status));
      const replayed = decided(before, { type: 'replay-requested' }, NOON + 60_000);
      expect(replayed).toMatchObject({
        status: 'pending',
        replays: 1,
        attemptsOfRound: 0,
        nextAttemptAt: NOON + 60_000,
      });
      expect(replayed).not.toHaveProperty('reason');
      expect(replayed).not.toHaveProperty('deliveredAt');
    }
  });

  it('has a new number each time, and its attempts show it', () => {
    let delivery = afterResult(fresh(), answered(200));
    for (let replay = 1; replay <= 3; replay += 1) {
      delivery = decided(delivery, { type: 'replay-requested' }, NOON + replay);
      delivery = afterResult(delivery, answered(200));
      expect(delivery.attempts.at(-1)).toMatchObject({ number: replay + 1, replay });
    }
    expect(delivery.replays).toBe(3);
  });

  it('that comes while an attempt is under way is not lost: the attempt is recorded in its round', () => {
    const before = fresh();
    const record = attempted(before, answered(500));
    const replayed = decided(before, { type: 'replay-requested' }, NOON + 1);
    const recorded = decided(replayed, record, NOON + 2);
    expect(recorded).toMatchObject({ status: 'pending', replays: 1, attemptsOfRound: 1 });
  });
});

describe('the wait before the next attempt', () => {
  const waitMs = (attempts: number, retryAfterMs?: number, random = 0): number | undefined =>
    retryDelayMs(attempts, retryAfterMs, context(NOON, random));

  it('is never shorter than the schedule and at most a tenth longer', () => {
    expect(waitMs(1)).toBe(5_000);
    expect(waitMs(1, undefined, 0.999999)).toBe(5_500);
    expect(waitMs(2, 1_000)).toBe(300_000);
  });

  it('honours Retry-After up to the step after the next', () => {
    expect(waitMs(1, 60_000)).toBe(60_000);
    expect(waitMs(1, 86_400_000)).toBe(300_000);
    expect(waitMs(9, 30 * 86_400_000)).toBe(86_400_000);
  });

  it('ends with the schedule', () => {
    expect(waitMs(10)).toBeUndefined();
    expect(waitMs(10, 1_000)).toBeUndefined();
  });
});

describe('the id of a delivery', () => {
  it('is the same for the same event and receiver, and another for any other', () => {
    const id = deliveryIdOf(event, 'we_1');
    expect(deliveryIdOf({ ...event }, 'we_1')).toBe(id);
    expect(deliveryIdOf(event, 'we_2')).not.toBe(id);
    expect(deliveryIdOf({ ...event, id: 'evt_2' }, 'we_1')).not.toBe(id);
  });

  it('sorts by the time of its event', () => {
    const times = [0, 1, NOON - 1, NOON, NOON + 1, NOON * 2];
    const ids = times.map((at) => deliveryIdOf({ ...event, at }, 'we_1'));
    expect([...ids].sort()).toEqual(ids);
    expect(deliveryIdFloor(NOON) <= deliveryIdOf(event, 'we_1')).toBe(true);
    expect(deliveryIdFloor(NOON) > deliveryIdOf({ ...event, at: NOON - 1 }, 'we_1')).toBe(true);
  });

  it('puts the webhooks of one host into one lane, and never those of two accounts', () => {
    const lane = laneIdOfUrl('acc_1', 'https://a.example/one?x=1');
    expect(laneIdOfUrl('acc_1', 'https://a.example/two')).toBe(lane);
    expect(laneIdOfUrl('acc_1', 'https://a.example:8443/one')).not.toBe(lane);
    expect(laneIdOfUrl('acc_2', 'https://a.example/one?x=1')).not.toBe(lane);
  });
});
