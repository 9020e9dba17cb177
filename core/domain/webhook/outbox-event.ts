// What the relay reports to receivers: an event per end of a task, and events about endpoints and deliveries.
// Derived from the change of a task like its other derived counts, and written with it in one transaction, so that no
// crash can lose it. The fan-out chooses its receivers; delivery.ts holds how each attempt went.
import { holdsEvent } from '../media/keep-mode.ts';
import { shownMoney } from '../money/shown-money.ts';
import type { TaskChange } from '../task/derived-counts.ts';
import type { Task } from '../task/task.ts';

export type EventType =
  | 'task.completed'
  | 'task.failed'
  | 'task.cancelled'
  | 'task.outputs-kept'
  | 'task.outputs-lost'
  | 'endpoint.disabled'
  | 'delivery.exhausted'
  | 'budget.threshold';

export const eventTypes: readonly EventType[] = [
  'task.completed',
  'task.failed',
  'task.cancelled',
  'task.outputs-kept',
  'task.outputs-lost',
  'endpoint.disabled',
  'delivery.exhausted',
  'budget.threshold',
];

export interface OutboxEvent {
  /** `evt_…`, the same however often it is sent; it contains no dot, see webhook-signature.ts. */
  readonly id: string;
  readonly type: EventType;
  readonly accountId: string;
  /** When it happened, milliseconds; with the id its place in the account's log. */
  readonly at: number;
  /** The task it is about, if any. */
  readonly taskId?: string;
  /** The `?webhook=` of that task. */
  readonly webhookUrl?: string;
  /**
   * What receivers get, in wire format. Kept as it was at the moment of the event: a retried task changes, and a later
   * version of the relay may write tasks differently, but a repeated webhook has the same bytes.
   */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The place of an event in its account's log; enough to load it. */
export interface EventKey {
  readonly accountId: string;
  /**
   * Its place: the time of the event, or a little later if a reader of the log had already passed that time. A reader
   * that continues from its last position therefore misses nothing, however late a write arrives.
   */
  readonly position: number;
  readonly id: string;
}

/** An event together with its place in the log. */
export interface LoggedEvent {
  readonly event: OutboxEvent;
  readonly position: number;
}

export function eventKeyOf({ event, position }: LoggedEvent): EventKey {
  return {
    accountId: event.accountId,
    position,
    id: event.id,
  };
}

/** The id of the event for one end of a task: ends are numbered, and each has its own. */
export function endEventId(taskId: string, end: number): string {
  return `evt_${taskId}_${end}`;
}

const endEventPattern = /^evt_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([1-9]\d*)$/;

/** The end that the event with this id is about; undefined for an event about anything else. */
export function endOfEventId(id: string): TaskEnd | undefined {
  const [, taskId, end] = endEventPattern.exec(id) ?? [];
  return taskId === undefined ? undefined : { taskId, end: Number(end) };
}

export interface TaskEnd {
  readonly taskId: string;
  /** Its number among the task's ends. */
  readonly end: number;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** The task as Get3W's own webhook shows it, and when it ended. */
export function endedTaskData(task: Task, endedAt: number): Readonly<Record<string, unknown>> {
  return {
    id: task.id,
    model: task.model,
    status: task.status,
    code: task.result?.code ?? null,
    outputs: task.result?.outputs ?? null,
    error: task.result?.error ?? null,
    created_at: iso(task.createdAt),
    completed_at: iso(endedAt),
    ...(task.money && { money: shownMoney(task.money) }),
  };
}

const endTypes = { completed: 'task.completed', failed: 'task.failed', cancelled: 'task.cancelled' } as const;

/** The event of a change that ends its task; undefined for every other change, and where the keep stage writes it. */
export function endEvent({ before, after }: TaskChange): OutboxEvent | undefined {
  if (after.ends <= (before?.ends ?? 0) || holdsEvent(after)) return undefined;
  return eventOfEnd(after);
}

/** @param after ended. */
export function eventOfEnd(after: Task): OutboxEvent {
  const type = endTypes[after.status as keyof typeof endTypes];
  const at = after.endedAt ?? after.updatedAt;
  return {
    id: endEventId(after.id, after.ends),
    type,
    accountId: after.accountId,
    at,
    taskId: after.id,
    ...(after.webhookUrl !== undefined && { webhookUrl: after.webhookUrl }),
    data: endedTaskData(after, at),
  };
}
