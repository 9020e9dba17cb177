// What docs/accounts.md promises of keys: each request sees its key and its account as they are at that moment. Over the
// table model, whose reads lag behind unless they are consistent: those of an emulator never do.
import { expect, it } from 'vitest';
import { authenticate } from '../../core/flows/authenticate.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { keyHintOf, newKeyText } from '../../core/domain/api-key.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { HttpFailure } from '../../core/http/http-failure.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { SteppedClock } from '../support/memory/stepped-clock.ts';
import { newAccount, START_TIME } from './store/stored-task.ts';
import { tablePlace } from './store/table-place.ts';

async function keyWorld() {
  const clock = new SteppedClock(START_TIME);
  const randomSource = new FixedRandomSource(7, clock);
  const accounts = await (await tablePlace()).open({ clock, randomSource, settings: defaultSettings.gate });
  const account = newAccount();
  await accounts.putAccount(account);
  const outcome = async (key: string): Promise<unknown> => {
    try {
      const caller = await authenticate({ accounts, clock }, `Bearer ${key}`);
      return caller.account.concurrentTasksMax ?? 'let in';
    } catch (error) {
      return error instanceof HttpFailure ? error.details : error;
    }
  };
  const create = async (): Promise<string> => {
    const key = newKeyText(() => randomSource.secret());
    const row = { digest: sha256Hex(key), hint: keyHintOf(key), accountId: account.id, createdAt: START_TIME };
    expect(await accounts.createKey(row)).toBe('created');
    return key;
  };
  return { accounts, account, create, outcome };
}

it('a key works from the request after it was made, and is refused from the one after it was revoked', async () => {
  const { accounts, create, outcome } = await keyWorld();
  for (let round = 0; round < 8; round += 1) {
    const key = await create();
    expect(await outcome(key)).toBe('let in');
    await accounts.revokeKey(sha256Hex(key), START_TIME);
    expect(await outcome(key)).toBe('the key was revoked');
  }
});

it('a suspension, a resume and a limit are in force from the request after them', async () => {
  const { accounts, account, create, outcome } = await keyWorld();
  const key = await create();
  for (let limit = 1; limit <= 8; limit += 1) {
    await accounts.updateAccount(account.id, { suspendedAt: START_TIME });
    expect(await outcome(key)).toBe('the account is suspended');
    await accounts.updateAccount(account.id, { suspendedAt: null, concurrentTasksMax: limit });
    expect(await outcome(key)).toBe(limit);
  }
});
