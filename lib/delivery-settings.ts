// Which numbers of webhook deliveries a deployment may choose, each bound with its reason: the part of
// relay-settings.ts that is about receivers. What they mean is told in core/domain/webhook/delivery-policy.ts.
import * as z from 'zod';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../core/domain/time-ms.ts';

function ms(min: number, max: number) {
  return z.int().min(min).max(max);
}

/**
 * Opened on purpose: loopback, for the local runtime. Functions in AWS are in no VPC and reach no private network, so
 * there is nothing to open for them. Link-local stays shut whatever stands here.
 */
const subnet = z.union([z.cidrv4(), z.cidrv6()]);

/** Calls to one receiver at once: beyond it, it is an attack. */
export const CALLS_MAX = 100;

export const deliverySettings = z.strictObject({
  // More than twenty attempts would be forgotten from the front of a delivery's log.
  scheduleMs: z
    .array(ms(0, 7 * DAY_MS))
    .min(1)
    .max(20),
  jitterShare: z.number().min(0).max(1),
  // With laneWorkMs it must fit into the deliver function's 40 s, recording included.
  callTimeoutMs: ms(100, 20 * SECOND_MS),
  laneWorkMs: ms(100, 10 * SECOND_MS),
  callsMax: z.int().min(1).max(CALLS_MAX),
  pauseBaseMs: ms(100, HOUR_MS),
  pauseMaxMs: ms(100, DAY_MS),
  failingMs: ms(SECOND_MS, 365 * DAY_MS),
  secretOverlapMs: ms(0, 30 * DAY_MS),
  addresses: z.strictObject({ openSubnets: z.array(subnet).max(20), isHttpOpen: z.boolean() }),
});
