import { describe, expect, it } from 'vitest';
import { defaultDeliverySettings as settings } from '../../../core/domain/webhook/delivery-policy.ts';
import {
  callsAtOnce,
  deferred,
  forgiven,
  isPaused,
  isTrusted,
  judgeEndpoint,
  laneAfterCall,
  newLane,
  takeCall,
} from '../../../core/domain/webhook/lane.ts';
import type { CallResult } from '../../../core/domain/webhook/delivery.ts';
import type { Lane } from '../../../core/domain/webhook/lane.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const DAY_MS = 86_400_000;
const lane = newLane('we_1', 'acc_1');

function answered(status: number, retryAfterMs?: number): CallResult {
  return {
    kind: 'answered',
    status,
    retryAfterMs,
    answer: '',
    durationMs: 5,
  };
}

const refused: CallResult = { kind: 'failed', cause: 'connect', detail: 'ECONNREFUSED', durationMs: 2 };

function after(before: Lane, result: CallResult, now = NOON, random = 0): Lane {
  return laneAfterCall(before, { result, attemptsOfRound: 1 }, { now, random: () => random, settings });
}

function times(count: number, before: Lane, result: CallResult, now = NOON): Lane {
  return Array.from({ length: count }).reduce<Lane>((current) => after(current, result, now), before);
}

describe('the lane of a receiver', () => {
  it('takes ten calls at once while none fails', () => {
    expect(callsAtOnce(after(lane, answered(200)), NOON, settings)).toBe(10);
  });

  it.each([429, 502, 503, 504])('is paused by an answer of %i', (status) => {
    const paused = after(lane, answered(status));
    expect(isPaused(paused, NOON + 4_999)).toBe(true);
    expect(isPaused(paused, NOON + 5_000)).toBe(false);
    expect(callsAtOnce(paused, NOON, settings)).toBe(0);
  });

  it.each([400, 404, 500])('is not paused by one answer of %i: that may be the event', (status) => {
    expect(isPaused(after(lane, answered(status)), NOON)).toBe(false);
  });

  it('is paused by five failures in a row of whatever kind', () => {
    expect(isPaused(times(4, lane, refused), NOON)).toBe(false);
    expect(isPaused(times(5, lane, refused), NOON)).toBe(true);
    const interrupted = after(times(4, lane, refused), answered(200));
    expect(isPaused(times(4, interrupted, refused), NOON)).toBe(false);
  });

  it('is paused twice as long each time, up to five minutes', () => {
    let current = lane;
    let now = NOON;
    const pausesMs: number[] = [];
    for (let count = 0; count < 9; count += 1) {
      current = after(current, answered(503), now);
      pausesMs.push((current.pausedUntil ?? 0) - now);
      now = current.pausedUntil ?? now;
    }
    const doubled = [5, 10, 20, 40, 80, 160, 300, 300, 300];
    expect(pausesMs).toEqual(doubled.map((seconds) => seconds * 1_000));
  });

  it('is not paused longer by the calls that were under way when the pause began', () => {
    const first = after(lane, answered(503));
    expect(times(9, first, answered(503), NOON + 10).pausedUntil).toBe(first.pausedUntil);
  });

  it('stays away as long as Retry-After asks, up to the next step of the schedule', () => {
    expect(after(lane, answered(429, 60_000)).pausedUntil).toBe(NOON + 60_000);
    expect(after(lane, answered(429, DAY_MS)).pausedUntil).toBe(NOON + 300_000);
    expect(after(lane, answered(429, 1_000)).pausedUntil).toBe(NOON + 5_000);
  });

  it('returns from a pause with one call, and with more as they succeed', () => {
    const paused = after(lane, answered(503));
    const over = paused.pausedUntil ?? NOON;
    expect(callsAtOnce(paused, over, settings)).toBe(1);
    let ramped = paused;
    const allowed: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      ramped = after(ramped, answered(200), over);
      allowed.push(callsAtOnce(ramped, over, settings));
    }
    expect(allowed).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 10]);
    const { lastAnswer, ...rest } = ramped;
    expect(lastAnswer).toMatchObject({ status: 200 });
    expect(rest).toEqual({ ...lane, isProven: true });
  });

  it('is paused by the first call that gets no answer when it has never answered, and not when it has', () => {
    const silent: CallResult = { kind: 'failed', cause: 'timeout', detail: '', durationMs: 15_000 };
    expect(isPaused(after(lane, silent), NOON)).toBe(true);
    expect(isPaused(after(lane, refused), NOON)).toBe(false);
    const known = after(lane, answered(200));
    expect(isPaused(after(known, silent), NOON)).toBe(false);
  });

  it('is trusted while it has answered before and at last', () => {
    expect(isTrusted(lane)).toBe(false);
    const known = after(lane, answered(200));
    expect(isTrusted(known)).toBe(true);
    const failed = after(known, answered(500));
    expect(isTrusted(failed)).toBe(false);
    expect(isTrusted(after(failed, answered(204)))).toBe(true);
  });

  it('is postponed twice as long each time until it is called, and never less than its pause', () => {
    const context = { now: NOON, random: () => 0.5, settings };
    const waitsMs: number[] = [];
    let current = lane;
    for (let count = 0; count < 8; count += 1) {
      current = deferred({ ...current, pausedUntil: NOON }, context);
      waitsMs.push((current.pausedUntil ?? 0) - NOON);
    }
    expect(waitsMs).toEqual([1_875, 3_750, 7_500, 15_000, 30_000, 60_000, 120_000, 120_000]);
    expect(after(current, answered(500)).deferrals).toBeUndefined();
    const later = NOON + 3_600_000;
    expect(deferred({ ...lane, pausedUntil: later }, context).pausedUntil).toBe(later);
  });
});

