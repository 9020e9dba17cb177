import { describe, expect, it } from 'vitest';
import { taskEndLine } from '../../../local/logs/task-end-line.ts';

const at = new Date(2026, 10, 28, 16, 40, 3);

function attempt(fields: object): string {
  return JSON.stringify({
    level: 'INFO',
    message: 'attempt ended',
    taskId: '0198',
    model: 'a/b/c',
    attempt: 3,
    code: 'task-0',
    next: 'completed',
    sinceSubmitMs: 6_240,
    ...fields,
  });
}

describe('the line of a task that has ended', () => {
  it('shows how it ended, after how many attempts and how long', () => {
    expect(taskEndLine(attempt({}), at)).toBe('16:40:03 completed after 3 attempts, 6.2 s: a/b/c 0198');
    expect(taskEndLine(attempt({ attempt: 1, next: 'failed', code: 'task-1401' }), at)).toBe(
      '16:40:03 failed with task-1401 after 1 attempt, 6.2 s: a/b/c 0198',
    );
  });

  it.each([
    ['an attempt after which the task goes on', attempt({ next: 'backoff' })],
    ['the late outcome of a task that had ended', attempt({ isLate: true })],
    ['a line of another kind', attempt({ message: 'answered' })],
    ['text that only speaks of one', 'attempt ended {'],
  ])('is not there for %s', (_what, text) => {
    expect(taskEndLine(text, at)).toBeUndefined();
  });
});
