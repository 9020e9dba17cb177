// How any store of mutes behaves: one list for an account and a side, saved over the version that was read only.
import { describe, expect, it } from 'vitest';
import { START_TIME } from './stored-task.ts';
import type { FailureMute } from '../../../core/domain/failure-mute.ts';
import type { StoreUnderTest } from './store-under-test.ts';

function muteOf(accountId: string, key: string): FailureMute {
  const by = { kind: 'command-line', principal: 'ada@desk' } as const;
  const until = START_TIME + 86_400_000;
  return { key, model: '*', accountId, until, reason: 'known since “Monday”', by, at: START_TIME };
}

export function describeMutes(place: StoreUnderTest): void {
  describe('mutes of failures', () => {
    it('are kept by account and side, and read for several accounts at once', async () => {
      const { store } = await place.open();
      const [one, other] = [muteOf('acc_1', 'http-429'), muteOf('*', 'task-5003')];
      expect(await store.saveMutes({ side: 'operators', accountId: 'acc_1', mutes: [one], version: 0 })).toBe(true);
      expect(await store.saveMutes({ side: 'operators', accountId: '*', mutes: [other], version: 0 })).toBe(true);
      const lists = await store.loadMutes('operators', ['acc_1', '*', 'acc_1', 'acc_2']);
      expect([...lists].sort((a, b) => (a.accountId < b.accountId ? -1 : 1))).toEqual([
        { side: 'operators', accountId: '*', mutes: [other], version: 1 },
        { side: 'operators', accountId: 'acc_1', mutes: [one], version: 1 },
        { side: 'operators', accountId: 'acc_2', mutes: [], version: 0 },
      ]);
      expect(await store.loadMutes('own', ['acc_1'])).toEqual([
        { side: 'own', accountId: 'acc_1', mutes: [], version: 0 },
      ]);
      expect(await store.loadMutes('own', [])).toEqual([]);
    });

    it('are saved over the version that was read only', async () => {
      const { store } = await place.open();
      const first = { side: 'own', accountId: 'acc_1', mutes: [muteOf('acc_1', 'http-429')], version: 0 } as const;
      expect(await store.saveMutes(first)).toBe(true);
      expect(await store.saveMutes({ ...first, mutes: [] })).toBe(false);
      expect(await store.saveMutes({ ...first, mutes: [], version: 1 })).toBe(true);
      expect(await store.saveMutes({ ...first, version: 1 })).toBe(false);
      expect(await store.loadMutes('own', ['acc_1'])).toEqual([{ ...first, mutes: [], version: 2 }]);
    });
  });
}
