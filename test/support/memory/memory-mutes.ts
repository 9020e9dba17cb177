// Mutes of failures in memory, with the semantics of the DynamoDB adapter; the store's bulk jobs are below.
import { deepFreeze } from './deep-freeze.ts';
import { MemoryJobs } from './memory-jobs.ts';
import type { MuteList, MuteSide } from '../../../core/domain/failure-mute.ts';
import type { MuteStore } from '../../../core/ports/mute-store.ts';

export class MemoryMutes extends MemoryJobs implements MuteStore {
  readonly #lists = new Map<string, MuteList>();

  async loadMutes(side: MuteSide, accountIds: readonly string[]): Promise<readonly MuteList[]> {
    return [...new Set(accountIds)].map(
      (accountId) => this.#lists.get(`${side} ${accountId}`) ?? { side, accountId, mutes: [], version: 0 },
    );
  }

  async saveMutes(list: MuteList): Promise<boolean> {
    const name = `${list.side} ${list.accountId}`;
    if ((this.#lists.get(name)?.version ?? 0) !== list.version) return false;
    this.#lists.set(name, deepFreeze({ ...list, version: list.version + 1 }));
    return true;
  }
}
