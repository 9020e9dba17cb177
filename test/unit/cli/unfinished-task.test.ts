// An account that counts nothing may still have tasks: the command that removes it must find them.
import { expect, it } from 'vitest';
import { unfinishedTask } from '../../../cli/commands/unfinished-task.ts';
import { endedVersion, newTask } from '../../contract/store/stored-task.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';

it('finds a task of an uncounted account that has not ended, behind others that have', async () => {
  const { store } = new MemoryRelay();
  const open = newTask({ accountId: 'acc_one', isUncounted: true });
  await store.createTask({ task: open, input: '{}' });
  for (let count = 0; count < 5; count += 1) {
    const before = newTask({ accountId: 'acc_one', isUncounted: true });
    await store.createTask({ task: before, input: '{}' });
    await store.commit({ changes: [{ before, after: endedVersion(before) }] });
  }

  expect((await unfinishedTask(store, 'acc_one'))?.id).toBe(open.id);
  expect(await unfinishedTask(store, 'acc_other')).toBeUndefined();

  await store.commit({ changes: [{ before: open, after: endedVersion(open) }] });
  expect(await unfinishedTask(store, 'acc_one')).toBeUndefined();
});
