// Holds what a relay was told of its account's Lambda quota against the quota itself. Reading it is watch-checks.ts's.
import { syncWaitsOfRelay } from '../../core/domain/share-settings.ts';
import { ok, warning } from './check.ts';
import type { ShareSettings } from '../../core/domain/share-settings.ts';
import type { Verdict } from './check.ts';

export interface LambdaQuota {
  /** Functions that the account may run at once, all of its stacks together. */
  readonly quota: number;
  /** Of these, what no function has reserved. */
  readonly free: number;
}

/**
 * Under it AWS lets no function reserve anything, and a few clients that wait (`?sync=true`) take all there is. A new
 * account begins with 10.
 */
const QUOTA_WANTED = 100;

/** Three queues with ten copies each, and as much again for the API. */
const CONCURRENCY_WANTED = 60;

const SETTING = 'settings.shares.lambdaConcurrency';

export function judgeQuota(shares: ShareSettings, { quota, free }: LambdaQuota): Verdict {
  const { lambdaConcurrency } = shares;
  if (lambdaConcurrency > free) {
    return warning(
      `The relay counts on ${lambdaConcurrency} functions at once, the account may run ${free}: calls that wait can stop it.`,
      `Ask AWS for more (Service Quotas, Lambda, concurrent executions), or deploy with ${SETTING} ${Math.max(10, free)}.`,
    );
  }
  if (quota < QUOTA_WANTED) {
    return warning(
      `The account's quota is ${quota} functions at once, all of its stacks together; a relay wants ${QUOTA_WANTED}.`,
      'Ask AWS for 1,000 (Service Quotas, Lambda, concurrent executions): it is free. Until then, -c maxConcurrency=2.',
    );
  }
  if (free < CONCURRENCY_WANTED) {
    return warning(
      `The account may run ${free} functions at once; a busy relay wants ${CONCURRENCY_WANTED}.`,
      'Ask AWS for more (Service Quotas, Lambda, concurrent executions), or deploy with -c maxConcurrency=2.',
    );
  }
  const waits = syncWaitsOfRelay(shares);
  return ok(
    `The account may run ${free} functions at once; the relay counts on ${lambdaConcurrency}, so ${waits} calls may wait (${SETTING}).`,
  );
}
