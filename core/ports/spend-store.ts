// The port of the roll-ups of what an account spends. core/domain/money/spend.ts says what they count; each end of the
// account's log counts once, because the place in the log moves in the same write.
import type { SpendPart } from '../domain/money/spend.ts';
import type { EventPlace } from './webhook-ports.ts';

export interface SpendStore {
  /** The place in the account's log up to which ends are rolled up. Strongly consistent. */
  loadSpendPlace(accountId: string): Promise<EventPlace | undefined>;
  /**
   * Adds the parts and moves the place, all or nothing.
   * @returns false when another reader has moved it since `before`.
   */
  addSpend(move: SpendMove): Promise<boolean>;
  /** The parts of these days, both included, oldest day first. Strongly consistent. */
  listSpend(accountId: string, fromDay: number, toDay: number): Promise<readonly SpendPart[]>;
}

export interface SpendMove {
  readonly accountId: string;
  readonly before: EventPlace | undefined;
  readonly after: EventPlace;
  readonly parts: readonly SpendPart[];
}
