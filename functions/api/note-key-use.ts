// Records when a key was last used, to the hour: the row that authentication has read shows whether this hour is known
// already, so a key costs at most one write an hour that succeeds, however many requests it makes.
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import type { ApiKey } from '../../core/domain/api-key.ts';
import type { AccountStore, Clock, Log } from '../../core/ports/ports.ts';

interface KeyUsePorts {
  readonly accounts: Pick<AccountStore, 'noteKeyUse'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** Never throws: a use that is not recorded is better than a request that is not answered. */
export async function noteKeyUse({ accounts, clock, log }: KeyUsePorts, key: ApiKey): Promise<void> {
  const hourAt = Math.floor(clock.now() / HOUR_MS) * HOUR_MS;
  if ((key.lastUsedAt ?? 0) >= hourAt) return;
  try {
    await accounts.noteKeyUse(key.digest, hourAt);
  } catch (error) {
    log.warn('The use of a key could not be recorded', { accountId: key.accountId, error });
  }
}
