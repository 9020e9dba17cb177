// Every number and policy that a deployment may choose, with its default and the reason for it.
// Pure data: the stack validates it and passes it to the functions, decide and the gate read it.
// limits.ts holds the hard limits that no deployment may change.
import { TASKS_PER_SECOND_DEFAULT } from './capacity.ts';
import { defaultMediaSettings } from './media/media-settings.ts';
import { defaultRetention } from './retention-settings.ts';
import { defaultShareSettings } from './share-settings.ts';
import { defaultDeliverySettings } from './webhook/delivery-policy.ts';
import type { DeliverySettings } from './webhook/delivery-policy.ts';
import { errorKey, taskCodes } from './error-catalogue.ts';
import { DAY_MS, MINUTE_MS } from './time-ms.ts';
import type { AuditSettings } from './audit-entry.ts';
import type { MediaSettings } from './media/media-settings.ts';
import type { RetentionSettings } from './retention-settings.ts';
import type { ShareSettings } from './share-settings.ts';
import type { GateSettings } from './gate/gate-settings.ts';
import type { TaskSettings } from './task/task-settings.ts';

export interface RelaySettings extends TaskSettings {
  /**
   * What the deployment is made for; the stack sets it to its own `tasksPerSecond`. See capacity.ts.
   * @change through `tasksPerSecond` of the deployment.
   */
  readonly tasksPerSecond: number;
  readonly gate: GateSettings;
  readonly deliveries: DeliverySettings;
  readonly metrics: MetricSettings;
  /**
   * Whether doorbells carry their account as a message group, which turns on SQS's fair queues: one account's flood
   * then delays only its own. SQS charges $0.10 more per million requests with a group; a single account does not need
   * it.
   * @change to false with a single account.
   */
  readonly fairQueues: boolean;
  readonly shares: ShareSettings;
  readonly retention: RetentionSettings;
  readonly audit: AuditSettings;
  readonly media: MediaSettings;
}

/** What is measured separately on request: every series is paid for by the month. */
interface MetricSettings {
  /**
   * Models with series of their own, as `vendor/model/task`; all others share one.
   * @change to the models that you want charts of: each costs about a dollar a month.
   */
  readonly models: readonly string[];
}

export const defaultSettings: RelaySettings = {
  retry: {
    default: { attemptsMax: 8, baseMs: 2_000, capMs: 5 * MINUTE_MS },
    // A refused slot costs nothing and shows nothing about the task: be patient.
    'http-429': { attemptsMax: 50, baseMs: 1_000, capMs: MINUTE_MS },
    // Each of these attempts ran for the model's whole timeout: fewer, and further apart.
    [errorKey('task', taskCodes.timeout)]: { attemptsMax: 5, baseMs: 10_000, capMs: 15 * MINUTE_MS },
  },
  onDoubt: 'wait',
  doubtHoldMs: 10 * MINUTE_MS,
  deadlineMs: DAY_MS,
  orphanHoldMs: 60 * MINUTE_MS,
  leaseMs: 90_000,
  submitTimeoutMs: 25_000,
  graceMs: MINUTE_MS,
  pollFactor: 1.5,
  pollMinMs: 30_000,
  pollMaxMs: 10 * MINUTE_MS,
  callbacks: true,
  // Get3W charges for what it accepts, and refunds only its own failures. What it may have done counts as not done: a
  // late success is charged when it becomes known.
  charging: { failedWork: true, doubts: false },
  tasksPerSecond: TASKS_PER_SECOND_DEFAULT,
  gate: {
    limitStart: 2,
    limitMax: 10_000,
    retryShare: 0.25,
    limitProbeMs: 30_000,
    limitProbeMaxMs: 30 * MINUTE_MS,
    pauseBaseMs: 1_000,
    pauseMaxMs: MINUTE_MS,
    accountProbeMs: 30_000,
    accountProbeMaxMs: 5 * MINUTE_MS,
    circuit: { outcomesMin: 20, failureShare: 0.9, probeMs: 15_000, probeMaxMs: 120_000 },
  },
  deliveries: defaultDeliverySettings,
  metrics: { models: [] },
  fairQueues: true,
  shares: defaultShareSettings,
  // A year and a month, so that the same month of the year before can still be looked up.
  audit: { keepMs: 396 * DAY_MS },
  retention: defaultRetention,
  media: defaultMediaSettings,
};
