// Boundaries, each from both sides: a fence at −1, 0 and +1, jitter at both ends of chance, a shorter Retry-After after a
// longer one, limits in bytes with text that is not ASCII. Each slip here once went unnoticed.
import { describe, expect, it } from 'vitest';
import { reviewGate } from '../../../core/domain/gate/gate-review.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { limits } from '../../../core/domain/limits.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { backoffDelayMs } from '../../../core/domain/task/backoff.ts';
import { judgeWebhookUrl } from '../../../core/domain/webhook/address-rules.ts';
import { decideDelivery } from '../../../core/domain/webhook/decide-delivery.ts';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { callsAtOnce, isPaused, laneAfterCall, newLane } from '../../../core/domain/webhook/lane.ts';
import { readEndpoint } from '../../../core/http/read-endpoint.ts';
import { readSubmit } from '../../../functions/api/read-submit.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { CallResult } from '../../../core/domain/webhook/delivery.ts';

const settings = defaultSettings.deliveries;
const calm = { now: NOW, random: () => 0, settings };
/** The two ends of chance: it is in [0, 1). */
const ends = [0, 1 - Number.EPSILON] as const;

describe('a backoff, at both ends of chance', () => {
  const policy = { baseMs: 1_000, capMs: 60_000, attemptsMax: 9 };
  const delays = (failures: number, retryAfterMs?: number): readonly number[] =>
    ends.map((random) => backoffDelayMs({ policy, failures, random, retryAfterMs }));

  it('is between nothing and just below its ceiling, which doubles up to the cap', () => {
    expect(delays(1)).toEqual([0, 999]);
    expect(delays(2)).toEqual([0, 1_999]);
    expect(delays(6)).toEqual([0, 31_999]);
    expect(delays(7)).toEqual([0, 59_999]);
    expect(delays(10_000)).toEqual([0, 59_999]);
  });
});

describe('the pause of the gate after a 429', () => {
  const limited = (gate: Gate, retryAfterMs: number, now: number): Gate =>
    reviewGate(gate, [{ type: 'limited', startedAt: now - 10, retryAfterMs }], {
      now,
      random: () => 0,
      settings: defaultSettings.gate,
    });
  const fresh = newGate('g', defaultSettings.gate, NOW);

  it('is not shortened by a shorter Retry-After after a longer one, and is lengthened by a longer', () => {
    const long = limited(fresh, 60_000, NOW);
    expect(long.pause).toMatchObject({ reason: 'limited', until: NOW + 60_000 });
    expect(limited(long, 5_000, NOW + 1).pause).toMatchObject({ until: NOW + 60_000 });
    expect(limited(long, 59_999, NOW + 1).pause).toMatchObject({ until: NOW + 60_000 });
    expect(limited(long, 60_000, NOW + 1).pause).toMatchObject({ until: NOW + 60_001, since: NOW });
  });

  it('is over at its end and not before', () => {
    const paused = limited(fresh, 60_000, NOW);
    const review = (now: number) => reviewGate(paused, [], { now, random: () => 0, settings: defaultSettings.gate });
    expect([-1, 0, 1].map((off) => review(NOW + 60_000 + off).pause !== undefined)).toEqual([true, false, false]);
  });
});

describe('the pause of a receiver', () => {
  const answered = (retryAfterMs: number): CallResult => ({
    kind: 'answered',
    status: 429,
    retryAfterMs,
    answer: '',
    durationMs: 1,
  });
  const after = (retryAfterMs: number, lane = newLane('l', 'a'), now = NOW) =>
    laneAfterCall(lane, { result: answered(retryAfterMs), attemptsOfRound: 1 }, { ...calm, now });

  it('is not shortened by a shorter Retry-After after a longer one', () => {
    const long = after(60_000);
    expect(long.pausedUntil).toBe(NOW + 60_000);
    expect(after(10_000, long, NOW + 1).pausedUntil).toBe(NOW + 60_000);
    expect(after(70_000, long, NOW + 1).pausedUntil).toBe(NOW + 70_001);
  });

  it('is over at its end and not before', () => {
    const until = NOW + 60_000;
    const lane = { ...newLane('l', 'a'), pausedUntil: until };
    expect([-1, 0, 1].map((off) => isPaused(lane, until + off))).toEqual([true, false, false]);
    expect([-1, 0].map((off) => callsAtOnce(lane, until + off, settings) > 0)).toEqual([false, true]);
  });

  it('is jittered above its length, never below it', () => {
    const until = ends.map((random) => {
      const context = { ...calm, random: () => random };
      return laneAfterCall(newLane('l', 'a'), { result: answered(0), attemptsOfRound: 1 }, context).pausedUntil ?? 0;
    });
    const { pauseBaseMs, jitterShare } = settings;
    expect(until.map((at) => at - NOW)).toEqual([pauseBaseMs, Math.round(pauseBaseMs * (1 + jitterShare))]);
  });
});

