// What a task holds of the gate, or waits for: a slot, a ticket, and the queue that the ticket is in.
// Tasks carry slots and tickets (task.ts); the gate decides which task is granted one.

/** Fresh: the task has met no failure yet. Retry: it has. The gate bounds what retries may take. */
export type SlotKind = 'fresh' | 'retry';

/** One of the tasks that Get3W may work on at once. Held from the grant until the attempt is closed. */
export interface Slot {
  readonly kind: SlotKind;
  /** Granted to probe a model whose circuit is not closed; its failure is not the task's fault. */
  readonly circuitProbe: boolean;
  /** Granted to probe an account that Get3W refused (401, 403). */
  readonly accountProbe: boolean;
  /**
   * Slots in use when it was granted, this one included: an accepted attempt proves that there was room for that many.
   */
  readonly rank: number;
  readonly grantedAt: number;
}

/** A place in the gate's queue; exists exactly while the task is `waiting`. */
export interface Ticket {
  readonly kind: SlotKind;
  /** Position in the account's own queue: created time less priority, milliseconds. */
  readonly order: number;
  /** The task's version when it took the ticket: no two tickets of a task are alike. */
  readonly version: number;
}

/** The gate keeps its queues apart by kind, account and model; this is the name of one of them. */
export interface QueueKey {
  readonly kind: SlotKind;
  readonly accountId: string;
  readonly model: string;
}

export function formatQueueKey(queue: QueueKey): string {
  return `${queue.kind}|${queue.accountId}|${queue.model}`;
}

/** Names one queue within its account. */
export function queueName({ kind, model }: Pick<QueueKey, 'kind' | 'model'>): string {
  return `${kind}|${model}`;
}

/** @throws Error for a name that queueName did not make. */
export function parseQueueName(name: string): Pick<QueueKey, 'kind' | 'model'> {
  const [kind, model] = name.split('|');
  if ((kind !== 'fresh' && kind !== 'retry') || model === undefined)
    throw new Error(`not the name of a queue: ${name}`);
  return { kind, model };
}
