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
  /** The newest of these days in one read of at most `rowsMax` rows of a day and model; strongly consistent. */
  newestSpend(accountId: string, days: SpendDays, rowsMax: number): Promise<NewestSpend>;
}

/** UTC days, both included, such as 20261128. */
export interface SpendDays {
  readonly fromDay: number;
  readonly toDay: number;
}

export interface NewestSpend {
  readonly parts: readonly SpendPart[];
  /** False when there are more rows: the oldest are left out. */
  readonly isWhole: boolean;
}

export interface SpendMove {
  readonly accountId: string;
  readonly before: EventPlace | undefined;
  readonly after: EventPlace;
  readonly parts: readonly SpendPart[];
}
