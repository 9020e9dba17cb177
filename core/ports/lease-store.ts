// The port of the amounts that processes have set aside of accounts; core/domain/money/money-lease.ts says why. The store
// takes and spends them with the tasks that it creates.
import type { SpentByDay } from '../domain/money/account-money.ts';

export interface LeaseStore {
  /** Micro-dollars that processes have set aside of an account and not spent, by the UTC day that they are of. Strongly consistent. */
  leased(accountId: string): Promise<SpentByDay>;
  /** Gives back what is left of a lease that is due. False when there is none, or its process has just spent from it. */
  returnLease(accountId: string, holderId: string): Promise<boolean>;
}
