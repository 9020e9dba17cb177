// Decides about the keeping of a task's outputs: who may work on it, what the result of a try means, when it is tried
// again, when it is given up, and when its webhook is released. Pure; the keep stage loads, saves and fetches.
import { limits } from '../limits.ts';
import { isOver, KEEP_GRACE_MS } from './keep-job.ts';
import { keepLeaseMs } from './media-settings.ts';
import { backoffDelayMs } from '../task/backoff.ts';
import type { KeepCause, KeepJob, KeptOutput, StoredOutput } from './keep-job.ts';
import type { MediaSettings } from './media-settings.ts';

export interface KeepContext {
  readonly now: number;
  readonly random: () => number;
  readonly settings: MediaSettings;
}

/** How a try to keep one output went. */
export type KeepResult =
  { readonly kind: 'kept'; readonly output: StoredOutput } | { readonly kind: 'failed'; readonly cause: KeepCause };

/** Causes that no further try can change. */
const finalCauses: ReadonlySet<KeepCause> = new Set(['address', 'too-large']);
/** A server may not know a new file at once, and may forget one for a moment; not for five tries. */
const GONE_TRIES_MAX = 5;

/** Until when an output may still be fetched: not quite until it expires, because the last try takes its time. */
function triedUntil({ endedAt }: KeepJob, { expiryMs, retryCapMs }: MediaSettings): number {
  return endedAt + expiryMs - Math.min(retryCapMs, expiryMs / 10);
}

/** When a held webhook goes, whatever has been kept by then; undefined where none is held. */
function heldUntil(job: KeepJob, { holdMs }: Pick<MediaSettings, 'holdMs'>): number | undefined {
  return job.mode === 'before-webhook' && !job.isReleased ? job.endedAt + holdMs : undefined;
}

/** Undefined while another run has it, before its time, or once nothing is left to do. */
export function claimJob(
  job: KeepJob,
  claim: { readonly leaseId: string; readonly token: string },
  { now, settings }: KeepContext,
): KeepJob | undefined {
  if (job.due === undefined || now < (job.notBefore ?? 0) || isHeldByRun(job, now)) return undefined;
  const until = now + keepLeaseMs(settings);
  return {
    ...job,
    token: job.token ?? claim.token,
    lease: { id: claim.leaseId, until },
    due: { at: until, by: 'sweep' },
  };
}

/** Whether a run works on it, or may do so still. */
export function isHeldByRun({ lease }: KeepJob, now: number): boolean {
  return lease !== undefined && lease.until > now;
}

/** The lease goes on: a run that has just kept an output is alive. */
export function recordResult(job: KeepJob, index: number, result: KeepResult, context: KeepContext): KeepJob {
  const { now, settings } = context;
  const until = now + keepLeaseMs(settings);
  return {
    ...job,
    outputs: job.outputs.map((output, at) => (at === index ? resultOf(job, output, result, context) : output)),
    ...(job.lease && { lease: { ...job.lease, until }, due: { at: until, by: 'sweep' } }),
  };
}

function resultOf(job: KeepJob, output: KeptOutput, result: KeepResult, { now, settings }: KeepContext): KeptOutput {
  if (output.state !== 'pending') return output;
  const tries = output.tries + 1;
  if (result.kind === 'kept') return { state: 'kept', tries, keptAt: now, ...result.output };
  const { cause } = result;
  const isFinal = finalCauses.has(cause) || (cause === 'gone' && tries >= GONE_TRIES_MAX);
  if (isFinal) return { state: 'lost', tries, cause };
  if (now >= triedUntil(job, settings)) return { state: 'lost', tries, cause: cause === 'gone' ? cause : 'expired' };
  return { state: 'pending', tries, cause };
}

/** What the end of a run asks for. */
interface ReleasedJob {
  readonly job: KeepJob;
  /** Delay of the doorbell for the next run; absent when nothing is left to do, or the sweep brings it. */
  readonly doorbellDelayMs?: number;
}

/**
 * Ends a run.
 * @param hasFailed whether an output failed in it; else what is pending was only not reached in time.
 */
export function releaseJob(job: KeepJob, hasFailed: boolean, context: KeepContext): ReleasedJob {
  const { now, random, settings } = context;
  const { lease: _ended, due: _past, notBefore: _over, ...rest } = job;
  const rounds = job.rounds + (hasFailed ? 1 : 0);
  const released: KeepJob = { ...rest, rounds };
  if (isOver(job)) return { job: { ...released, expiresAt: now + settings.keptMs } };
  const policy = { attemptsMax: Infinity, baseMs: settings.retryBaseMs, capMs: settings.retryCapMs };
  const backoffMs = hasFailed ? backoffDelayMs({ policy, failures: rounds, random: random() }) : 0;
  const holdEnd = heldUntil(job, settings);
  // The last try is made shortly before the end, and a held webhook goes in time.
  const lastAt = Math.max(now, triedUntil(job, settings));
  const nextAt = Math.min(now + backoffMs, lastAt, holdEnd ?? Number.POSITIVE_INFINITY);
  const notBefore = Math.max(now, Math.round(nextAt));
  const delayMs = notBefore - now;
  // Longer than SQS can delay a message: the sweep brings it.
  if (delayMs > limits.doorbellDelayMsMax)
    return { job: { ...released, notBefore, due: { at: notBefore, by: 'sweep' } } };
  const due = { at: notBefore + KEEP_GRACE_MS, by: 'doorbell' } as const;
  return { job: { ...released, notBefore, due }, doorbellDelayMs: delayMs };
}

type OwedEvent = 'task-end' | 'outputs-kept' | 'outputs-lost';

/** Which event a job must write, if any: the held end of its task, or what has become of its outputs. */
export function owedEvent(job: KeepJob, { now, settings }: KeepContext): OwedEvent | undefined {
  const holdEnd = heldUntil(job, settings);
  // The event of the end tells what has become of the outputs too, where that is known by then.
  if (holdEnd !== undefined) return isOver(job) || now >= holdEnd ? 'task-end' : undefined;
  if (job.isReported || !isOver(job)) return undefined;
  return job.outputs.some(({ state }) => state === 'lost') ? 'outputs-lost' : 'outputs-kept';
}

/** The job once it has written that event. */
export function withEvent(job: KeepJob, owed: OwedEvent, event: KeepJob['events'][number]): KeepJob {
  return {
    ...job,
    ...(owed === 'task-end' && { isReleased: true }),
    ...(isOver(job) && { isReported: true }),
    events: [...job.events, event],
  };
}