describe('an endpoint', () => {
  const judge = (failing: Lane, result: CallResult, now: number) =>
    judgeEndpoint(failing, result, { now, random: () => 0, settings });

  it('is disabled by a 410 at once', () => {
    expect(judge(after(lane, answered(410)), answered(410), NOON)).toBe('gone');
  });

  it('is disabled when all its calls failed for five days', () => {
    const failing = times(12, lane, refused);
    expect(judge(failing, refused, NOON + 5 * DAY_MS - 1)).toBeUndefined();
    expect(judge(failing, refused, NOON + 5 * DAY_MS)).toBe('failing');
  });

  it('is never disabled by sporadic failures, however long they go on', () => {
    let current = lane;
    for (let day = 0; day < 60; day += 1) {
      current = times(20, current, refused, NOON + day * DAY_MS);
      expect(judge(current, refused, NOON + day * DAY_MS)).toBeUndefined();
      if (day % 4 === 3) current = after(current, answered(200), NOON + day * DAY_MS);
    }
  });

  it('is not disabled after two failures a week apart', () => {
    const twice = after(after(lane, refused), refused, NOON + 7 * DAY_MS);
    expect(judge(twice, refused, NOON + 7 * DAY_MS)).toBeUndefined();
  });

  it('that its owner has fixed is tried at once, with one call', () => {
    const failing = times(12, lane, refused);
    const mended = forgiven(failing);
    expect(mended).not.toHaveProperty('failingSince');
    expect(callsAtOnce(mended, NOON, settings)).toBe(1);
    expect(forgiven(lane)).toEqual(lane);
  });
});

describe('the rate of an endpoint', () => {
  it('is without bound unless it is set', () => {
    expect(takeCall(lane, undefined, NOON)).toEqual({ lane, waitMs: 0 });
  });

  it('lets one call go after the other, evenly', () => {
    const first = takeCall(lane, 5, NOON);
    expect(first.waitMs).toBe(0);
    const { waitMs } = takeCall(first.lane, 5, NOON);
    expect(waitMs).toBeGreaterThanOrEqual(200);
    expect(waitMs).toBeLessThan(220);
    expect(takeCall(first.lane, 5, NOON + waitMs - 1).waitMs).toBe(1);
    expect(takeCall(first.lane, 5, NOON + waitMs).waitMs).toBe(0);
  });

  it('may be less than one a second', () => {
    const first = takeCall(lane, 0.5, NOON);
    expect(first.waitMs).toBe(0);
    const { waitMs } = takeCall(first.lane, 0.5, NOON);
    expect(waitMs).toBeGreaterThanOrEqual(2_000);
    expect(takeCall(first.lane, 0.5, NOON + waitMs).waitMs).toBe(0);
  });

  it.each([1, 2, 3, 5, 19, 20, 50, 1_000])(
    'of %d is the most there are in any second, and nearly all of it is used',
    (rate) => {
      let current = lane;
      const sent: number[] = [];
      for (let now = NOON; now < NOON + 60_000; now += 1) {
        for (let taken = takeCall(current, rate, now); taken.waitMs === 0; taken = takeCall(current, rate, now)) {
          sent.push(now);
          current = taken.lane;
        }
      }
      const busiest = sent.map((from, index) => (sent[index + rate] ?? Infinity) - from);
      expect(Math.min(...busiest)).toBeGreaterThanOrEqual(1_000);
      expect(sent.length).toBeGreaterThanOrEqual(0.9 * 60 * rate);
    },
  );

  it('counts what was sent before a lane was released and claimed again', () => {
    const first = takeCall(lane, 2, NOON);
    const again = { ...lane, ...(first.lane.bucket && { bucket: first.lane.bucket }) };
    expect(takeCall(again, 2, NOON + 100).waitMs).toBeGreaterThan(400);
  });
});
