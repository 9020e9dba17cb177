// Merges a deployment's choices over the defaults of the domain and refuses, at synthesis, what could not work: each
// bound has its reason here, so that a mistake costs an error message and not a night. core/domain/settings.ts
// documents the settings and has their defaults.
import * as z from 'zod';
import { laneLeaseMs, roundMs } from '../core/domain/webhook/delivery-policy.ts';
import { errorCatalogue } from '../core/domain/error-catalogue.ts';
import { TASKS_PER_SECOND_MAX } from '../core/domain/capacity.ts';
import { limits } from '../core/domain/limits.ts';
import { defaultSettings } from '../core/domain/settings.ts';
import { deliverySettings } from './delivery-settings.ts';
import { mediaSettingsSchema } from './media-settings-schema.ts';
import { keepLeaseMs } from '../core/domain/media/media-settings.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../core/domain/time-ms.ts';
import type { PricesSetting } from './price-table-file.ts';
import type { RelaySettings } from '../core/domain/settings.ts';
import type { RetryPolicy } from '../core/domain/task/task-settings.ts';

type Overrides<T> = T extends object ? { readonly [K in keyof T]?: Overrides<T[K]> } : T;

/** Any part of RelaySettings; retry policies may be given for any key of the error catalogue, in part too. */
export type RelaySettingsOverrides = Overrides<Omit<RelaySettings, 'retry'>> & {
  readonly retry?: Readonly<Record<string, Partial<RetryPolicy>>> | undefined;
  /** What tasks cost: a JSON file, or the table itself. The functions read it beside their bundle. @default no prices */
  readonly prices?: PricesSetting | undefined;
};

/** Time that dispatch needs beside the POST itself: reading, claiming, recording the answer. */
const DISPATCH_OVERHEAD_MS = 15 * SECOND_MS;

/** How much longer a lane's lease is than the timeout of its holder: clocks differ, and so do starts. */
const LANE_MARGIN_MS = 2 * SECOND_MS;

/** Timeout of the dispatch function, which follows from how long one submit may take. */
export function dispatchTimeoutSeconds({ submitTimeoutMs }: Pick<RelaySettings, 'submitTimeoutMs'>): number {
  return Math.ceil((submitTimeoutMs + DISPATCH_OVERHEAD_MS) / SECOND_MS);
}

/** Timeout of the deliver function: a running one must end before its leases do, which free the lanes of a dead one. */
export function deliverTimeoutSeconds({ deliveries }: Pick<RelaySettings, 'deliveries'>): number {
  return Math.floor((laneLeaseMs(deliveries) - LANE_MARGIN_MS) / SECOND_MS);
}

/** Timeout of the keep function: a running one must end before its lease does. */
export function keepTimeoutSeconds({ media }: Pick<RelaySettings, 'media'>): number {
  return Math.floor((keepLeaseMs(media) - LANE_MARGIN_MS) / SECOND_MS);
}

/** Whole milliseconds, both bounds included. */
function ms(min: number, max: number) {
  return z.int().min(min).max(max);
}

const slots = z.int().min(1).max(100_000);
const share = z.number().gt(0).max(1);

const retryPolicy = z
  .strictObject({
    attemptsMax: z.int().min(1).max(limits.attemptsTotalMax),
    baseMs: ms(0, DAY_MS),
    capMs: ms(0, DAY_MS),
  })
  .superRefine((policy, context) => notAbove(context, policy, 'baseMs', 'capMs'));

const tolerated = errorCatalogue.filter(({ reaction }) => reaction === 'retry' || reaction === 'doubt');
const retryKeys = ['default', ...tolerated.map(({ key }) => key)];

