// The state in which a lane is left: when it is visited next and by what, and what is noted of its longest wait.
import { describe, expect, it } from 'vitest';
import { planRelease } from '../../../functions/deliver/lane-release.ts';
import { limits } from '../../../core/domain/limits.ts';
import { deliveryIdFloor, newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { newLane } from '../../../core/domain/webhook/lane.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Lane } from '../../../core/domain/webhook/lane.ts';
import type { OldestPending } from '../../../core/ports/webhook-ports.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const graceMs = new WebhookWorld().ports.settings.graceMs;
const lane = newLane('we_1', webhookAccountId);

interface Left {
  readonly lane?: Partial<Lane>;
  readonly nextAt?: number;
  readonly isDisabled?: boolean;
  readonly rateUntil?: number;
  /** What the store finds pending in the lane. */
  readonly oldest?: OldestPending;
}

async function plan({ lane: parts = {}, nextAt, isDisabled = false, rateUntil = 0, oldest }: Left) {
  const asked: [string, string][] = [];
  const world = new WebhookWorld();
  const { store } = world.relay.withStore({
    oldestPending: async (...key) => {
      asked.push(key);
      return oldest ?? { kind: 'none' };
    },
  });
  const leaving = { lane: { ...lane, ...parts }, nextAt, isDisabled, rateUntil };
  return { ...(await planRelease({ ...world.ports, store }, leaving)), asked };
}

function pendingSince(eventAt: number): Extract<OldestPending, { kind: 'found' }> {
  const event = { id: 'evt_1', type: 'task.failed', accountId: webhookAccountId, at: eventAt, data: {} } as const;
  const logged = { event, position: eventAt };
  return { kind: 'found', delivery: newDelivery({ logged, laneId: lane.id, now: eventAt, expiresAt: NOW + HOUR_MS }) };
}

describe('the next visit of a lane', () => {
  it('is none where nothing is queued, disabled or not', async () => {
    for (const isDisabled of [true, false]) {
      const planned = await plan({ isDisabled });
      expect(planned.due).toBeUndefined();
      expect(planned).not.toHaveProperty('delayMs');
    }
  });

  it('is tomorrow, by the sweep, where its endpoint is disabled', async () => {
    const planned = await plan({ nextAt: NOW + 5_000, isDisabled: true });
    expect(planned.due).toEqual({ at: NOW + 24 * HOUR_MS, by: 'sweep' });
    expect(planned).not.toHaveProperty('delayMs');
  });

  it.each<[string, Left, number]>([
    ['when its first entry is due', { nextAt: NOW + 5_000 }, 5_000],
    ['at once where that is past', { nextAt: NOW - 5_000 }, 0],
    ['when its pause ends, where that is later', { nextAt: NOW + 5_000, lane: { pausedUntil: NOW + 7_000 } }, 7_000],
    [
      'when its entry is due, where the pause ends before',
      { nextAt: NOW + 9_000, lane: { pausedUntil: NOW + 7_000 } },
      9_000,
    ],
    ['as if it were not paused where that is over', { nextAt: NOW - 5_000, lane: { pausedUntil: NOW - 1_000 } }, 0],
    ['when its rate allows, where that is later', { nextAt: NOW + 5_000, rateUntil: NOW + 6_000 }, 6_000],
    [
      'by a doorbell as far off as SQS can delay',
      { nextAt: NOW + limits.doorbellDelayMsMax },
      limits.doorbellDelayMsMax,
    ],
  ])('is planned for the moment that counts: %s', async (_when, left, delayMs) => {
    const planned = await plan(left);
    expect(planned.delayMs).toBe(delayMs);
    // Due a little later, should the doorbell be lost.
    expect(planned.due).toEqual({ at: NOW + delayMs + graceMs, by: 'doorbell' });
    expect(planned.lane.doorbellAt).toBe(NOW + delayMs);
  });

  it('is the sweep’s where it is further off than SQS can delay', async () => {
    const at = NOW + limits.doorbellDelayMsMax + 1;
    const planned = await plan({ nextAt: at });
    expect(planned.due).toEqual({ at, by: 'sweep' });
    expect(planned).not.toHaveProperty('delayMs');
    expect(planned.lane.doorbellAt).toBeUndefined();
  });

  it.each<[string, number, boolean]>([
    ['that arrives before it', NOW + 1, true],
    ['that arrives when it is due', NOW + 5_000, true],
    ['that arrives later', NOW + 5_001, false],
    ['that has arrived', NOW, false],
  ])('needs no further doorbell beside one %s: %i, %s', async (_which, doorbellAt, isEnough) => {
    const planned = await plan({ nextAt: NOW + 5_000, lane: { doorbellAt } });
    expect(planned.delayMs).toBe(isEnough ? undefined : 5_000);
    expect(planned.lane.doorbellAt).toBe(isEnough ? doorbellAt : NOW + 5_000);
    expect(planned.due).toEqual({ at: NOW + 5_000 + graceMs, by: 'doorbell' });
  });
});

describe('the longest wait of a lane', () => {
  const nextAt = NOW + 5_000;
  const floor = deliveryIdFloor(NOW - HOUR_MS);
  const waiting = { undeliveredSince: NOW - 2 * HOUR_MS };

  it('is over where nothing is queued, or nothing is pending', async () => {
    for (const left of [{}, { nextAt }]) {
      const planned = await plan({ ...left, lane: waiting });
      expect(planned.lane).not.toHaveProperty('undeliveredSince');
      expect(planned.lane.watermark).toBe(floor);
      expect(planned.asked).toEqual('nextAt' in left ? [['we_1', deliveryIdFloor(0)]] : []);
    }
  });

  it.each([
    ['a minute ago', NOW - MINUTE_MS, true],
    ['a moment later', NOW - MINUTE_MS + 1, false],
  ])('is noted from a minute on: the event was %s', async (_when, eventAt, isNoted) => {
    const planned = await plan({ nextAt, lane: waiting, oldest: pendingSince(eventAt) });
    expect(planned.lane.undeliveredSince).toBe(isNoted ? eventAt : undefined);
  });

  it('is searched for from where the last search ended', async () => {
    const watermark = deliveryIdFloor(NOW - 3 * HOUR_MS);
    expect((await plan({ nextAt, lane: { watermark } })).asked).toEqual([['we_1', watermark]]);
  });

  it('stays as it was where the search did not get to its end', async () => {
    const id = deliveryIdFloor(NOW - 90 * MINUTE_MS);
    const planned = await plan({ nextAt, lane: waiting, oldest: { kind: 'looked-up-to', id } });
    expect(planned.lane).toMatchObject({ ...waiting, watermark: id });
  });

  it.each<[string, number | undefined, number, number]>([
    ['where the oldest is', undefined, 2 * HOUR_MS, 2 * HOUR_MS],
    ['an hour ago where the oldest is younger: the sweep may bring older ones late', undefined, MINUTE_MS, HOUR_MS],
    ['where it began before, where that is later', 2 * HOUR_MS, 3 * HOUR_MS, 2 * HOUR_MS],
    ['where the oldest is, where that is later', 3 * HOUR_MS, 2 * HOUR_MS, 2 * HOUR_MS],
  ])('is searched for from then on %s', async (_where, before, oldestAgo, expected) => {
    const oldest = pendingSince(NOW - oldestAgo);
    const watermark = before === undefined ? undefined : deliveryIdFloor(NOW - before);
    const planned = await plan({ nextAt, oldest, lane: watermark === undefined ? {} : { watermark } });
    const id = expected === oldestAgo ? oldest.delivery.id : deliveryIdFloor(NOW - expected);
    expect(planned.lane.watermark).toBe(id);
  });

  it('that ended is searched for again from an hour ago, or from where the last search began', async () => {
    const later = deliveryIdFloor(NOW - MINUTE_MS);
    expect((await plan({ lane: { watermark: later } })).lane.watermark).toBe(later);
    expect((await plan({ lane: { watermark: deliveryIdFloor(NOW - 2 * HOUR_MS) } })).lane.watermark).toBe(floor);
  });
});
