// What a deployment may choose about the life of a task: retries, doubts, deadlines, polls.
// settings.ts holds the defaults and their reasons, and puts all settings together.

/** How often and how fast one kind of failure is retried. */
export interface RetryPolicy {
  /** Failures of this kind that a task may meet; the last one ends it. */
  readonly attemptsMax: number;
  /** Upper bound of the first delay; full jitter draws between 0 and it. */
  readonly baseMs: number;
  /** Upper bound of any delay. */
  readonly capMs: number;
}

/** What happens to an attempt whose answer was lost: hold it for its callback, submit again at once, or give up. */
export type OnDoubt = 'wait' | 'resubmit' | 'fail';

export interface TaskSettings {
  /** Policies by error key; `default` serves every transient error without its own. */
  readonly retry: Readonly<Record<string, RetryPolicy>> & { readonly default: RetryPolicy };
  readonly onDoubt: OnDoubt;
  /** How long an attempt in doubt is held for its callback. */
  readonly doubtHoldMs: number;
  /** From submit to forced end, whatever happens. */
  readonly deadlineMs: number;
  /** How long an ended task keeps a slot for an attempt that Get3W still works on. */
  readonly orphanHoldMs: number;
  /** Life of a submit's lease; longer than the dispatch function may run. */
  readonly leaseMs: number;
  /** Time one POST to Get3W may take, body included. */
  readonly submitTimeoutMs: number;
  /** How much later than its doorbell a task counts as overdue. */
  readonly graceMs: number;
  /** First poll after `estimated_duration` times this; a webhook usually arrives earlier. */
  readonly pollFactor: number;
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
  /** False when Get3W cannot reach the relay: polling is then the only way to an outcome. */
  readonly callbacks: boolean;
}