const gate = z
  .strictObject({
    limitStart: slots,
    limitMax: slots,
    retryShare: share,
    limitProbeMs: ms(100, DAY_MS),
    limitProbeMaxMs: ms(100, DAY_MS),
    pauseBaseMs: ms(0, HOUR_MS),
    pauseMaxMs: ms(0, HOUR_MS),
    accountProbeMs: ms(100, DAY_MS),
    accountProbeMaxMs: ms(100, DAY_MS),
    circuit: z
      .strictObject({
        outcomesMin: z.int().min(1).max(10_000),
        failureShare: share,
        probeMs: ms(100, DAY_MS),
        probeMaxMs: ms(100, DAY_MS),
      })
      .superRefine((circuit, context) => notAbove(context, circuit, 'probeMs', 'probeMaxMs')),
  })
  .superRefine((settings, context) => {
    notAbove(context, settings, 'limitStart', 'limitMax');
    notAbove(context, settings, 'limitProbeMs', 'limitProbeMaxMs');
    notAbove(context, settings, 'pauseBaseMs', 'pauseMaxMs');
    notAbove(context, settings, 'accountProbeMs', 'accountProbeMaxMs');
  });

/** Three metrics have a series for each, at 0.30 USD a month: more would hardly be intended. */
const MODELS_MAX = 20;

const modelName = z.string().regex(/^[^\s/]+\/[^\s/]+\/[^\s/]+$/, 'must be written as vendor/model/task');

const metrics = z.strictObject({
  models: z.array(modelName).max(MODELS_MAX),
});

const shares = z.strictObject({
  // AWS raises the quota to tens of thousands; no new account has less than 10.
  lambdaConcurrency: z.int().min(10).max(100_000),
  // The bounds of an event source's maximum concurrency.
  deliverRuns: z.int().min(2).max(1_000),
  weight: z.int().min(1).max(1_000),
  syncWaitsMax: z.int().min(1).max(1_000),
  requestsPerSecond: z.int().min(1).max(10_000),
  unfinishedTasksMax: z.int().min(1).max(10_000_000),
  endpointsMax: z.int().min(1).max(limits.webhookEndpointsMax),
  patienceMs: ms(100, 10 * SECOND_MS),
});

/** At least as long as an idempotency key names its task. */
const keptMs = ms(DAY_MS, 3_660 * DAY_MS);
const retention = z.strictObject({ tasksMs: keptMs, eventsMs: keptMs, deliveriesMs: keptMs });

export const settingsSchema = z
  .strictObject({
    retry: z.object({ default: retryPolicy }).catchall(retryPolicy).superRefine(checkRetryKeys),
    onDoubt: z.enum(['wait', 'resubmit', 'fail']),
    doubtHoldMs: ms(0, DAY_MS),
    // Get3W forgets outputs after seven days: a task that ends later would end with dead addresses.
    deadlineMs: ms(SECOND_MS, 7 * DAY_MS),
    orphanHoldMs: ms(0, DAY_MS),
    leaseMs: ms(SECOND_MS, 15 * 60 * SECOND_MS),
    submitTimeoutMs: ms(100, 60 * SECOND_MS),
    graceMs: ms(100, 15 * 60 * SECOND_MS),
    pollFactor: z.number().min(0.1).max(10),
    pollMinMs: ms(100, HOUR_MS),
    pollMaxMs: ms(100, HOUR_MS),
    callbacks: z.boolean(),
    charging: z.strictObject({ failedWork: z.boolean(), doubts: z.boolean() }),
    tasksPerSecond: z.number().min(0.1).max(TASKS_PER_SECOND_MAX),
    gate,
    deliveries: deliverySettings,
    metrics,
    fairQueues: z.boolean(),
    shares,
    audit: z.strictObject({ keepMs: ms(DAY_MS, 3_660 * DAY_MS) }),
    retention,
    media: mediaSettingsSchema,
  })
  .superRefine((settings, context) => {
    notAbove(context, settings, 'pollMinMs', 'pollMaxMs');
    notAbove(context, settings.deliveries, 'pauseBaseMs', 'pauseMaxMs');
    notAbove(context, settings, 'doubtHoldMs', 'deadlineMs');
    checkRetention(context, settings);
    checkMediaAge(context, settings);
    notAbove(context, settings.media, 'silenceMs', 'downloadTimeoutMs');
    notAbove(context, settings.media, 'retryBaseMs', 'retryCapMs');
    const leaseMinMs = dispatchTimeoutSeconds(settings) * SECOND_MS;
    // If a lease could end while dispatch still works, the sweep would take a running submit for a lost one.
    if (settings.leaseMs <= leaseMinMs) {
      const message = `must be more than ${leaseMinMs}, the time dispatch may run with submitTimeoutMs ${settings.submitTimeoutMs}`;
      context.addIssue({ code: 'custom', path: ['leaseMs'], message });
    }
  });

