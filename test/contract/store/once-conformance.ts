// That a change of an account is made once under a key, in any store: the change and its key are one write.
// account-conformance.ts has changes without a key.
import { describe, expect, it } from 'vitest';
import { newAccount } from './stored-task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

export function describeOnceChanges(place: StoreUnderTest): void {
  describe('changes under a key', () => {
    it('makes a change once under a key, however many come at once, until the key expires', async () => {
      const { store, clock } = await place.open();
      const [account, other] = [newAccount({ balanceMicros: 1 }), newAccount()];
      await Promise.all([account, other].map((one) => store.putAccount(one)));
      const { id } = account;
      const once = { key: 'k', digest: 'd', expiresAt: clock.now() + 1_000 };
      const used = { kind: 'used', digest: 'd' };
      const add = () => store.updateAccountOnce(id, { addedMicros: 10 }, once);

      expect((await Promise.all([1, 2, 3, 4].map(add))).map(({ kind }) => kind).sort()).toEqual(
        ['changed', 'used', 'used', 'used'].sort(),
      );
      expect(await store.updateAccountOnce(id, { addedMicros: 7 }, { ...once, digest: 'e' })).toEqual(used);
      expect(await store.updateAccountOnce(id, { weight: 9 }, once)).toEqual(used);
      expect(await store.loadAccount(id)).toMatchObject({ balanceMicros: 11, weight: 1 });
      expect(await store.updateAccountOnce(other.id, { weight: 9 }, once)).toMatchObject({
        kind: 'changed',
        account: { weight: 9 },
      });
      expect(await store.updateAccountOnce('acc_nobody', { addedMicros: 1 }, once)).toEqual({ kind: 'unknown' });
      await clock.advance(1_000);
      const later = { ...once, expiresAt: clock.now() + 1_000 };
      expect(await store.updateAccountOnce(id, { addedMicros: 10 }, later)).toMatchObject({ kind: 'changed' });
      expect(await store.loadAccount(id)).toMatchObject({ balanceMicros: 21 });
    });
  });
}
