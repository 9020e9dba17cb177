// Where mutes of failures are kept: one row for an account and a side. Adapters and memory doubles implement it; one
// conformance suite holds both to this contract.
import type { MuteList, MuteSide } from '../domain/failure-mute.ts';

export interface MuteStore {
  /** One list for each of the accounts, in no order; an empty one where nothing was muted. Strongly consistent. */
  loadMutes(side: MuteSide, accountIds: readonly string[]): Promise<readonly MuteList[]>;
  /**
   * Saves the list over the version that it was made from. The row outlives its mutes.
   * @returns false when another writer was faster.
   */
  saveMutes(list: MuteList): Promise<boolean>;
}
