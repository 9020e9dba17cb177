// Which attributes an item carries beside its content: they decide what the indexes show and what TTL takes away.
import { describe, expect, it } from 'vitest';
import { inputItem, taskItem, ticketKeyOf } from '../../../core/adapters/dynamodb/task-item.ts';
import { defaultRetention } from '../../../core/domain/retention-settings.ts';
import { endedVersion, newSlot, newTask, nextVersion, START_TIME } from '../../contract/store/stored-task.ts';

function secondsOf(timeMs: number) {
  return { N: String(timeMs / 1_000) };
}

describe('the item of a task', () => {
  it('is in both indexes and never expires while the task is not finished', () => {
    const task = newTask();

    const item = taskItem(task, 'commit');

    expect(item).toMatchObject({
      pk: { S: `TASK#${task.id}` },
      sk: { S: 'TASK' },
      version: { N: '1' },
      cid: { S: 'commit' },
      account: { S: 'acc_sample' },
      dueAt: { N: String(START_TIME + 60_000) },
    });
    expect(item['dueShard']?.S).toMatch(/^#(\d|1[0-5])$/);
    expect(item).not.toHaveProperty('ttl');
  });

  it('leaves the due index and expires once it is finished with nothing open', () => {
    const item = taskItem(endedVersion(newTask()), 'commit');

    expect(item).toMatchObject({ ttl: secondsOf(START_TIME + 5_000 + defaultRetention.tasksMs) });
    expect(item).not.toHaveProperty('dueShard');
    expect(item).not.toHaveProperty('dueAt');
  });

  it.each([
    ['somebody must come back to it', { due: { at: START_TIME, by: 'sweep' } } as const],
    ['it still holds a slot', { slot: newSlot() }],
  ])('never expires while %s', (_why, fields) => {
    expect(taskItem(endedVersion(newTask(), fields), 'commit')).not.toHaveProperty('ttl');
  });

  it('no longer expires once it is put back', () => {
    const again = nextVersion(endedVersion(newTask()), { status: 'queued', endedAt: undefined, result: undefined });

    expect(taskItem(again, 'commit')).not.toHaveProperty('ttl');
  });

  it('is in the due index at the time that the sweep should find it, however late it is due', () => {
    const task = newTask({ sweepAt: START_TIME + 30_000, due: { at: START_TIME + 90_000, by: 'doorbell' } });

    expect(taskItem(task, 'commit')).toMatchObject({ dueAt: { N: String(START_TIME + 30_000) } });
  });
});

describe('the item of an input', () => {
  it('outlives the record of its task, however late before its deadline that ends', () => {
    const task = newTask();
    const ended = endedVersion(task, { endedAt: task.deadlineAt + 86_400_000 });

    const [input, head] = [inputItem(task, '{}')['ttl'], taskItem(ended, 'commit')['ttl']];

    expect(Number(input?.N)).toBeGreaterThan(Number(head?.N));
  });
});

describe('the key of a ticket', () => {
  it('sorts by order as text, also where the order has fewer digits', () => {
    const keys = [5, 40, 1_767_225_600_000, 1_767_225_599_999].map(
      (order) => ticketKeyOf(newTask({ id: 'same', ticket: { kind: 'fresh', order, version: 1 } }))?.sk ?? '',
    );

    expect([...keys].sort()).toEqual([keys[0], keys[1], keys[3], keys[2]]);
    expect(ticketKeyOf(newTask())).toBeUndefined();
  });
});
