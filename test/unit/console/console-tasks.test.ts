import { describe, expect, it } from 'vitest';
import { tasksOfFailure } from '../../../console/source/failures/failure-links.ts';
import { exportHead, exportLine } from '../../../core/http/task-export.ts';
import {
  askedFilter,
  allTasks,
  filterOfAddress,
  isFiltered,
  jobFilter,
  tasksAddress,
} from '../../../console/source/tasks/task-filter.ts';
import type { ListedTask } from '../../../console/source/tasks/listed-task.ts';

const task = {
  id: 't1',
  model: 'a/b/c',
  status: 'failed',
  phase: 'failed',
  code: 5003,
  error: '=HYPERLINK("http://evil.example","x"), and\nmore',
  created_at: '2026-03-01T12:00:00.000Z',
  completed_at: null,
  attempts: [
    { code: 429, request_id: null },
    { code: 5003, request_id: 'g1' },
    { code: 5003, request_id: null },
  ],
  correlation_id: '-1+2',
} as unknown as ListedTask;

describe('an export of tasks', () => {
  it('quotes what CSV would misread, and runs nothing in a spreadsheet', () => {
    expect(exportLine('csv', task)).toBe(
      `t1,,a/b/c,failed,failed,5003,"'=HYPERLINK(""http://evil.example"",""x""), and\nmore",` +
        `2026-03-01T12:00:00.000Z,,3,429 5003,g1,"'-1+2"\r\n`,
    );
    expect(exportHead('csv').split(',')).toHaveLength(13);
  });

  it('has a task a line in NDJSON, whole', () => {
    expect(exportHead('ndjson')).toBe('');
    expect(JSON.parse(exportLine('ndjson', task))).toEqual(task);
  });
});

describe('the filter of the list', () => {
  it('is in the address and comes back from it', () => {
    const filter = { ...allTasks, status: 'failed', model: 'a/b c' };
    expect(filterOfAddress(new URL(tasksAddress(filter), 'http://relay.example'))).toEqual(filter);
  });

  it('asks for all accounts where the key may, and for a job only when it is narrow', () => {
    expect(askedFilter(allTasks, true)).toEqual({ account: '*' });
    expect(askedFilter(allTasks, false)).toEqual({});
    expect(askedFilter({ ...allTasks, account: 'acc_1' }, true)).toEqual({ account: 'acc_1' });
    expect(jobFilter({ ...allTasks, account: 'acc_1' }, true)).toBeUndefined();
    expect(jobFilter({ ...allTasks, code: '5003' }, true)).toEqual({ account: '*', code: '5003' });
  });

  it('hands a job every filter of the list, so that it cannot reach more than is shown, but not the order', () => {
    const filter = { ...allTasks, met: '429', from: '2026-03-01T12:00:00.000Z', order: 'oldest' };
    expect(jobFilter(filter, false)).toEqual({ met: '429', from: '2026-03-01T12:00:00.000Z' });
    expect(askedFilter(filter, false)).toEqual({ met: '429', from: '2026-03-01T12:00:00.000Z', order: 'oldest' });
    expect(isFiltered({ ...allTasks, order: 'oldest' })).toBe(false);
  });
});

describe('a group of failures', () => {
  const group = {
    key: 'task-5003',
    level: 'task',
    code: 5003,
    model: 'a/b/c',
    count: 2,
    share: 0.5,
    first_seen: '2026-03-01T12:00:00.000Z',
    last_seen: '2026-03-01T12:01:00.000Z',
    trend: [],
    muted: null,
  };

  it('leads to just its tasks, of its account where the key may see whose they are', () => {
    const from = '2026-03-01T11:00:00.000Z';
    const filterOf = (failure: Parameters<typeof tasksOfFailure>[0]) =>
      filterOfAddress(new URL(tasksOfFailure(failure, from), 'http://relay.example'));
    const expected = { ...allTasks, met: 'task-5003', model: 'a/b/c', from };
    expect(filterOf(group)).toEqual(expected);
    expect(filterOf({ ...group, account: 'acc_1' })).toEqual({ ...expected, account: 'acc_1' });
  });
});
