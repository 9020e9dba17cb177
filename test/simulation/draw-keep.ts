// Which tasks of a drawn world keep their outputs, and what goes wrong there. Drawn by dice of its own, with a number for
// which the kept seeds keep nothing: they stay the worlds that found something.
import { MINUTE_MS, SECOND_MS } from '../../core/domain/time-ms.ts';
import { Dice } from './dice.ts';
import type { WorldPlan } from './world-plan.ts';

const KEEP_DICE = 142;
/** Two worlds in five keep outputs. */
const KEEPING_SHARE = 0.4;
const BYTES_MAX = 1_000_000;

function keepsOutputs(seed: number): boolean {
  return new Dice(seed ^ KEEP_DICE).isLucky(KEEPING_SHARE);
}

/** The world with tasks that keep their outputs, where its seed says so. */
export function withKeeping(plan: WorldPlan): WorldPlan {
  if (!keepsOutputs(plan.seed)) return plan;
  const dice = new Dice((plan.seed ^ KEEP_DICE) + 1);
  const share = dice.pick([0.3, 1]);
  const rateOf = (most: number): number => (dice.isLucky(0.5) ? dice.between(most / 10, most) : 0);
  const keep = {
    downloadsFail: rateOf(0.6),
    downloadsCut: rateOf(0.6),
    downloadsSlow: rateOf(0.8),
    bucketFails: rateOf(0.4),
  };
  const eraseShare = dice.pick([0, 0.3, 0.8]);
  const retryCapMs = dice.pick([10 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS]);
  return {
    ...plan,
    keep,
    get3w: { ...plan.get3w, outputs: dice.whole(1, 3) },
    settings: {
      ...plan.settings,
      media: {
        ...plan.settings.media,
        outputBytesMax: BYTES_MAX,
        downloadTimeoutMs: MINUTE_MS,
        retryBaseMs: dice.pick([SECOND_MS, retryCapMs]),
        retryCapMs,
        expiryMs: dice.pick([5 * MINUTE_MS, 120 * MINUTE_MS, 120 * MINUTE_MS]),
        holdMs: dice.whole(1, 5) * MINUTE_MS,
      },
    },
    jobs: plan.jobs.map((job) =>
      dice.isLucky(share)
        ? {
            ...job,
            keep: dice.pick(['true', 'before-webhook']),
            eraseAfterMs: dice.isLucky(eraseShare) ? dice.pick([0, dice.between(0, 5 * MINUTE_MS)]) : undefined,
          }
        : job,
    ),
  };
}
