// The numbers of webhook deliveries that a deployment may choose, with the reason for each bound: the part of
// relay-settings.ts that is about receivers. core/domain/webhook/delivery-policy.ts documents what they mean.
import * as z from 'zod';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../core/domain/time-ms.ts';

function ms(min: number, max: number) {
  return z.int().min(min).max(max);
}

/**
 * Subnets opened on purpose: loopback, for the local runtime. Functions in AWS are in no VPC and reach no private
 * network, so there is nothing to open for them. Link-local addresses stay closed whatever is listed here.
 */
const subnet = z.union([z.cidrv4(), z.cidrv6()]);

/** Highest number of calls to one receiver at once: more would be an attack. */
export const CALLS_MAX = 100;

export const deliverySettings = z.strictObject({
  // A delivery's log keeps twenty attempts; with more, the first ones would be lost.
  scheduleMs: z
    .array(ms(0, 7 * DAY_MS))
    .min(1)
    .max(20),
  jitterShare: z.number().min(0).max(1),
  // Together with laneWorkMs and the recording it must fit into the deliver function's 40 s.
  callTimeoutMs: ms(100, 20 * SECOND_MS),
  laneWorkMs: ms(100, 10 * SECOND_MS),
  callsMax: z.int().min(1).max(CALLS_MAX),
  pauseBaseMs: ms(100, HOUR_MS),
  pauseMaxMs: ms(100, DAY_MS),
  failingMs: ms(SECOND_MS, 365 * DAY_MS),
  secretOverlapMs: ms(0, 30 * DAY_MS),
  addresses: z.strictObject({ openSubnets: z.array(subnet).max(20), isHttpOpen: z.boolean() }),
});
