// The numbers of webhook deliveries that a deployment may choose: schedule, limits, pauses. Pure data, read by the
// stack and by the functions; hard limits are in limits.ts.
// Source of the schedule and the time limit: Standard Webhooks 1.0.0, operational recommendations.
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time-ms.ts';
import type { AddressPolicy } from './address-rules.ts';

export interface DeliverySettings {
  /**
   * Delay before each attempt, the first included; as many attempts as entries.
   * @change for receivers with outages longer than three days, or events that are of no use after an hour.
   */
  readonly scheduleMs: readonly number[];
  /**
   * The largest random share added to a delay, so that deliveries that failed together are not retried together.
   * @change higher when a receiver falls over under its retries.
   */
  readonly jitterShare: number;
  /**
   * Time one call may take, including the answer's body.
   * @change longer only for receivers that cannot answer before they work.
   */
  readonly callTimeoutMs: number;
  /**
   * Calls to one receiver at the same time.
   * @change lower for small receivers, higher for ones that answer slowly and take much.
   */
  readonly callsMax: number;
  /**
   * Pause of a receiver that is in trouble; doubles while the trouble lasts.
   * @change longer for receivers that need time to restart.
   */
  readonly pauseBaseMs: number;
  /**
   * The longest such pause.
   * @change shorter when a recovered receiver must get its webhooks sooner.
   */
  readonly pauseMaxMs: number;
  /**
   * An endpoint whose calls all failed for this long is disabled.
   * @change shorter to spare calls to dead receivers.
   */
  readonly failingMs: number;
  /**
   * How long a rotated secret continues to sign, unless the rotation sets another time.
   * @change longer when receivers need days to take a new secret.
   */
  readonly secretOverlapMs: number;
  /**
   * How long one run of the deliver function starts new calls; its last call may end `callTimeoutMs` later.
   * @change hardly ever: shorter costs more invocations.
   */
  readonly laneWorkMs: number;
  readonly addresses: AddressPolicy;
}

export const defaultDeliverySettings: DeliverySettings = {
  scheduleMs: [
    0,
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
  ],
  jitterShare: 0.1,
  callTimeoutMs: 15 * SECOND_MS,
  callsMax: 10,
  pauseBaseMs: 5 * SECOND_MS,
  pauseMaxMs: 5 * MINUTE_MS,
  failingMs: 5 * 24 * HOUR_MS,
  secretOverlapMs: 24 * HOUR_MS,
  laneWorkMs: 8 * SECOND_MS,
  addresses: { openSubnets: [], isHttpOpen: false },
};

/** A lane's lease: longer than the deliver function may run, so that only a dead holder loses it. */
export function laneLeaseMs({ laneWorkMs, callTimeoutMs }: DeliverySettings): number {
  return laneWorkMs + callTimeoutMs + 12 * SECOND_MS;
}

/** A round that its receiver's pauses stretch beyond this is given up: such old events are only sent on request. */
const PAUSE_ALLOWANCE_MS = DAY_MS;

/** How long one round may last in all: its whole schedule, and a day of pauses. */
export function roundMs({ scheduleMs, jitterShare }: DeliverySettings): number {
  return Math.round(scheduleMs.reduce((sum, delayMs) => sum + delayMs, 0) * (1 + jitterShare)) + PAUSE_ALLOWANCE_MS;
}
