// A task as text for a terminal: its facts, then its attempts, one a line.
// It shows every field of the public task (core/http/public-task.ts).
import { publicTask } from '../../core/http/public-task.ts';
import { factsText, shortened, tableText, timeText } from '../terminal.ts';
import type { PublicAttempt, PublicWait } from '../../core/http/public-task.ts';
import type { Task } from '../../core/domain/task/task.ts';

const OUTPUT_CHARS_MAX = 200;

function attemptRow(attempt: PublicAttempt): string[] {
  return [
    String(attempt.attempt),
    `${attempt.status}${attempt.unused_success ? ' (unused)' : ''}`,
    attempt.level ?? '-',
    String(attempt.code ?? '-'),
    timeText(attempt.started_at),
    timeText(attempt.ended_at),
    attempt.delay_ms === null ? '-' : `${(attempt.delay_ms / 1_000).toFixed(1)} s`,
    shortened(attempt.error ?? attempt.doubt?.reason ?? '', 60),
  ];
}

export function taskText(task: Task, waits: PublicWait | null = null): string {
  const { phase, code, error, outputs, attempts, next_attempt_at: nextAt, completed_at: endedAt } = publicTask(task);
  const facts = factsText({
    Task: task.id,
    Model: task.model,
    Account: task.accountId,
    State: phase,
    Code: code === null ? undefined : String(code),
    Error: error ?? undefined,
    Outputs: outputs === null ? undefined : shortened(JSON.stringify(outputs), OUTPUT_CHARS_MAX),
    Made: timeText(task.createdAt),
    Waits: waits?.text,
    Next: nextAt === null ? undefined : timeText(nextAt),
    Ended: endedAt === null ? undefined : timeText(endedAt),
  });
  const titles = ['Attempt', 'State', 'Level', 'Code', 'Started', 'Ended', 'Delay', 'Error'];
  return `${facts}\n\n${tableText(titles, attempts.map(attemptRow), 'No attempt has been made yet.')}`;
}
