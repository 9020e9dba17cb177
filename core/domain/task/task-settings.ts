// What a deployment may choose about the life of a task: retries, doubts, deadlines, polls.
// settings.ts holds the defaults and their reasons, and puts all settings together.
import type { ChargingSettings } from '../money/charge.ts';

/** How often and how fast one kind of failure is retried. */
export interface RetryPolicy {
  /**
   * Failures of this kind that a task may meet; the last one ends it.
   * @change more for failures that pass slowly, fewer where a late result has no value.
   */
  readonly attemptsMax: number;
  /**
   * Upper bound of the first delay; full jitter draws between 0 and it, and each further delay's bound is twice the
   * last.
   * @change longer for failures that need time to pass.
   */
  readonly baseMs: number;
  /**
   * Upper bound of any delay.
   * @change shorter when clients wait for the result, longer during known outages.
   */
  readonly capMs: number;
}

/** What happens to an attempt whose answer was lost: hold it for its callback, submit again at once, or give up. */
export type OnDoubt = 'wait' | 'resubmit' | 'fail';

export interface TaskSettings {
  /** Policies by error key; `default` serves every transient error without its own. */
  readonly retry: Readonly<Record<string, RetryPolicy>> & { readonly default: RetryPolicy };
  /**
   * What happens to an attempt whose answer was lost, so that Get3W may work on it: `wait` holds it for its callback,
   * then submits again; `resubmit` submits again at once; `fail` ends the task.
   * @change `fail` where a task must never be paid twice; `resubmit` where time matters more than the price.
   */
  readonly onDoubt: OnDoubt;
  /**
   * How long an attempt in doubt is held for its callback.
   * @change longer for slow models: a callback after this time finds its task submitted again.
   */
  readonly doubtHoldMs: number;
  /**
   * From submit to forced end, whatever happens.
   * @change shorter where a result is of no use after an hour.
   */
  readonly deadlineMs: number;
  /**
   * How long an ended task keeps a slot for an attempt that Get3W still works on.
   * @change shorter when cancelled tasks block the gate, at the price of a 429 now and then.
   */
  readonly orphanHoldMs: number;
  /**
   * Life of a submit's lease; longer than the dispatch function may run.
   * @change together with `submitTimeoutMs`; a submit of a killed function is noticed after it.
   */
  readonly leaseMs: number;
  /**
   * Time one POST to Get3W may take, body included.
   * @change longer when large inputs end as `timeout`: each of those is a doubt.
   */
  readonly submitTimeoutMs: number;
  /**
   * How much later than its doorbell a task counts as overdue, so that the sweep rings again.
   * @change hardly ever: shorter makes more doorbells, longer repairs later.
   */
  readonly graceMs: number;
  /**
   * First poll after `estimated_duration` times this; a webhook usually arrives earlier.
   * @change lower when callbacks get lost, higher to spare polls.
   */
  readonly pollFactor: number;
  /**
   * The shortest wait before a poll.
   * @change shorter for models of a few seconds without callbacks.
   */
  readonly pollMinMs: number;
  /**
   * The longest wait before a poll.
   * @change shorter when lost callbacks must be noticed sooner.
   */
  readonly pollMaxMs: number;
  /**
   * False when Get3W cannot reach the relay: polling is then the only way to an outcome.
   * @change false behind a firewall that Get3W cannot pass.
   */
  readonly callbacks: boolean;
  /** Which ends of a task cost its account. */
  readonly charging: ChargingSettings;
}
