// Every number and policy that a deployment may choose, with its default and the reason for it.
// Pure data: the stack validates and passes it to the functions, decide and the gate read it.
// Hard limits that nobody may choose are in limits.ts.
import { defaultDeliverySettings } from './delivery-policy.ts';
import type { DeliverySettings } from './delivery-policy.ts';
import { errorKey, TASK_CODE } from './error-catalogue.ts';

/** How often and how fast one kind of failure is tried again. */
export interface RetryPolicy {
  /** Failures of this kind that a task may meet before it ends with it. */
  readonly attemptsMax: number;
  /** Upper bound of the first delay; full jitter draws between 0 and it. */
  readonly baseMs: number;
  /** Upper bound of any delay. */
  readonly capMs: number;
}

/** What happens to an attempt whose answer was lost: hold it for its callback, submit at once again, or give up. */
export type OnDoubt = 'wait' | 'resubmit' | 'fail';

export interface GateSettings {
  /** Slots the gate starts with when Get3W's limit is not told. */
  readonly limitStart: number;
  /** The told limit, or the most the gate may learn up to. */
  readonly limitMax: number;
  /** Share of the slots that retries may take while fresh tasks wait; at least one slot. */
  readonly retryShare: number;
  /** First wait before a probe above a limit that was learned from a 429; doubles with each failed probe. */
  readonly probeMs: number;
  readonly probeMaxMs: number;
  /** Pause after repeated 429s without `Retry-After`; doubles while they go on. */
  readonly pauseBaseMs: number;
  readonly pauseMaxMs: number;
  /** Wait between probes while Get3W refuses the account (401, 403). */
  readonly accountProbeMs: number;
  readonly accountProbeMaxMs: number;
  readonly circuit: {
    /** Outcomes needed before a model's circuit may open. */
    readonly outcomesMin: number;
    /** Share of failures among them that opens it. */
    readonly failureShare: number;
    /** First wait before a trial of an open circuit; doubles while trials fail. */
    readonly probeMs: number;
    readonly probeMaxMs: number;
  };
}

export interface RelaySettings {
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
  /** First poll after `estimated_duration` times this; webhooks come first when they come. */
  readonly pollFactor: number;
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
  /** False when Get3W cannot reach the relay: polling is then the only way to an outcome. */
  readonly callbacks: boolean;
  readonly gate: GateSettings;
  readonly deliveries: DeliverySettings;
  readonly metrics: MetricSettings;
}

/** What is measured apart, because somebody asked for it: every series is paid by the month. */
export interface MetricSettings {
  /** Models with series of their own, as `vendor/model/task`; all others are one. */
  readonly models: readonly string[];
  /** Price of one successful attempt by model, in whatever currency. Get3W publishes none. */
  readonly prices: Readonly<Record<string, number>>;
}

const MINUTE_MS = 60_000;

export const defaultSettings: RelaySettings = {
  retry: {
    default: { attemptsMax: 8, baseMs: 2_000, capMs: 5 * MINUTE_MS },
    // A refused slot costs nothing and says nothing of the task: be patient.
    'http-429': { attemptsMax: 50, baseMs: 1_000, capMs: MINUTE_MS },
    // Each of these attempts ran for the model's whole timeout: fewer, further apart.
    [errorKey('task', TASK_CODE.timeout)]: { attemptsMax: 5, baseMs: 10_000, capMs: 15 * MINUTE_MS },
  },
  onDoubt: 'wait',
  doubtHoldMs: 10 * MINUTE_MS,
  deadlineMs: 24 * 60 * MINUTE_MS,
  orphanHoldMs: 60 * MINUTE_MS,
  leaseMs: 90_000,
  submitTimeoutMs: 25_000,
  graceMs: MINUTE_MS,
  pollFactor: 1.5,
  pollMinMs: 30_000,
  pollMaxMs: 10 * MINUTE_MS,
  callbacks: true,
  gate: {
    limitStart: 2,
    limitMax: 10_000,
    retryShare: 0.25,
    probeMs: 30_000,
    probeMaxMs: 30 * MINUTE_MS,
    pauseBaseMs: 1_000,
    pauseMaxMs: MINUTE_MS,
    accountProbeMs: 30_000,
    accountProbeMaxMs: 5 * MINUTE_MS,
    circuit: { outcomesMin: 20, failureShare: 0.9, probeMs: 15_000, probeMaxMs: 120_000 },
  },
  deliveries: defaultDeliverySettings,
  metrics: { models: [], prices: {} },
};
