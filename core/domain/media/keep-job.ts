// The keeping of one task's outputs: which are kept, which are still to be tried, which are lost. It is a row of its own,
// made in the transaction in which the task ends, and due until no output is pending. decide-keep.ts changes it.
import { hasOutputsToKeep } from './keep-mode.ts';
import { OUTPUTS_FOLDER } from './media-settings.ts';
import { outputAddresses } from './output-addresses.ts';
import { endEventId } from '../webhook/outbox-event.ts';
import type { TaskChange } from '../task/derived-counts.ts';
import type { Due, Lease, Task } from '../task/task.ts';
import type { KeepMode } from './keep-mode.ts';
import type { SniffedMedia } from './sniff-media.ts';

/** Why an output could not be fetched or kept; a closed set, because it is a dimension of a metric. */
export const keepCauses = [
  /** Its address may not be called, by the rules for webhooks. */
  'address',
  /** Its server does not answer, or breaks off. */
  'connection',
  'timeout',
  /** Its server answers with an error; 404 and 410 are `gone`. */
  'status',
  'gone',
  'too-large',
  /** It is a page, while its server calls it something else: an error page, most likely. */
  'not-media',
  /** The bucket did not take it. */
  'bucket',
  'expired',
] as const;
export type KeepCause = (typeof keepCauses)[number];

/** What is known of an output that lies in the bucket. */
export interface StoredOutput extends SniffedMedia {
  /** Its key in the bucket. */
  readonly key: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export type KeptOutput =
  | { readonly state: 'pending'; readonly tries: number; readonly cause?: KeepCause }
  | ({ readonly state: 'kept'; readonly tries: number; readonly keptAt: number } & StoredOutput)
  | { readonly state: 'lost'; readonly tries: number; readonly cause: KeepCause };

export interface KeepJob {
  readonly taskId: string;
  readonly accountId: string;
  /** Which end of the task it is about. */
  readonly end: number;
  readonly endedAt: number;
  readonly mode: KeepMode;
  /** By their place among the addresses of the task's outputs. */
  readonly outputs: readonly KeptOutput[];
  /** Failed rounds so far, which space out the next one. */
  readonly rounds: number;
  /** Unguessable: who knows it may read the outputs. Made by the first run. */
  readonly token?: string;
  readonly lease?: Lease;
  /** When the next try is due: a doorbell that comes before it is stale, or would begin a second series of tries. */
  readonly notBefore?: number;
  /** Set once the held end of a `before-webhook` task has its event. */
  readonly isReleased?: true;
  /** Set once an event has told what has become of all outputs. */
  readonly isReported?: true;
  /** Events that it has written, with their positions in the account's log, or a little before, so that an erasure finds them. */
  readonly events: readonly { readonly id: string; readonly position: number }[];
  /** Set when the task was erased: what lies in the bucket is deleted, then this row. */
  readonly isErased?: true;
  readonly due?: Due;
  /** When the row may go, once nothing is pending: when the bucket deletes the outputs. */
  readonly expiresAt?: number;
  /** Raised by the store with each save; every save is conditional on it. */
  readonly version: number;
}

/** How much later than its doorbell a job counts as overdue. */
export const KEEP_GRACE_MS = 30_000;

/** The job that a change of a task makes: when it ends with outputs to keep, or is asked to keep them afterwards. */
export function newKeepJob({ before, after }: TaskChange): KeepJob | undefined {
  const hasEnded = after.ends > (before?.ends ?? 0);
  const isAsked = before?.keep === undefined;
  return (hasEnded || isAsked) && hasOutputsToKeep(after) ? keepJobOf(after) : undefined;
}

function keepJobOf(task: Task): KeepJob {
  const endedAt = task.endedAt ?? task.updatedAt;
  return {
    taskId: task.id,
    accountId: task.accountId,
    end: task.ends,
    endedAt,
    mode: task.keep ?? 'after-end',
    outputs: outputAddresses(task.result?.outputs).map(() => ({ state: 'pending', tries: 0 })),
    rounds: 0,
    events: [],
    due: { at: task.updatedAt + KEEP_GRACE_MS, by: 'doorbell' },
    version: 1,
  };
}

export function isOver({ outputs }: KeepJob): boolean {
  return outputs.every(({ state }) => state !== 'pending');
}

/** The id of the next event about the outputs of one end of a task: outputs that are tried again are reported again. */
export function outputsEventId({ taskId, end, events }: Pick<KeepJob, 'taskId' | 'end' | 'events'>): string {
  const first = `${endEventId(taskId, end)}_outputs`;
  const told = events.filter(({ id }) => id.startsWith(first)).length;
  return told === 0 ? first : `${first}_${told + 1}`;
}

/**
 * The key of an output in the bucket: the same for every try, so that a try after a crash writes over what it finds.
 * Accounts are folders, so that an operator can give one account's media a rule of its own.
 */
export function outputKey({ accountId, taskId, end }: KeepJob, index: number): string {
  return `${OUTPUTS_FOLDER}/${accountId}/${taskId}/${end}-${index}`;
}