describe('the last moment of a delivery’s round', () => {
  it.each([
    [-1, 'exhausted'],
    [0, 'pending'],
    [1, 'pending'],
  ] as const)('%i ms off the next attempt, it is %s', (off, status) => {
    const stepMs = settings.scheduleMs[1] ?? 0;
    const event = { id: 'evt_1', type: 'task.failed', accountId: 'a', at: NOW, data: {} } as const;
    const expiresAt = NOW + stepMs + off;
    const made = newDelivery({ logged: { event, position: NOW }, laneId: 'l', now: NOW, expiresAt });
    const result = { kind: 'answered', status: 500, answer: '', durationMs: 1 } as const;
    const decision = decideDelivery(made, { type: 'attempted', attempt: 1, startedAt: NOW, result }, calm);
    expect(decision).toMatchObject({ kind: 'changed', delivery: { status } });
  });
});

describe('a limit in bytes', () => {
  const policy = { openSubnets: [], isHttpOpen: false };
  /** As many bytes, in letters of three and the rest in ones. */
  const wide = (bytes: number): string => '€'.repeat(Math.floor(bytes / 3)) + 'x'.repeat(bytes % 3);
  const isTaken = (act: () => unknown): boolean => {
    try {
      act();
      return true;
    } catch {
      return false;
    }
  };

  it('of a webhook’s address is about its bytes', () => {
    const { webhookUrlBytesMax: max } = limits;
    const start = 'https://app.example.com/';
    const judged = (bytes: number) => judgeWebhookUrl(`${start}${wide(bytes - start.length)}`, policy);
    expect([max - 1, max, max + 1].map((bytes) => judged(bytes) === undefined)).toEqual([true, true, false]);
  });

  it('of an Idempotency-Key is about its bytes, and it has one at least', () => {
    const { idempotencyKeyBytesMax: max } = limits;
    const submit = (idempotencyKey: string) => () =>
      readSubmit(
        { vendor: 'a', model: 'b', task: 'c', query: {}, idempotencyKey, body: '{"prompt":"x"}' },
        defaultSettings,
      );
    expect([0, 1, max, max + 1].map((bytes) => isTaken(submit(wide(bytes))))).toEqual([false, true, true, false]);
  });

  it('of a path segment is met by the segment, and by the next letter overstepped', () => {
    const { pathSegmentBytesMax: max } = limits;
    const submit = (vendor: string) => () =>
      readSubmit(
        { vendor, model: 'b', task: 'c', query: {}, idempotencyKey: undefined, body: '{"prompt":"x"}' },
        defaultSettings,
      );
    expect([max, max + 1].map((letters) => isTaken(submit('v'.repeat(letters))))).toEqual([true, false]);
  });

  it('of an endpoint’s headers is about names and values together', () => {
    const { webhookHeadersBytesMax: max, webhookHeadersMax: many } = limits;
    const frame = JSON.stringify({ 'x-a': '' }).length;
    const withBytes = (bytes: number) => () =>
      readEndpoint(JSON.stringify({ headers: { 'x-a': 'v'.repeat(bytes - frame) } }));
    expect([max, max + 1].map((bytes) => isTaken(withBytes(bytes)))).toEqual([true, false]);
    const withCount = (count: number) => () =>
      readEndpoint(
        JSON.stringify({ headers: Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, 'v'])) }),
      );
    expect([many, many + 1].map((count) => isTaken(withCount(count)))).toEqual([true, false]);
  });
});
