// The doorbells: what SQS messages carry, and how they are read. Ids and the attempt they are about, nothing else:
// the row is the truth, so a stale, doubled or lost message can do no harm.

export type Queue = 'dispatch' | 'settle' | 'deliver';

export type Doorbell =
  /** About the attempt that is to be made (dispatch) or polled (settle). */
  | {
      readonly kind: 'task';
      readonly taskId: string;
      readonly attempt: number;
      /** For settle: which poll of the attempt it asks for, so that a doubled doorbell starts no second series of polls. */
      readonly poll?: number;
    }
  /** The gate asked to be looked at: a pause ends, a probe is due. */
  | { readonly kind: 'gate'; readonly gateId: string }
  /** An event was recorded: hand it to the lanes of its receivers. */
  | { readonly kind: 'event'; readonly accountId: string; readonly position: number; readonly eventId: string }
  /** Something stands in a receiver's lane, or will by the time this is heard. */
  | { readonly kind: 'lane'; readonly laneId: string; readonly accountId: string };

/** A doorbell with the id of its message, so that a failure can be returned alone; a batch may hold one twice. */
export interface ReceivedDoorbell {
  readonly messageId: string;
  readonly doorbell: Doorbell;
}

export interface OutgoingDoorbell {
  readonly queue: Queue;
  readonly doorbell: Doorbell;
  /** At most 900,000; rounded up to whole seconds, as SQS counts. */
  readonly delayMs: number;
  /** Fair-queue group: the account where there is one. */
  readonly group?: string | undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length < 200;
}

function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** @returns undefined for a body that no version of the relay sends: a fault, to be left to the dead-letter queue. */
export function parseDoorbell(body: string): Doorbell | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  return doorbellOf(fields);
}

function doorbellOf(fields: Readonly<Record<string, unknown>>): Doorbell | undefined {
  const { kind, gateId, accountId, laneId } = fields;
  if (kind === 'task') return taskDoorbell(fields);
  if (kind === 'event') return eventDoorbell(fields);
  if (kind === 'gate' && isText(gateId)) return { kind, gateId };
  if (kind === 'lane' && isText(laneId) && isText(accountId)) return { kind, laneId, accountId };
  return undefined;
}

function taskDoorbell({ taskId, attempt, poll }: Readonly<Record<string, unknown>>): Doorbell | undefined {
  return isText(taskId) && isNumber(attempt)
    ? { kind: 'task', taskId, attempt, ...(isNumber(poll) && { poll }) }
    : undefined;
}

function eventDoorbell({ accountId, position, eventId }: Readonly<Record<string, unknown>>): Doorbell | undefined {
  return isText(accountId) && isNumber(position) && isText(eventId)
    ? { kind: 'event', accountId, position, eventId }
    : undefined;
}
