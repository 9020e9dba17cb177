// Compares the Lambda quota in a relay's settings with the account's actual quota, which watch-checks.ts reads.
import { capacityOf } from '../../core/domain/capacity.ts';
import { syncWaitsOfRelay } from '../../core/domain/share-settings.ts';
import { ok, warning } from './check.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';
import type { Verdict } from './check.ts';

interface LambdaQuota {
  /** Functions that the account may run at once, over all its stacks. */
  readonly quota: number;
  /** The part of it that no function has reserved. */
  readonly free: number;
}

/**
 * Below this AWS lets no function reserve concurrency, and a few waiting clients (`?sync=true`) use up the rest. A new
 * account begins with 10.
 */
const QUOTA_WANTED = 100;

const SETTING = 'settings.shares.lambdaConcurrency';

/** API Gateway's requests a second and DynamoDB's write units a second of a table, as every account has them at first. */
const REQUESTS_QUOTA = 10_000;
const WRITE_UNITS_QUOTA = 40_000;

type Settings = Pick<RelaySettings, 'shares' | 'tasksPerSecond' | 'callbacks'>;

export function judgeQuota({ shares, tasksPerSecond, callbacks }: Settings, { quota, free }: LambdaQuota): Verdict {
  const { lambdaConcurrency } = shares;
  const capacity = capacityOf(tasksPerSecond, callbacks);
  if (lambdaConcurrency > free) {
    return warning(
      `The relay counts on ${lambdaConcurrency} functions at once, the account may run ${free}: waiting calls can stop it.`,
      `Ask AWS for more (Service Quotas, Lambda, concurrent executions), or deploy with ${SETTING} ${Math.max(10, free)}.`,
    );
  }
  if (quota < QUOTA_WANTED) {
    return warning(
      `The account's quota is ${quota} functions at once, over all its stacks; a relay needs ${QUOTA_WANTED}.`,
      'Ask AWS for 1,000 (Service Quotas, Lambda, concurrent executions): it is free. Until then, -c maxConcurrency=2.',
    );
  }
  if (free < capacity.executions) {
    return warning(
      `The account may run ${free} functions at once; a relay for ${tasksPerSecond} tasks a second wants ${capacity.executions}.`,
      'Ask AWS for more (Service Quotas, Lambda, concurrent executions), or deploy with a lower -c tasksPerSecond.',
    );
  }
  const others = [
    capacity.ratePerSecond > REQUESTS_QUOTA && `API Gateway ${capacity.ratePerSecond} requests a second`,
    capacity.writeUnits > WRITE_UNITS_QUOTA && `DynamoDB ${capacity.writeUnits} write units a second for a table`,
  ].filter((one) => one !== false);
  if (others.length > 0) {
    return warning(
      `A relay for ${tasksPerSecond} tasks a second wants of ${others.join(', of ')}: more than accounts have at first.`,
      'Ask AWS for as much (Service Quotas), if that is not done yet.',
    );
  }
  const waits = syncWaitsOfRelay(shares);
  return ok(
    `The account may run ${free} functions at once; the relay counts on ${lambdaConcurrency}, so ${waits} calls may wait (${SETTING}).`,
  );
}
