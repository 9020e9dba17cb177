// Rolls up the spend of some accounts each minute, in turns, so that no end leaves the log before it was counted and a
// call of /v1/spend finds little to do. Losing a turn costs nothing: the next one reads on from the same place.
import { rollUpSpend } from '../../core/flows/roll-up-spend.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { AccountListing, Clock, Log } from '../../core/ports/ports.ts';
import type { SpendStore } from '../../core/ports/spend-store.ts';
import type { EventStore } from '../../core/ports/webhook-ports.ts';

export interface RollUpAccountsPorts {
  readonly spend: SpendStore;
  readonly webhooks: Pick<EventStore, 'readEvents'>;
  readonly accounts: AccountListing;
  readonly clock: Clock;
  readonly log: Log;
}

/** Accounts of one minute: an idle one costs two reads. 25 a minute are 36,000 a day. */
const ACCOUNTS_A_MINUTE = 25;
const LISTED_MAX = 40_000;

export async function rollUpAccounts(ports: RollUpAccountsPorts, stopAt: number): Promise<void> {
  const { spend, webhooks: events, clock, log } = ports;
  try {
    for (const accountId of await accountsOfTurn(ports)) {
      if (clock.now() >= stopAt) return;
      await rollUpSpend({ spend, events, clock }, accountId, stopAt);
    }
  } catch (error) {
    // The tasks of this sweep are done; the next minute tries again.
    log.error('Spend could not be rolled up', { error });
  }
}

async function accountsOfTurn({ accounts, clock }: RollUpAccountsPorts): Promise<readonly string[]> {
  const { ids } = await accounts.listAccountIds(LISTED_MAX);
  const turns = Math.max(1, Math.ceil(ids.length / ACCOUNTS_A_MINUTE));
  const from = (Math.floor(clock.now() / MINUTE_MS) % turns) * ACCOUNTS_A_MINUTE;
  return ids.slice(from, from + ACCOUNTS_A_MINUTE);
}
