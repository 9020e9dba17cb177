// A task at a glance: its state, and a mark for each of its attempts in the colour of its result.
import { StatePill, toneOf } from '../parts/status-pill.tsx';
import { plural } from '../parts/words.ts';
import type { PublicAttempt, PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';

/** The finer state: what the relay does with it now. */
export function TaskState({ task }: { readonly task: Pick<PublicTask, 'phase'> }): JSX.Element {
  return <StatePill state={task.phase} />;
}

const MARKS_MAX = 12;

export function AttemptMarks({ attempts }: { readonly attempts: readonly PublicAttempt[] }): JSX.Element {
  const shown = attempts.slice(-MARKS_MAX);
  return (
    <span class="marks">
      <span class="unseen">{attempts.length === 0 ? 'no attempt yet' : attemptWords(attempts)}</span>
      {attempts.length > MARKS_MAX && (
        <span class="marks-more" aria-hidden="true">
          +{attempts.length - MARKS_MAX}
        </span>
      )}
      {shown.map((attempt) => (
        <span
          key={attempt.attempt}
          class={`mark mark-${toneOf(attempt.status === 'refused' ? 'backoff' : attempt.status)}`}
          title={`${attempt.attempt}: ${attempt.code ?? attempt.status}`}
          aria-hidden="true"
        />
      ))}
    </span>
  );
}

function attemptWords(attempts: readonly PublicAttempt[]): string {
  return `${plural(attempts.length, 'attempt')}: ${attempts.map(({ code, status }) => (code === 0 || code === null ? status : code)).join(', ')}`;
}

/** How long a task took or has taken so far, milliseconds. */
export function tookMs({ created_at, completed_at }: PublicTask, now: number): number {
  return (completed_at === null ? now : Date.parse(completed_at)) - Date.parse(created_at);
}
