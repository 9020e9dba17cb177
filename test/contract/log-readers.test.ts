// What it costs to read a log whose events were written without a look at how far it had been read: a note for each event
// that may still be moved, and none for those whose ends are handed on, which are all but the newest.
import { expect, it } from 'vitest';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { TableMeter } from '../support/table/table-meter.ts';
import { TableModel } from '../support/table/table-model.ts';
import { endedVersion, newAccount, newTask, nextVersion, START_TIME } from './store/stored-task.ts';

it('is one write for the fence and one for each end that is open', async () => {
  const meter = new TableMeter();
  const time = {
    now: () => performance.now(),
    sleep: () => new Promise<void>((resolve) => void setImmediate(resolve)),
  };
  const table = new TableModel({ time, random: Math.random, meter, lockMs: 5, isTimed: false });
  const clock = { now: () => START_TIME + 3_600_000, sleep: systemClock.sleep };
  const store = makeDynamoStore({
    client: table.client(() => 'test'),
    tableName: 'relay',
    clock,
    randomSource: new FixedRandomSource(3, clock),
    settings: defaultSettings.gate,
  });
  const account = newAccount();
  await store.putAccount(account);
  for (let index = 0; index < 10; index += 1) {
    const task = newTask({ accountId: account.id, isUncounted: true });
    await store.createTask({ task, input: '{}' });
    const at = START_TIME + index;
    const ended = endedVersion(task, { endedAt: at, openEnds: [{ end: 1, at }] });
    await store.commit({ changes: [{ before: task, after: ended }] });
    // The last two are still on their way.
    const after = nextVersion(ended, { openEnds: undefined });
    if (index < 8) await store.commit({ changes: [{ before: ended, after }] });
  }
  const before = meter.sum('writeUnits');

  const read = await store.readEvents(account.id, { position: 0, id: '' }, 100);

  expect(read).toHaveLength(10);
  expect(meter.sum('writeUnits') - before).toBe(1 + 2);
});
