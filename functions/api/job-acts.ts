// What a bulk job does to one batch: the calls that a client would make one by one, by the same code. Each is conditional
// on the state of its task. In a batch that an earlier run may have begun, a task that has failed since the job began may
// have been put back by that run and have failed again: it is left alone, because each time costs money.
import { isFinal } from '../../core/domain/task/task.ts';
import { forgiven } from '../../core/domain/webhook/lane.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import { applyEvents } from '../../core/flows/apply-events.ts';
import { performAllEffects } from '../../core/flows/perform-effects.ts';
import { replayDelivery, requireEnabled } from '../../core/flows/replay-delivery.ts';
import { HttpFailure } from '../../core/http/http-failure.ts';
import { retryTask } from './change-task.ts';
import { loadOwnEndpoint } from './endpoint-calls.ts';
import { sendLaneDoorbell } from '../../core/flows/send-lane-doorbell.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Job, JobOutcome } from '../../core/domain/job/job.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { AppliedOne } from '../../core/flows/apply-events.ts';
import type { ApiPorts } from './api-ports.ts';

export interface JobBatch {
  readonly ids: readonly string[];
  /** Those that may be touched, as they were just read. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** Whether a run that died may have acted on some of them. */
  readonly isResumed: boolean;
}

export interface Acted {
  readonly outcomes: readonly JobOutcome[];
  /** What is to be tried again, and when. */
  readonly left: readonly string[];
  readonly waitMs: number;
  /** What kept them. */
  readonly error?: string;
}

interface ActContext {
  readonly job: Job;
  /** As whom it acts. */
  readonly caller: Account;
}

type One =
  | { readonly outcome: JobOutcome }
  /** To be tried again. */
  | { readonly id: string; readonly waitMs: number; readonly error: string };

const done: JobOutcome = { kind: 'done' };

function skipped(why: string): JobOutcome {
  return { kind: 'skipped', why };
}

/** By this job, most likely. */
const FAILED_AGAIN = 'failed again since the job began';

/** While an account has no room, others' tasks end within seconds. */
const FULL_WAIT_MS = 15 * SECOND_MS;
const FAULT_WAIT_MS = 3 * SECOND_MS;

/** @throws HttpFailure when nothing of the job can be done, as for an endpoint that was disabled. */
export async function actOnBatch(ports: ApiPorts, context: ActContext, batch: JobBatch): Promise<Acted> {
  const { action } = context.job;
  const ones =
    action === 'cancel'
      ? await cancelBatch(ports, batch)
      : action === 'retry'
        ? await retryBatch(ports, context, batch)
        : await replayBatch(ports, context, batch);
  const outcomes = ones.flatMap((one) => ('outcome' in one ? [one.outcome] : []));
  const left = ones.flatMap((one) => ('outcome' in one ? [] : [one]));
  const [first] = left;
  return {
    outcomes,
    left: left.map(({ id }) => id),
    waitMs: Math.max(0, ...left.map(({ waitMs }) => waitMs)),
    ...(first && { error: first.error }),
  };
}

/**
 * Commits of a batch that are under way at once. Each writes the row of its account's queues at the gate, so more would
 * mostly wait for each other, and for the rounds that grant slots to others.
 */
const COMMITS_AT_ONCE = 2;

async function cancelBatch(ports: ApiPorts, { ids, tasks, isResumed }: JobBatch): Promise<readonly One[]> {
  const open: Task[] = [];
  const ones: One[] = [];
  for (const id of ids) {
    const task = tasks.get(id);
    if (!task) ones.push({ outcome: skipped('unknown or erased') });
    else if (!isFinal(task.status)) open.push(task);
    else ones.push({ outcome: endedOutcome(task, isResumed) });
  }
  const parts = Array.from({ length: COMMITS_AT_ONCE }, (_, part) =>
    open.filter((_task, index) => index % COMMITS_AT_ONCE === part),
  );
  const cancelled = await Promise.all(parts.map((part) => cancelTasks(ports, part)));
  return [...ones, ...cancelled.flat()];
}

/** In a batch that was begun before, a cancelled task was most likely cancelled by this job. */
function endedOutcome(task: Pick<Task, 'status'>, isResumed: boolean): JobOutcome {
  return isResumed && task.status === 'cancelled' ? done : skipped('already ended');
}

async function cancelTasks(ports: ApiPorts, tasks: readonly Task[]): Promise<readonly One[]> {
  const asked = tasks.map((known) => ({ taskId: known.id, event: { type: 'cancel-requested' } as const, known }));
  const applied = await applyEvents(ports, asked);
  const owed = applied.flatMap((one) => (one.kind === 'changed' ? [{ ...one.after, effects: one.effects }] : []));
  await performAllEffects(ports, owed);
  return applied.map((one, index) => outcomeOf(one, tasks[index]?.id ?? ''));
}