/** What waits for its next attempt must not expire before it. */
function checkRetention(context: IssueSink, { retention: kept, deliveries }: Checked) {
  const roundTakesMs = roundMs(deliveries);
  for (const name of ['eventsMs', 'deliveriesMs'] as const) {
    if (kept[name] >= roundTakesMs) continue;
    const message = `must be at least ${roundTakesMs}, the time that the attempts of a delivery take`;
    context.addIssue({ code: 'custom', path: ['retention', name], message });
  }
}

/** The bucket deletes by age alone, and a task that is still shown must not name what is gone. */
function checkMediaAge(context: IssueSink, { media, deadlineMs, retention: kept }: Aged) {
  const shownMs = deadlineMs + kept.tasksMs;
  if (media.keptMs >= shownMs) return;
  const message = `must be at least ${Math.ceil(shownMs / DAY_MS) * DAY_MS}, deadlineMs and retention.tasksMs together in whole days, because a task that is still shown must not name outputs that the bucket has deleted`;
  context.addIssue({ code: 'custom', path: ['media', 'keptMs'], message });
}

type Aged = Pick<RelaySettings, 'media' | 'deadlineMs' | 'retention'>;

type Checked = Pick<RelaySettings, 'retention' | 'deliveries'>;

type IssueSink = Pick<z.RefinementCtx, 'addIssue'>;

function notAbove<T extends object>(context: IssueSink, fields: T, lower: keyof T & string, upper: keyof T & string) {
  if (Number(fields[lower]) <= Number(fields[upper])) return;
  const message = `must be at most ${upper}, which is ${String(fields[upper])}`;
  context.addIssue({ code: 'custom', path: [lower], message });
}

function checkRetryKeys(retry: Readonly<Record<string, unknown>>, context: IssueSink) {
  for (const key of Object.keys(retry)) {
    if (retryKeys.includes(key)) continue;
    const message = `is not an error that is retried; allowed are ${retryKeys.join(', ')}`;
    context.addIssue({ code: 'custom', path: [key], message });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isRecord(base) || !isRecord(over)) return over;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(keys.map((key) => [key, merge(base[key], over[key])]));
}

/** A policy given in part for an error without its own starts from the default policy. */
function withPolicyDefaults(merged: unknown): unknown {
  if (!isRecord(merged) || !isRecord(merged['retry'])) return merged;
  const { default: fallback, ...policies } = merged['retry'];
  const completed = Object.entries(policies).map(([key, policy]) => [key, merge(fallback, policy)]);
  return { ...merged, retry: { default: fallback, ...(Object.fromEntries(completed) as object) } };
}

/**
 * @returns the settings that the functions get: the defaults with `overrides` over them.
 * @throws Error that names every setting that is not allowed, by its path, and what is allowed.
 */
export function resolveSettings({ prices: _apart, ...overrides }: RelaySettingsOverrides = {}): RelaySettings {
  const result = settingsSchema.safeParse(withPolicyDefaults(merge(defaultSettings, overrides)));
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${['settings', ...issue.path].join('.')}: ${describe(issue)}`);
  throw new Error(['These settings cannot be deployed:', ...lines].join('\n'));
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  return `has no ${issue.keys.join(', ')}`;
}
