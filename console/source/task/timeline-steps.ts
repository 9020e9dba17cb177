// The history of a task as a list of steps: its waits, its attempts, the backoffs between them, its end, and the calls
// of its webhooks. Derived from the API's answers; task-timeline.tsx draws the steps.
import type { PublicAttempt, PublicTask } from '../../../core/http/public-task.ts';
import type { PublicDelivery, PublicDeliveryAttempt } from '../../../core/http/public-webhook.ts';

interface Span {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly isOpen: boolean;
}

export type TimelineStep = Span &
  (
    | {
        readonly kind: 'wait';
        readonly why: 'first' | 'backoff';
        readonly delayMs: number | null;
        readonly dueAt: number | null;
      }
    | { readonly kind: 'attempt'; readonly attempt: PublicAttempt; readonly acceptedAt: number | null }
    | { readonly kind: 'end'; readonly task: PublicTask }
    | { readonly kind: 'webhook'; readonly delivery: PublicDelivery; readonly attempt: PublicDeliveryAttempt }
  );

export interface Timeline extends Pick<Span, 'from' | 'to'> {
  readonly steps: readonly TimelineStep[];
  /** Steps from this one on came long after the rest and are off its scale: a replay a day later would squash it. */
  readonly lateFrom: number;
}

/** A webhook that follows the steps before it by more than all of them took, and by more than this, is late. */
const LATE_MIN_MS = 30_000;

/** Shorter waits between two attempts are not shown. */
const WORTH_SHOWING_MS = 50;

function at(iso: string): number {
  return Date.parse(iso);
}

function atOrNull(iso: string | null): number | null {
  return iso === null ? null : at(iso);
}

export function timelineOf(task: PublicTask, deliveries: readonly PublicDelivery[], now: number): Timeline {
  const steps = [...attemptSteps(task, now), ...endStep(task), ...webhookSteps(deliveries)];
  const from = at(task.created_at);
  let last = from + 1;
  let lateFrom = steps.length;
  for (const [index, step] of steps.entries()) {
    const gapMs = step.from - last;
    if (step.kind === 'webhook' && gapMs > Math.max(LATE_MIN_MS, last - from)) {
      lateFrom = index;
      break;
    }
    last = Math.max(last, step.to);
  }
  return { from, to: last, steps, lateFrom };
}

function attemptSteps(task: PublicTask, now: number): readonly TimelineStep[] {
  const steps: TimelineStep[] = [];
  const { attempts, completed_at } = task;
  let free: number = at(task.created_at);
  let before: PublicAttempt | undefined;
  const wait = (to: number, isOpen: boolean): void => {
    if (to - free < WORTH_SHOWING_MS && !isOpen) return;
    const dueAt = isOpen ? atOrNull(task.next_attempt_at) : null;
    steps.push({
      kind: 'wait',
      why: before ? 'backoff' : 'first',
      delayMs: before?.delay_ms ?? null,
      dueAt,
      from: free,
      to,
      isOpen,
    });
  };
  for (const attempt of attempts) {
    const started = at(attempt.started_at);
    wait(started, false);
    const ended = atOrNull(attempt.ended_at);
    steps.push({
      kind: 'attempt',
      attempt,
      acceptedAt: atOrNull(attempt.accepted_at),
      from: started,
      to: ended ?? Math.max(started, now),
      isOpen: ended === null,
    });
    free = Math.max(free, ended ?? started);
    before = attempt;
  }
  const isBetween = before === undefined || before.ended_at !== null;
  if (completed_at === null && isBetween) wait(Math.max(free, now), true);
  return steps;
}

function endStep(task: PublicTask): readonly TimelineStep[] {
  const ended = atOrNull(task.completed_at);
  return ended === null ? [] : [{ kind: 'end', task, from: ended, to: ended, isOpen: false }];
}

function webhookSteps(deliveries: readonly PublicDelivery[]): readonly TimelineStep[] {
  return deliveries
    .flatMap((delivery) =>
      delivery.attempts.map((attempt): TimelineStep => {
        const from = at(attempt.started_at);
        return { kind: 'webhook', delivery, attempt, from, to: from + attempt.duration_ms, isOpen: false };
      }),
    )
    .sort((one, other) => one.from - other.from);
}