function outcomeOf(applied: AppliedOne, id: string): One {
  switch (applied.kind) {
    case 'changed':
      return { outcome: done };
    case 'refused':
      // It was open when it was read: if it is cancelled now, then by this very call, whose answer was lost, or as was meant.
      return { outcome: endedOutcome(applied.task, true) };
    case 'unknown':
      return { outcome: skipped('unknown or erased') };
    case 'failed':
      return faultOf(applied.error, id);
    default:
      return { outcome: { kind: 'failed', error: applied.kind } };
  }
}

/** What the table refuses for now is tried again; what is wrong with one task concerns that task only. */
function faultOf(error: unknown, id: string): One {
  if (error instanceof RelayError && (error.code === 'store-contended' || error.code === 'store-unavailable')) {
    return { id, waitMs: FAULT_WAIT_MS, error: error.message };
  }
  if (error instanceof RelayError) return { outcome: { kind: 'failed', error: error.message } };
  // Anything else may be a fault of the relay itself: its text may quote what a client sent.
  return { outcome: { kind: 'failed', error: error instanceof Error ? error.name : 'unknown fault' } };
}

/** Calls that are under way at once, where each is several reads and writes. */
const CALLS_AT_ONCE = 4;

async function inParallel(ids: readonly string[], work: (id: string) => Promise<One>): Promise<readonly One[]> {
  const ones: One[] = [];
  const left = [...ids];
  const worker = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) ones.push(await work(id));
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
  return ones;
}

async function retryBatch(ports: ApiPorts, { job, caller }: ActContext, batch: JobBatch): Promise<readonly One[]> {
  const { ids, tasks, isResumed } = batch;
  /** What accounts without room answered: their other tasks of this batch wait without being tried. */
  const full = new Map<string, One>();
  return inParallel(ids, async (id) => {
    const task = tasks.get(id);
    if (!task) return { outcome: skipped('unknown or erased') };
    if (task.status !== 'failed') return { outcome: isResumed ? done : skipped('not failed') };
    if (isResumed && (task.endedAt ?? 0) > job.createdAt) return { outcome: skipped(FAILED_AGAIN) };
    const refused = full.get(task.accountId);
    if (refused) return { ...refused, id };
    try {
      await retryTask(ports, caller, id);
      return { outcome: done };
    } catch (error) {
      const one = refusalOf(error, id, { 409: skipped('not failed'), 404: skipped('unknown or erased') });
      if (error instanceof HttpFailure && error.status === 429) full.set(task.accountId, one);
      return one;
    }
  });
}

async function replayBatch(ports: ApiPorts, { job, caller }: ActContext, batch: JobBatch): Promise<readonly One[]> {
  const { target } = job;
  if (target.kind !== 'deliveries') return [];
  const endpoint = await loadOwnEndpoint(ports, caller, target.endpointId);
  requireEnabled(endpoint);
  const { id: laneId, accountId } = endpoint;
  const found = await ports.webhooks.loadDeliveries(batch.ids.map((id) => ({ laneId, id })));
  const deliveries = new Map(found.map((delivery) => [delivery.id, delivery]));
  const ones = await inParallel(batch.ids, async (id) => {
    const delivery = deliveries.get(id);
    if (!delivery) return { outcome: skipped('unknown or expired') };
    if (delivery.status !== 'exhausted') return { outcome: batch.isResumed ? done : skipped('not failed') };
    if (batch.isResumed && delivery.updatedAt > job.createdAt) return { outcome: skipped(FAILED_AGAIN) };
    try {
      await replayDelivery(ports, delivery);
      return { outcome: done };
    } catch (error) {
      return refusalOf(error, id, { 404: skipped('unknown or expired') });
    }
  });
  // As for one: who asks for this expects the receiver to be healthy.
  await ports.webhooks.changeLane(laneId, forgiven);
  await sendLaneDoorbell(ports, { laneId, accountId });
  return ones;
}

function refusalOf(error: unknown, id: string, known: Readonly<Record<number, JobOutcome>>): One {
  if (!(error instanceof HttpFailure)) return faultOf(error, id);
  const { status, message, details } = error;
  const outcome = known[status];
  if (outcome) return { outcome };
  if (status === 429) return { id, waitMs: FULL_WAIT_MS, error: details ?? message };
  if (status === 403) return { outcome: skipped(details ?? message) };
  return { id, waitMs: FAULT_WAIT_MS, error: details ?? message };
}
